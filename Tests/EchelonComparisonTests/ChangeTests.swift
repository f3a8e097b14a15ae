import EchelonComparison
import Foundation
import Testing

@Suite struct `A change between two runs` {
  @Test func `is found where there is one, and only there`() throws {
    let names = (0..<20).map { "figure-\($0)" }
    func run(_ factor: (String) -> Double, seed: UInt64) -> ComparisonRecord {
      record(
        names.enumerated().map { index, name in
          figure(name, ratio: factor(name), seed: seed + UInt64(index))
        })
    }
    let before = run({ _ in 1.3 }, seed: 100)
    let after = run(
      { $0 == "figure-3" ? 1.3 * 1.4 : $0 == "figure-7" ? 1.3 / 1.2 : 1.3 }, seed: 200)
    let change = ComparisonChange(from: before, to: after)
    #expect(change.isSlower && change.warnings.isEmpty)
    #expect(change.rows.prefix(2).map(\.name) == ["figure-3", "figure-7"])
    #expect(change.rows.prefix(2).map(\.verdict) == [.slower, .faster])
    #expect(change.rows.dropFirst(2).allSatisfy { $0.verdict == .same })
    let slower = try #require(change.rows.first).change
    #expect(slower.low < 1.4 && 1.4 < slower.high, "\(slower)")
    #expect(
      change.report.contains("1 slower beyond noise (figure-3), 1 faster beyond noise (figure-7)"))

    let back = ComparisonChange(from: after, to: before)
    #expect(back.rows.prefix(2).map(\.verdict) == [.faster, .slower])
    let same = ComparisonChange(from: before, to: run({ _ in 1.3 }, seed: 300))
    #expect(!same.isSlower && same.report.contains("none changed beyond noise"))
  }

  @Test func `that the machine made to both sides is none, unless times are asked for`() {
    let before = record([figure("sum", ratio: 1, seed: 1)])
    let pairs = before.figures[0].pairs.map { Pair(echelon: $0.echelon * 3, rival: $0.rival * 3) }
    let after = record([
      MeasuredFigure(
        name: "sum", subject: .kernels, title: "sum", rivalTitle: "a loop", requirement: .none,
        pairs: pairs)
    ])
    #expect(ComparisonChange(from: before, to: after).rows.map(\.verdict) == [.same])
    let times = ComparisonChange(from: before, to: after, basis: .time)
    #expect(times.rows.map(\.verdict) == [.slower])
  }

  @Test func `by less than the tolerance is none`() {
    let (before, after) = (
      record([figure("sum", ratio: 1, spread: 0.001, seed: 1)]),
      record([figure("sum", ratio: 1.04, spread: 0.001, seed: 2)])
    )
    #expect(!ComparisonChange(from: before, to: after).isSlower)
    #expect(ComparisonChange(from: before, to: after, tolerance: 0.02).isSlower)
  }

  @Test func `needs more pairs the more figures there are`() {
    func run(_ count: Int, ratio: Double) -> ComparisonRecord {
      record(
        (0..<count).map {
          figure("f\($0)", ratio: ratio, count: 6, seed: UInt64($0) + (ratio > 1 ? 50 : 0))
        })
    }
    // The smallest error that six and six values can show is 2/924.
    let one = ComparisonChange(from: run(1, ratio: 1), to: run(1, ratio: 2))
    #expect(one.rows.map(\.verdict) == [.slower])
    let many = ComparisonChange(from: run(30, ratio: 1), to: run(30, ratio: 2))
    #expect(many.rows.allSatisfy { $0.verdict == .tooFewPairs } && !many.isSlower)
    #expect(many.rows.allSatisfy { $0.change.low > 1 })
  }

  @Test func `names figures of one run only, and whatever else differs`() {
    var before = record([figure("sum", ratio: 1, seed: 1), figure("gone", ratio: 1, seed: 2)])
    var after = record([figure("sum", ratio: 1, seed: 3), figure("new", ratio: 1, seed: 4)])
    after.machine.processor = "Quick <9>"
    after.workers = 4
    after.versions.numpy = nil
    // What one of both files does not say is no difference.
    (before.versions.numba, after.versions.numba) = ("0.60.0", "0.61.0")
    after.versions.loky = "3.5.0"
    before.machine.distribution = "Debian 12"
    after.isComplete = false
    let change = ComparisonChange(from: before, to: after)
    #expect(change.onlyOld == ["gone"] && change.onlyNew == ["new"])
    #expect(
      change.warnings == [
        "the processor differs: Quick <7>, then Quick <9>",
        "the number of workers differs: 2, then 4", "NumPy differs: 2.1.0, then none",
        "numba differs: 0.60.0, then 0.61.0",
        "the second run did not come to its end",
      ])
    #expect(change.report.contains("Only before: gone.\nOnly after: new.\n"))
  }
}

