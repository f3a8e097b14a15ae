import CPeers
import EchelonComparison

/// Something whose cost is measured over sizes: Echelon's way, and most often a rival's way of doing the same.
struct Growth: Sendable {
  /// For `--only`.
  let name: String
  /// What Echelon does, for the table.
  let title: String
  /// What the rival does, for the table; nil without one.
  let rivalTitle: String?
  /// What it is measured beside, where a machine may lack that.
  var needs: [Requisite] = []
  /// What sizes count.
  let quantity: MeasuredGrowth.Quantity
  var unit = MeasuredGrowth.Unit.seconds
  let rule: @Sendable (Setup) -> GrowthRule
  /// How often each size is measured unless `--pairs` says it.
  var pairs = 15
  let sizes: @Sendable (Setup) -> GrowthSizes
  /// Makes what is needed for these sizes, warm, and returns both sides.
  let prepare: @Sendable (Setup, [Int]) throws -> GrowthContest

  /// What one costs, where `operation` does all of a size: the median of as many turns as take some milliseconds, so that
  /// few are measured by the same clock as many.
  static func cost(ofEach size: Int, _ operation: () throws -> Void) rethrows -> Double {
    try medianSeconds(count: max(1, min(1000, 20_000 / size)) | 1, operation) / Double(size)
  }
}

/// The sizes of a growth.
struct GrowthSizes {
  let sizes: [Int]
  /// Those that there is no room for; a sentence each.
  var leftOut: [String] = []

  /// 1, 10, 10², … up to a million.
  static func decades(_ setup: Setup) -> GrowthSizes {
    GrowthSizes(
      sizes: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].filter {
        $0 <= max(100, 1_000_000 / setup.shrink)
      })
  }
}

/// Both sides of a growth, ready to run. Each call measures one size once and returns the cost of each, or of all where sizes
/// count who does it.
struct GrowthContest {
  let echelon: (Int) throws -> Double
  var rival: ((Int) throws -> Double)?
  /// Gives back what the rival holds.
  var end: () -> Void = {}
}

/// Measures all sizes of a growth.
enum GrowthMeasurement {
  /// Measures every size, both sides one right after the other, and that again and again: whatever the machine's neighbours
  /// do meets all sizes. Which side goes first alternates.
  /// - Parameter follow: is called before every round with how many there are.
  /// - Returns: nil where nothing that could be seen was measured.
  static func run(
    _ growth: Growth, _ setup: Setup, follow: (Int) -> Void
  ) throws -> MeasuredGrowth? {
    follow(0)
    let sizes = growth.sizes(setup)
    let contest = try growth.prepare(setup, sizes.sizes)
    defer { contest.end() }
    // Warm: code paged in, branches learnt, workers awake.
    for size in sizes.sizes {
      _ = try contest.echelon(size)
      _ = try contest.rival?(size)
    }
    let rounds = if case .fixed(let count) = setup.pairs { count } else { growth.pairs }
    var echelon: [Int: [Double]] = [:]
    var rival: [Int: [Double]] = [:]
    for round in 0..<rounds {
      follow(round)
      for size in sizes.sizes {
        let early = round.isMultiple(of: 2) ? nil : try contest.rival?(size)
        echelon[size, default: []].append(try contest.echelon(size))
        guard let other = try early ?? contest.rival?(size) else { continue }
        rival[size, default: []].append(other)
      }
    }
    // Few tasks may take no memory that the system counts: a cost of 0 has no ratio, and no place on the axes of the page.
    let isSeen = { (size: Int) in
      ((echelon[size] ?? []) + (rival[size] ?? [])).allSatisfy { $0 > 0 && $0.isFinite }
    }
    let seen = sizes.sizes.filter(isSeen)
    guard !seen.isEmpty else { return nil }
    let unseen = sizes.sizes.filter { !isSeen($0) }.map {
      "\($0) \(growth.quantity.rawValue): costs too little to be seen"
    }
    return MeasuredGrowth(
      name: growth.name, title: growth.title, rivalTitle: growth.rivalTitle,
      quantity: growth.quantity, unit: growth.unit, rule: growth.rule(setup),
      points: seen.map {
        MeasuredGrowth.Point(size: $0, echelon: echelon[$0] ?? [], rival: rival[$0] ?? [])
      }, leftOut: sizes.leftOut + unseen)
  }
}
