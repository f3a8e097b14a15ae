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
    public let name: String
    /// In the first run.
    public let old: MeasuredFigure
    /// In the second run.
    public let new: MeasuredFigure
    /// By which factor the second run is slower, with its interval of 95 %.
    public let change: QuotientInterval
    public let verdict: Verdict
  }

  /// Of the most changed first.
  public let rows: [Row]
  /// Names of figures that only the first run has.
  public let onlyOld: [String]
  /// Names of figures that only the second run has.
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
    let names = Set(new.figures.map(\.name))
    onlyOld = old.figures.map(\.name).filter { !names.contains($0) }
    onlyNew = new.figures.map(\.name).filter { olds[$0] == nil }
    let both = new.figures.filter { olds[$0.name] != nil }
    var distributions: [[Int]: RankDistribution] = [:]
    rows = both.compactMap { figure -> Row? in
      guard let before = olds[figure.name] else { return nil }
      let key = [figure.pairs.count, before.pairs.count]
      let ranks = distributions[key] ?? RankDistribution(key[0], key[1])
      distributions[key] = ranks
      func values(_ figure: MeasuredFigure) -> [Double] {
        figure.pairs.map { basis == .ratio ? $0.ratio : $0.echelon }
      }
      let quotients = QuotientInterval.quotients(values(figure), values(before))
      let change = QuotientInterval(quotients, ranks: ranks, error: 0.05)
      let strict = QuotientInterval(quotients, ranks: ranks, error: 0.05 / Double(both.count))
      return Row(
        name: figure.name, old: before, new: figure, change: change,
        verdict: Self.verdict(change, strict, tolerance: tolerance))
    }.sorted { abs(log($0.change.factor)) > abs(log($1.change.factor)) }
    warnings = Self.warnings(old, new, rows: rows)
  }

  /// Whether there was anything to be compared: a figure that both runs have, with enough pairs.
  public var isEmpty: Bool { rows.allSatisfy { $0.verdict == .tooFewPairs } }

  /// Whether something became slower beyond noise.
  public var isSlower: Bool { rows.contains { $0.verdict == .slower } }

  private static func verdict(
    _ change: QuotientInterval, _ strict: QuotientInterval, tolerance: Double
  ) -> Verdict {
    if strict.low == 0 { return .tooFewPairs }
    if strict.low > 1 + tolerance { return .slower }
    if strict.high < 1 / (1 + tolerance) { return .faster }
    if change.low > 1 + tolerance { return .perhapsSlower }
    if change.high < 1 / (1 + tolerance) { return .perhapsFaster }
    return .same
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
    compare("the governor", old.machine.governor, new.machine.governor)
    compare("the number of workers", "\(old.workers)", "\(new.workers)")
    compare("--shrink", "\(old.shrink)", "\(new.shrink)")
    compare("Echelon", old.versions.echelon, new.versions.echelon)
    compare("Swift", old.versions.swift, new.versions.swift)
    compare("the BLAS", old.versions.blas, new.versions.blas)
    compare("the LAPACK", old.versions.lapack, new.versions.lapack)
    compare("Python", old.versions.python, new.versions.python)
    compare("NumPy", old.versions.numpy, new.versions.numpy)
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
    func names(_ verdict: Verdict) -> [String] {
      rows.filter { $0.verdict == verdict }.map(\.name)
    }
    func part(_ verdict: Verdict, _ words: String) -> String? {
      let names = names(verdict)
      return names.isEmpty ? nil : "\(names.count) \(words) (\(names.joined(separator: ", ")))"
    }
    let parts = [
      part(.slower, "slower beyond noise"), part(.faster, "faster beyond noise"),
      part(.perhapsSlower, "perhaps slower"), part(.perhapsFaster, "perhaps faster"),
      part(.tooFewPairs, "with too few pairs to say"),
    ].compactMap { $0 }
    lines.append(
      "Of \(ComparisonText.count(rows.count, "figure")) in both: "
        + (parts.isEmpty ? "none changed beyond noise." : parts.joined(separator: ", ") + "."))
    if !onlyOld.isEmpty { lines.append("Only before: \(onlyOld.joined(separator: ", ")).") }
    if !onlyNew.isEmpty { lines.append("Only after: \(onlyNew.joined(separator: ", ")).") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `+12.3 %`, `−4 %`.
  private static func percent(_ factor: Double) -> String {
    guard factor > 0, factor.isFinite else { return factor > 0 ? "∞" : "−100 %" }
    let value = ((factor - 1) * 1000).rounded() / 10
    return "\(value < 0 ? "−" : "+")\(abs(value)) %"
  }
}
