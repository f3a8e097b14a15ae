import Foundation

/// What changed between two runs, beyond noise.
///
/// A figure that is in both runs is judged by Echelon's time over the rival's, pair by pair: what the machine did to a
/// run did it to both sides of its pairs. So a change of the rival's own, such as another NumPy, is one, too; `basis` is
/// `.time` where the rivals are not to be heard.
///
/// Of many figures some seem changed by chance: of 60 intervals of 95 % three miss. So a figure is slower or faster only
/// if its interval for all figures together lies beyond 1, at an error of 5 % divided by the number of figures (Bonferroni),
/// and beyond the tolerance: pairs of one run say nothing of what differs from one start of a program to
/// the next, such as which pages and which core it got.
public struct ComparisonChange: Sendable {
  /// What a figure is judged by.
  public enum Basis: String, CaseIterable, Sendable {
    /// Echelon's time over the rival's.
    case ratio
    /// Echelon's time alone.
    case time
  }

  /// What became of a figure.
  public enum Verdict: String, Sendable {
    case slower, faster
    /// The interval of 95 % lies beyond 1, but with so many figures chance does that.
    case perhapsSlower = "perhaps slower"
    case perhapsFaster = "perhaps faster"
    case same
    /// Too few pairs to say anything with so many figures.
    case tooFewPairs = "too few pairs"
  }

  /// A figure that is in both runs.
  public struct Row: Sendable {
    /// Of the figure.
    public let name: String
    /// In the first run.
    public let old: MeasuredFigure
    /// In the second run.
    public let new: MeasuredFigure
    /// By which factor the second run is slower, with its interval of 95 %.
    public let change: QuotientInterval
    /// What became of it.
    public let verdict: Verdict
  }

  /// A size of a growth that is in both runs.
  public struct GrowthRow: Sendable {
    /// In the second run.
    public let growth: MeasuredGrowth
    /// In the first run.
    public let old: MeasuredGrowth.Point
    /// In the second run.
    public let new: MeasuredGrowth.Point
    /// By which factor the second run costs more, with its interval of 95 %.
    public let change: QuotientInterval
    /// What became of it.
    public let verdict: Verdict
  }

  /// Of the most changed first.
  public let rows: [Row]
  /// Of the most changed first. Where there is no rival, costs are compared whatever the basis is.
  public let growthRows: [GrowthRow]
  /// Names of figures and growths that only the first run has.
  public let onlyOld: [String]
  /// Names of figures and growths that only the second run has.
  public let onlyNew: [String]
  /// What differs besides, and makes the comparison doubtful; a sentence each.
  public let warnings: [String]

  /// Unless something else is said: as much as two equal things differ by in this suite's own requirements.
  public static let usualTolerance = 0.05

  /// - Parameter tolerance: changes by no more than this part are the same.
  public init(
    from old: ComparisonRecord, to new: ComparisonRecord, basis: Basis = .ratio,
    tolerance: Double = Self.usualTolerance
  ) {
    let olds = Dictionary(old.figures.map { ($0.name, $0) }) { $1 }
    let (oldNames, newNames) = (Self.names(old), Self.names(new))
    onlyOld = oldNames.filter { !newNames.contains($0) }
    onlyNew = newNames.filter { !oldNames.contains($0) }
    let both = new.figures.filter { olds[$0.name] != nil }
    let sizes = Self.commonSizes(old.growths, new.growths)
    var judge = Judge(count: both.count + sizes.count, tolerance: tolerance)
    rows = both.compactMap { figure -> Row? in
      guard let before = olds[figure.name] else { return nil }
      func values(_ figure: MeasuredFigure) -> [Double] {
        figure.pairs.map { basis == .ratio ? $0.ratio : $0.echelon }
      }
      let (change, verdict) = judge.change(from: values(before), to: values(figure))
      return Row(name: figure.name, old: before, new: figure, change: change, verdict: verdict)
    }.sorted { abs(log($0.change.factor)) > abs(log($1.change.factor)) }
    growthRows = sizes.map { growth, before, after in
      let haveRivals = !before.rival.isEmpty && !after.rival.isEmpty
      func values(_ point: MeasuredGrowth.Point) -> [Double] {
        guard basis == .ratio, haveRivals else { return point.echelon }
        return zip(point.echelon, point.rival).map { $0 / $1 }
      }
      let (change, verdict) = judge.change(from: values(before), to: values(after))
      return GrowthRow(growth: growth, old: before, new: after, change: change, verdict: verdict)
    }.sorted { abs(log($0.change.factor)) > abs(log($1.change.factor)) }
    warnings = Self.warnings(old, new, rows: rows)
  }