@Suite struct `The interval of a quotient` {
  @Test func `ends where tables of Mann and Whitney say`() {
    // Critical values of U at 5 %, two-sided: 2 for 5 and 5, 23 for 10 and 10, 127 for 20 and 20 (Mann and Whitney's test
    // rejects at U ≤ these), so that the interval begins one further. Source: Hollander, Wolfe and Chicken, table A.5.
    for (count, critical) in [(5, 2), (10, 23), (20, 127)] {
      let old = [Double](repeating: 1, count: count)
      // All quotients differ: new values are powers of 2 and old ones are close to 1.
      let near = old.indices.map { 1 + Double($0) * 1e-3 }
      let far = old.indices.map { pow(2, Double($0)) }
      let interval = QuotientInterval(of: far, over: near, error: 0.05)
      let quotients = far.flatMap { a in near.map { a / $0 } }.sorted()
      #expect(interval.low == quotients[critical], "\(count)")
      #expect(interval.high == quotients[quotients.count - 1 - critical], "\(count)")
    }
  }

  @Test func `is everything where there are too few values`() {
    let interval = QuotientInterval(of: [2, 2, 2], over: [1, 1, 1], error: 0.05)
    #expect(interval == QuotientInterval(of: [2, 2, 2], over: [1, 1, 1], error: 0.01))
    #expect(interval.factor == 2 && interval.low == 0 && interval.high == .infinity)
  }

  @Test func `of many values is that of fewer, closely`() {
    // 63 and 63 values are counted, 64 and 63 are normal.
    let old = (0..<63).map { pow(1.01, Double($0)) }
    let exact = QuotientInterval(of: old, over: old, error: 0.05)
    let normal = QuotientInterval(of: old + [old[31]], over: old, error: 0.05)
    #expect(abs(exact.low / normal.low - 1) < 0.02 && abs(exact.high / normal.high - 1) < 0.02)
  }

  @Test func `has the true factor as often as it says`() {
    var misses = 0
    for seed in 0..<200 as Range<UInt64> {
      var noise = Noise(seed: seed)
      // Skewed, as times are.
      let old = (0..<11).map { _ in 1 - log(1 - noise.uniform()) }
      let new = (0..<15).map { _ in 1.5 * (1 - log(1 - noise.uniform())) }
      let interval = QuotientInterval(of: new, over: old, error: 0.05)
      if interval.low > 1.5 || interval.high < 1.5 { misses += 1 }
    }
    // 10 are expected at most; 25 have a chance of some 10⁻⁵. The seeds are those above.
    #expect(misses < 25 && misses > 1, "\(misses) of 200")
  }
}

extension `A change between two runs` {
  @Test func `is not looked for where nothing can be compared`() {
    let before = record([figure("sum", ratio: 1, seed: 1)])
    #expect(ComparisonChange(from: before, to: record([figure("dot", ratio: 2, seed: 2)])).isEmpty)
    #expect(ComparisonChange(from: before, to: record([])).isEmpty)
    // One order of six and six values in 924 has all of one sample first: too many for an error of 5 % of 30 figures.
    let few = (0..<30).map { figure("\($0)", ratio: 1, count: 6, seed: UInt64($0)) }
    #expect(ComparisonChange(from: record(few), to: record(few)).isEmpty)
    #expect(!ComparisonChange(from: before, to: before).isEmpty)
  }
}
