import EchelonComparison
import Foundation
import Testing

/// A growth whose costs are these, each measured so often with no noise but what is asked for.
private func growth(
  named name: String = "growth-tasks", _ costs: [Int: Double], rival: Double? = nil,
  count: Int = 11,
  spread: Double = 0, seed: UInt64 = 1, quantity: MeasuredGrowth.Quantity = .tasks,
  unit: MeasuredGrowth.Unit = .seconds, rule: GrowthRule = .flat(within: 1.5, from: 1000),
  leftOut: [String] = []
) -> MeasuredGrowth {
  var noise = Noise(seed: seed)
  let points = costs.sorted { $0.key > $1.key }.map { size, cost in
    let other = (0..<(rival == nil ? 0 : count)).map { _ in (rival ?? 0) * noise.factor(0.3) }
    return MeasuredGrowth.Point(
      size: size,
      echelon: (0..<count).map {
        cost * noise.factor(spread) * (other.isEmpty ? 1 : other[$0] / (rival ?? 1))
      }, rival: other)
  }
  return MeasuredGrowth(
    name: name, title: "what <\(name)> does", rivalTitle: rival.map { _ in "a pool in C" },
    quantity: quantity, unit: unit, rule: rule, points: points, leftOut: leftOut)
}

@Suite struct `The rule that a cost is flat` {
  @Test func `holds for equal costs, whatever fixed costs few have to share`() {
    // 50 µs once, and 1 µs each.
    let costs = [10, 100, 1000, 10_000, 1_000_000].map { ($0, 1e-6 + 50e-6 / Double($0)) }
    let flat = growth(Dictionary(uniqueKeysWithValues: costs))
    #expect(flat.isMet == true && flat.judged.size == 1000)
    #expect(abs(flat.judged.median - 1.05) < 0.001, "\(flat.judged)")
    #expect(flat.points.map(\.size) == [10, 100, 1000, 10_000, 1_000_000])
  }

  @Test func `finds the size whose cost is too large among many`() {
    let rising = growth([10: 9e-6, 1000: 1e-6, 10_000: 1.2e-6, 100_000: 1.6e-6])
    #expect(rising.isMet == false && rising.judged.size == 100_000)
    #expect(abs(rising.judged.median - 1.6) < 1e-9)
    // Too dear in the middle is as bad as at the end.
    #expect(growth([1000: 1e-6, 10_000: 2e-6, 100_000: 1e-6]).judged.size == 10_000)
    #expect(growth([1000: 1.4e-6, 10_000: 1e-6]).isMet == true)
  }

  @Test func `finds fixed costs that few pay more than once`() {
    // 10 take 20 µs, 100 are to take 20 + 100 µs at most by half more, and take 300.
    let paidTwice = growth([10: 2e-6, 100: 3e-6, 1000: 1e-6, 10_000: 1e-6])
    #expect(paidTwice.isMet == false && paidTwice.judged.size == 100)
    #expect(abs(paidTwice.judged.median - 2.5) < 1e-9)
    #expect(growth([10: 2e-6, 100: 1.7e-6, 1000: 1e-6, 10_000: 1e-6]).isMet == true)
    // Where two share the work, one may do 100 alone: 20 + 200 µs.
    let alone = growth(
      [10: 2e-6, 100: 3e-6, 1000: 1e-6, 10_000: 1e-6],
      rule: .flat(within: 1.5, from: 1000, sharedBy: 2))
    #expect(alone.isMet == true && abs(alone.judged.median - 3 / 2.2) < 1e-9)
  }

  @Test func `asks of a few what two workers cost to wake, which one alone does without`() {
    // 10 take 20 µs, of which one alone has 1: that is no measure for them, nor for 100.
    let costs = [1: 1e-6, 10: 2e-6, 100: 1.7e-6, 1000: 1e-6, 10_000: 1e-6]
    #expect(growth(costs).isMet == true && growth(costs).judged.size == 100)
    // One that takes more than what ten take in all has paid too often.
    let alone = growth([1: 40e-6, 10: 2e-6, 1000: 1e-6])
    #expect(alone.isMet == false && alone.judged.size == 1)
    #expect(abs(alone.judged.median - 40 / 21) < 1e-9)
  }

  @Test func `is missed only beyond noise`() {
    // Medians differ by a factor of 1.6; intervals of noise by half reach below 1.5.
    let costs = [1000: 1e-6, 10_000: 1.6e-6]
    #expect(growth(costs, spread: 0.01, seed: 2).isMet == false)
    let noisy = growth(costs, spread: 0.6, seed: 3)
    #expect(noisy.isMet == true && noisy.judged.low <= 1.5, "seed 3: \(noisy.judged)")
  }

  @Test func `says nothing where no size is as large`() {
    let small = growth([10: 1e-6, 100: 9e-6])
    #expect(small.isMet == nil && small.judged.size == 0)
    #expect(GrowthTable.row(small).hasSuffix("| not measured |"))
  }
}