  /// Whether there was anything to be compared: a figure that both runs have, with enough pairs.
  public var isEmpty: Bool { verdicts.allSatisfy { $0 == .tooFewPairs } }

  /// Whether something became slower beyond noise.
  public var isSlower: Bool { verdicts.contains(.slower) }

  private var verdicts: [Verdict] { rows.map(\.verdict) + growthRows.map(\.verdict) }

  private static func names(_ record: ComparisonRecord) -> [String] {
    record.figures.map(\.name) + record.growths.map(\.name)
  }

  /// What both have of the same growth in the same unit, in the order of the second.
  private static func commonSizes(
    _ olds: [MeasuredGrowth], _ news: [MeasuredGrowth]
  ) -> [(growth: MeasuredGrowth, old: MeasuredGrowth.Point, new: MeasuredGrowth.Point)] {
    news.flatMap { new in
      let old = olds.first { $0.name == new.name && $0.unit == new.unit }
      return new.points.compactMap { point in
        old?.points.first { $0.size == point.size }.map { (new, $0, point) }
      }
    }
  }

  /// Says what changes mean, so many of which are looked at.
  private struct Judge {
    let count: Int
    let tolerance: Double
    private var distributions: [[Int]: RankDistribution] = [:]

    init(count: Int, tolerance: Double) { (self.count, self.tolerance) = (count, tolerance) }

    mutating func change(
      from old: [Double], to new: [Double]
    ) -> (QuotientInterval, Verdict) {
      let key = [new.count, old.count]
      let ranks = distributions[key] ?? RankDistribution(key[0], key[1])
      distributions[key] = ranks
      let quotients = QuotientInterval.quotients(new, old)
      let change = QuotientInterval(quotients, ranks: ranks, error: 0.05)
      let strict = QuotientInterval(quotients, ranks: ranks, error: 0.05 / Double(count))
      return (change, verdict(change, strict))
    }

    private func verdict(_ change: QuotientInterval, _ strict: QuotientInterval) -> Verdict {
      if strict.low == 0 { return .tooFewPairs }
      if strict.low > 1 + tolerance { return .slower }
      if strict.high < 1 / (1 + tolerance) { return .faster }
      if change.low > 1 + tolerance { return .perhapsSlower }
      if change.high < 1 / (1 + tolerance) { return .perhapsFaster }
      return .same
    }
  }

  private static func warnings(
    _ old: ComparisonRecord, _ new: ComparisonRecord, rows: [Row]
  ) -> [String] {
    var warnings: [String] = []
    func compare(_ what: String, _ before: String?, _ after: String?) {
      guard before != after else { return }
      warnings.append("\(what) differs: \(before ?? "none"), then \(after ?? "none")")
    }
    compare("the processor", old.machine.processor, new.machine.processor)
    compare("the number of cores", "\(old.machine.cores)", "\(new.machine.cores)")
    compare("the memory", "\(old.machine.memory) bytes", "\(new.machine.memory) bytes")
    compare("the kernel", old.machine.kernel, new.machine.kernel)
    // Files that are older than these keys say nothing of them.
    if let before = old.machine.distribution, let after = new.machine.distribution {
      compare("the distribution", before, after)
    }
    compare("the governor", old.machine.governor, new.machine.governor)
    compare("the number of workers", "\(old.workers)", "\(new.workers)")
    compare("--shrink", "\(old.shrink)", "\(new.shrink)")
    compare("Echelon", old.versions.echelon, new.versions.echelon)
    compare("Swift", old.versions.swift, new.versions.swift)
    compare("the BLAS", old.versions.blas, new.versions.blas)
    compare("the LAPACK", old.versions.lapack, new.versions.lapack)
    compare("Python", old.versions.python, new.versions.python)
    compare("NumPy", old.versions.numpy, new.versions.numpy)
    for (name, key) in [
      ("numexpr", \ComparisonRecord.Versions.numexpr), ("numba", \.numba), ("loky", \.loky),
      ("gcc", \.gcc),
    ] {
      guard let before = old.versions[keyPath: key], let after = new.versions[keyPath: key]
      else { continue }
      compare(name, before, after)
    }
    for row in rows where row.old.rivalTitle != row.new.rivalTitle {
      compare("the rival of \(row.name)", row.old.rivalTitle, row.new.rivalTitle)
    }
    if !old.isComplete { warnings.append("the first run did not come to its end") }
    if !new.isComplete { warnings.append("the second run did not come to its end") }
    return warnings
  }
}

