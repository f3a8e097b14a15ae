import EchelonComparison
import Foundation
import Testing

@Suite struct `A record of a comparison` {
  private let sample = record([
    figure("sum", ratio: 0.8, seed: 1, requirement: .ratio(atMost: 1.05)),
    figure("tasks", ratio: 2, seed: 2, subject: .dispatch, requirement: .rate(atLeast: 1e9)),
    figure("fill", ratio: 1, count: 6, seed: 3, subject: .memory, requirement: .time(atMost: 1)),
    figure("start", ratio: 1, seed: 4, requirement: .difference(atMost: -1)),
    figure("median", ratio: 1, seed: 5, subject: .python),
  ])

  @Test func `is the same when it is read again`() throws {
    let bytes = try sample.json()
    let again = try ComparisonRecord(json: bytes, from: "a.json")
    #expect(again == sample)
    #expect(try again.json() == bytes)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("numba"))
    var fixed = sample
    fixed.machine.distribution = "Debian 12"
    (fixed.versions.numexpr, fixed.versions.numba) = ("2.10", "0.61.0")
    (fixed.versions.loky, fixed.versions.gcc) = ("3.5.0", "12.2.0")
    fixed.pairs = .fixed(31)
    fixed.isComplete = false
    #expect(try ComparisonRecord(json: fixed.json(), from: "a.json") == fixed)
  }

  @Test func `has keys that others can rely on`() throws {
    let object = try #require(
      try JSONSerialization.jsonObject(with: sample.json()) as? [String: Any])
    #expect(
      object.keys.sorted() == [
        "command", "complete", "date", "figures", "machine", "pairs", "schema", "shrink",
        "versions", "workers",
      ])
    #expect(object["schema"] as? Int == 1 && object["date"] as? String == "2023-11-14T22:13:20Z")
    let figures = try #require(object["figures"] as? [[String: Any]])
    #expect(
      figures[0].keys.sorted() == [
        "echelon_seconds", "echelon_times", "judged", "name", "ratio", "requirement", "rival",
        "rival_seconds", "rival_times", "standing", "subject", "title", "verdict",
      ])
    #expect(
      figures.map { $0["verdict"] as? String } == ["met", "not met", "met", "not met", "none"])
    #expect(figures[0]["standing"] as? String == "leads")
    #expect(figures[1]["standing"] as? String == "loses")
    let ratio = try #require(figures[0]["ratio"] as? [String: Double])
    #expect(ratio.keys.sorted() == ["high", "low", "median"])
    #expect((figures[0]["echelon_times"] as? [Double])?.count == 31)
    #expect((figures[0]["requirement"] as? [String: Any])?["bound"] as? Double == 1.05)
  }

  @Test func `that is none is refused with its path and what is wrong`() throws {
    func message(_ text: String) -> String {
      do {
        _ = try ComparisonRecord(json: Data(text.utf8), from: "x.json")
        return "read"
      } catch { return error.description }
    }
    #expect(message("") == message("[1]"))
    #expect(
      message("[1]").hasPrefix("x.json: this is no record of echelon-compare: it has no number"))
    #expect(
      message(#"{"schema": 2}"#).hasPrefix("x.json: its schema is 2, and this program reads 1"))
    #expect(message(#"{"schema": 1}"#).contains("there is no '"))
    let text = String(decoding: try sample.json(), as: UTF8.self)
    #expect(message(text) == "read")
    // A time that is no time.
    let time = try #require(text.firstRange(of: /"echelon_times" : \[\s*[0-9.e-]+/))
    let broken = text.replacingCharacters(in: time, with: "\"echelon_times\" : [ -1")
    #expect(message(broken).contains("sum has 31 times"))
  }
}

@Suite struct `The number of pairs` {
  /// How many pairs are measured of a figure that gives these ratios.
  private func count(_ plan: PairPlan, _ ratio: (Int) -> Double) -> (count: Int, looks: [Int]) {
    var pairs: [Pair] = []
    var looks: [Int] = []
    while true {
      let missing = plan.missing(after: pairs)
      looks.append(pairs.count)
      if missing == 0 { return (pairs.count, looks) }
      for _ in 0..<missing { pairs.append(Pair(echelon: ratio(pairs.count), rival: 1)) }
    }
  }

  @Test func `is what was asked for whatever they say`() {
    #expect(count(.fixed(31)) { $0 % 2 == 0 ? 1 : 9 }.count == 31)
    #expect(count(.fixed(6)) { _ in 1 }.count == 6)
  }

  @Test func `grows in steps until the interval is narrow`() {
    #expect(count(.usual) { _ in 1 } == (15, [0, 15]))
    // Wide at first, then so many equal ones that the middle is narrow.
    let settled = count(.usual) { $0 < 15 ? ($0 % 2 == 0 ? 1 : 2) : 1.5 }
    #expect(settled.count > 15 && settled.count < 61, "\(settled)")
    #expect(settled.looks == [0, 15, 25, 35, 45, 55].prefix(settled.looks.count).map { $0 })
  }

  @Test func `ends where nothing becomes narrow`() {
    #expect(count(.usual) { $0 % 2 == 0 ? 1 : 9 }.count == 61)
    #expect(count(.untilNarrow(atMost: 25)) { $0 % 2 == 0 ? 1 : 9 } == (25, [0, 15, 25]))
    #expect(count(.untilNarrow(atMost: 6)) { $0 % 2 == 0 ? 1 : 9 } == (6, [0, 6]))
  }

  @Test func `takes an end 5 percent from the median as narrow, and one beyond not`() {
    // Of 15 values the interval reaches from the fourth to the last but three.
    func ratios(_ last: Double) -> [Double] {
      [0.5, 0.5, 0.5, 0.96] + .init(repeating: 1, count: 7) + [last, 2, 2, 2]
    }
    for (last, missing) in [(1.049, 0), (1.051, 10)] {
      let pairs = ratios(last).map { Pair(echelon: $0, rival: 1) }
      #expect(PairPlan.usual.missing(after: pairs) == missing, "\(last)")
    }
  }
}

@Suite struct `The short set` {
  @Test func `names every figure once, and the full set has all`() {
    #expect(Set(FigureSet.shortNames).count == FigureSet.shortNames.count)
    #expect(FigureSet.shortNames.allSatisfy { FigureSet.short.contains($0) })
    #expect(!FigureSet.short.contains("numpy-svd") && FigureSet.full.contains("numpy-svd"))
  }
}

@Suite struct `A line of progress` {
  @Test func `says which figure it is, and what is left as soon as that can be guessed`() {
    #expect(
      ComparisonProgress.line(0, of: 61, name: "sum", pairs: 1, elapsed: 3)
        == "figure 1 of 61: sum, 1 pair")
    #expect(
      ComparisonProgress.line(1, of: 4, name: "dot", elapsed: 20)
        == "figure 2 of 4: dot, about 60 s left")
    #expect(
      ComparisonProgress.line(10, of: 61, name: "svd", pairs: 21, elapsed: 60)
        == "figure 11 of 61: svd, 21 pairs, about 5 min left")
  }
}