@Suite struct `Other rules of growth` {
  @Test func `hold the dearest size against a bound`() {
    func memory(_ last: Double) -> MeasuredGrowth {
      growth(
        [10: 900, 100_000: 200, 1_000_000: last], unit: .bytes,
        rule: .cost(atMost: 256, from: 100_000))
    }
    #expect(memory(255).isMet == true && memory(257).isMet == false)
    #expect(memory(257).judged.size == 1_000_000)
  }

  @Test func `hold one size against its rival, pair by pair`() {
    func workers(_ ratio: Double) -> MeasuredGrowth {
      growth(
        [2: 1, 64: ratio], rival: 1, quantity: .workers, rule: .ratio(atMost: 1.05, at: 64))
    }
    // The rival's times differ by a third; the ratio does not.
    #expect(workers(1.04).isMet == true && workers(1.06).isMet == false)
    #expect(abs(workers(1.2).judged.median - 1.2) < 1e-9)
    let alone = growth([64: 1], quantity: .workers, rule: .ratio(atMost: 1.05, at: 64))
    #expect(alone.isMet == nil)
  }
}

@Suite struct `Growths in a record` {
  private let sample: ComparisonRecord = {
    var sample = record([figure("sum", ratio: 0.8, seed: 1, requirement: .ratio(atMost: 1.05))])
    sample.growths = [
      growth([10: 4e-6, 1000: 1e-6, 1_000_000: 1.1e-6], rival: 2e-7, spread: 0.02),
      growth(
        named: "growth-bytes", [1 << 20: 2e-11, 1 << 33: 1e-10], quantity: .bytes,
        rule: .flat(within: 1.5, from: 1 << 20), leftOut: ["16 GiB: no room & no <time>"]),
      growth(
        named: "growth-memory", [100_000: 250], unit: .bytes,
        rule: .cost(atMost: 256, from: 100_000)),
      growth(
        named: "workers-pi", [1: 2, 64: 1.3], rival: 1, quantity: .workers,
        rule: .ratio(atMost: 1.05, at: 64)),
    ]
    return sample
  }()

  @Test func `are the same when they are read again`() throws {
    let bytes = try sample.json()
    let again = try ComparisonRecord(json: bytes, from: "a.json")
    #expect(again == sample && again.growths.count == 4)
    #expect(try again.json() == bytes)
    var without = sample
    without.growths = []
    #expect(try !String(decoding: without.json(), as: UTF8.self).contains("growths"))
    #expect(try ComparisonRecord(json: without.json(), from: "a.json") == without)
  }