extension ComparisonChange {
  /// What changed, as a Markdown table, and a sentence below.
  public var report: String {
    var lines: [String] = []
    if !rows.isEmpty {
      lines = [
        "| figure | before | after | rival before | rival after | change [95 %] | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
      ]
    }
    for row in rows {
      let times = [row.old.echelon, row.new.echelon, row.old.rival, row.new.rival].map {
        ComparisonText.time($0.median)
      }
      let verdict = row.verdict == .slower ? "**slower**" : row.verdict.rawValue
      let (low, high) = (Self.percent(row.change.low), Self.percent(row.change.high))
      let change = "\(Self.percent(row.change.factor)) [\(low), \(high)]"
      lines.append("| \(([row.name] + times + [change, verdict]).joined(separator: " | ")) |")
    }
    if !rows.isEmpty { lines.append("") }
    if !rows.isEmpty || growthRows.isEmpty {
      lines.append(
        Self.sentence(
          "Of \(ComparisonText.count(rows.count, "figure")) in both: ",
          rows.map { ($0.name, $0.verdict) }))
    }
    if !lines.isEmpty, !growthRows.isEmpty { lines.append("") }
    lines += growthLines
    if !onlyOld.isEmpty { lines.append("Only before: \(onlyOld.joined(separator: ", ")).") }
    if !onlyNew.isEmpty { lines.append("Only after: \(onlyNew.joined(separator: ", ")).") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The sizes whose cost changed, and a sentence below; nothing where no growth is in both.
  private var growthLines: [String] {
    guard !growthRows.isEmpty else { return [] }
    let changed = growthRows.filter { $0.verdict != .same && $0.verdict != .tooFewPairs }
    var lines: [String] = []
    if !changed.isEmpty {
      lines = [
        "| growth | size | before | after | change [95 %] | |",
        "| --- | --- | --- | --- | --- | --- |",
      ]
    }
    for row in changed {
      let (low, high) = (Self.percent(row.change.low), Self.percent(row.change.high))
      let cells = [
        row.growth.name, ComparisonText.size(row.new.size, row.growth),
        ComparisonText.cost(row.old.cost.median, row.growth),
        ComparisonText.cost(row.new.cost.median, row.growth),
        "\(Self.percent(row.change.factor)) [\(low), \(high)]",
        row.verdict == .slower ? "**slower**" : row.verdict.rawValue,
      ]
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    if !changed.isEmpty { lines.append("") }
    let names = growthRows.map {
      ("\($0.growth.name) at \(ComparisonText.size($0.new.size, $0.growth))", $0.verdict)
    }
    let sizes = ComparisonText.count(names.count, "size")
    lines.append(Self.sentence("Of \(sizes) of growths in both: ", names))
    return lines
  }

  /// How many became what, by name.
  private static func sentence(_ start: String, _ all: [(name: String, verdict: Verdict)]) -> String
  {
    func part(_ verdict: Verdict, _ words: String) -> String? {
      let names = all.filter { $0.verdict == verdict }.map(\.name)
      return names.isEmpty ? nil : "\(names.count) \(words) (\(names.joined(separator: ", ")))"
    }
    let parts = [
      part(.slower, "slower beyond noise"), part(.faster, "faster beyond noise"),
      part(.perhapsSlower, "perhaps slower"), part(.perhapsFaster, "perhaps faster"),
      part(.tooFewPairs, "with too few pairs to say"),
    ].compactMap { $0 }
    return start
      + (parts.isEmpty ? "none changed beyond noise." : parts.joined(separator: ", ") + ".")
  }

  /// `+12.3 %`, `−4 %`.
  private static func percent(_ factor: Double) -> String {
    guard factor > 0, factor.isFinite else { return factor > 0 ? "∞" : "−100 %" }
    let value = ((factor - 1) * 1000).rounded() / 10
    return "\(value < 0 ? "−" : "+")\(abs(value)) %"
  }
}