  @Test func `have keys that others can rely on`() throws {
    let object = try #require(
      try JSONSerialization.jsonObject(with: sample.json()) as? [String: Any])
    let growths = try #require(object["growths"] as? [[String: Any]])
    #expect(
      growths[0].keys.sorted() == [
        "judged", "left_out", "name", "points", "quantity", "rival", "rule", "title", "unit",
        "verdict",
      ])
    #expect(
      growths.map { $0["verdict"] as? String } == ["met", "not met", "met", "not met"])
    let rules = growths.compactMap { $0["rule"] as? [String: Any] }
    #expect(rules.map { $0["kind"] as? String } == ["flat", "flat", "cost", "ratio"])
    #expect(rules[0]["from"] as? Int == 1000 && rules[3]["at"] as? Int == 64)
    #expect(rules[0]["shared_by"] as? Int == 1)
    let points = try #require(growths[0]["points"] as? [[String: Any]])
    #expect(points.map { $0["size"] as? Int } == [10, 1000, 1_000_000])
    #expect(
      points[0].keys.sorted() == [
        "cost", "echelon_costs", "ratio", "rival_cost", "rival_costs", "size",
      ])
    let alone = try #require(growths[2]["points"] as? [[String: Any]])
    #expect(alone[0].keys.sorted() == ["cost", "echelon_costs", "size"])
  }

  @Test func `that are damaged are refused with what is wrong`() throws {
    let text = String(decoding: try sample.json(), as: UTF8.self)
    func message(_ from: Regex<Substring>, _ to: String) throws -> String {
      let place = try #require(text.firstRange(of: from))
      do {
        _ = try ComparisonRecord(
          json: Data(text.replacingCharacters(in: place, with: to).utf8), from: "x.json")
        return "read"
      } catch { return error.description }
    }
    #expect(
      try message(/"echelon_costs" : \[\s*[0-9.e-]+/, "\"echelon_costs\" : [ 0")
        .contains("size 10 has 11 costs of Echelon"))
    #expect(try message(/"size" : 1000\n/, "\"size\" : 10\n").contains("one of them twice"))
    #expect(try message(/"kind" : "flat"/, "\"kind\" : \"steep\"").contains("x.json"))
  }

  @Test func `are curves and rows of the page`() {
    let page = ComparisonPage(of: sample)
    #expect(page.summary.hasSuffix("Of 5 requirements, 2 are not met (growth-bytes, workers-pi)."))
    let html = page.html
    for text in [
      "<h2>How cost grows</h2>", "what &lt;growth-tasks&gt; does", "flat within 1.5 from 1,000 on",
      "≤ 256 bytes from 100,000 on", "ratio ≤ 1.05 at 64", "0.1 ns at 8 GiB",
      "16 GiB: no room &amp; no &lt;time&gt;", " at 1,000,000</td>", "Costs of all sizes",
      ">Workers</text>", ">Time of a byte (ns)</text>", ">Bytes of a task</text>",
    ] { #expect(html.contains(text), "\(text)") }
    #expect(!html.contains("<growth") && !html.contains("<time>"))
    #expect(!ComparisonPage(of: record([])).html.contains("How cost grows"))
  }

  @Test func `are drawn on logarithmic axes, a decade as long as the next`() throws {
    var run = record([])
    run.growths = [growth([10: 1e-3, 100: 1e-4, 1000: 1e-5])]
    let html = ComparisonPage(of: run).html
    let dots = html.matches(of: /<circle cx="([0-9.]+)" cy="([0-9.]+)"/)
    let places = try dots.map { (try #require(Double($0.1)), try #require(Double($0.2))) }
    try #require(places.count == 3)
    #expect(abs((places[1].0 - places[0].0) - (places[2].0 - places[1].0)) < 0.1)
    #expect(abs((places[1].1 - places[0].1) - (places[2].1 - places[1].1)) < 0.1)
    #expect(places[1].0 - places[0].0 > 50 && places[1].1 - places[0].1 > 50)
  }

  @Test func `are rows of a Markdown table`() {
    let rows = sample.growths.map(GrowthTable.row)
    let columns = GrowthTable.head.split(separator: "\n")[1].count { $0 == "|" }
    #expect(rows.allSatisfy { row in row.count { $0 == "|" } == columns })
    #expect(rows[3].contains("| ratio ≤ 1.05 at 64 | 1.3 [1.3, 1.3] at 64 | 1: "))
    #expect(rows[3].hasSuffix("| **not met** |"))
    #expect(rows[1].contains("8 GiB: 0.1 ns; left out: 16 GiB"))
    #expect(rows[2].contains("100,000: 250 bytes | met"))
  }
}

extension `A change between two runs` {
  @Test func `of growths is found by size, beside the figures`() throws {
    func run(_ last: Double, seed: UInt64, bytes: Double = 250) -> ComparisonRecord {
      var run = record([figure("sum", ratio: 1, seed: seed)])
      run.growths = [
        growth([1000: 2, 10_000: 2, 100_000: last], rival: 1, spread: 0.05, seed: seed),
        growth(
          named: "growth-memory", [100_000: bytes], unit: .bytes,
          rule: .cost(atMost: 256, from: 100_000)),
      ]
      return run
    }
    let change = ComparisonChange(from: run(2, seed: 1), to: run(3, seed: 2))
    #expect(change.isSlower && change.rows.map(\.verdict) == [.same])
    #expect(change.growthRows.map(\.new.size).first == 100_000)
    #expect(change.growthRows.map(\.verdict) == [.slower, .same, .same, .same])
    #expect(
      change.report.contains(
        "Of 4 sizes of growths in both: 1 slower beyond noise (growth-tasks at 100,000)."))
    #expect(change.report.contains("| growth-tasks | 100,000 | "))
    // Without a rival it is the cost itself.
    let memory = ComparisonChange(from: run(2, seed: 3, bytes: 500), to: run(2, seed: 4))
    #expect(!memory.isSlower && memory.growthRows.map(\.verdict).contains(.faster))
    #expect(memory.report.contains("| growth-memory | 100,000 | 500 bytes | 250 bytes | −50.0 % "))
  }

  @Test func `does not ask for growths that only one run has`() {
    let before = record([figure("sum", ratio: 1, seed: 1)])
    var after = record([figure("sum", ratio: 1, seed: 2)])
    after.growths = [growth([1000: 1])]
    let change = ComparisonChange(from: before, to: after)
    #expect(change.onlyNew == ["growth-tasks"] && change.growthRows.isEmpty && !change.isEmpty)
    #expect(!change.report.contains("growths in both"))
    #expect(ComparisonChange(from: after, to: before).onlyOld == ["growth-tasks"])
    var other = record([])
    other.growths = [growth([2000: 1])]
    let same = ComparisonChange(from: other, to: other)
    #expect(!same.isEmpty)
    #expect(same.report == "Of 1 size of growths in both: none changed beyond noise.\n")
    var sizes = record([])
    sizes.growths = [growth([1000: 1])]
    #expect(ComparisonChange(from: other, to: sizes).isEmpty)
  }
}
