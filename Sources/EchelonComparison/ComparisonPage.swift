public import EchelonFiles
import EchelonPlots
import Foundation

/// A run of `echelon-compare` as one HTML page that needs nothing else.
public struct ComparisonPage: Sendable {
  private let record: ComparisonRecord

  /// The page of a run.
  public init(of record: ComparisonRecord) { self.record = record }

  /// How many figures lead and how many lose, and which these are.
  public var summary: String {
    let figures = record.figures
    func names(_ names: [String]) -> String {
      names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
    }
    func standing(_ standing: MeasuredFigure.Standing) -> [String] {
      figures.filter { $0.standing == standing }.map(\.name)
    }
    let (leads, loses, even) = (standing(.leads), standing(.loses), standing(.even))
    let verdicts =
      figures.map { ($0.name, $0.isMet) } + record.growths.map { ($0.name, $0.isMet) }
    let asked = verdicts.filter { $0.1 != nil }
    let missed = asked.filter { $0.1 == false }.map { $0.0 }
    return
      "Of \(ComparisonText.count(figures.count, "figure")), Echelon leads in \(leads.count), loses in "
      + "\(loses.count)\(names(loses)), and is even with its rival in \(even.count)\(names(even)). Of "
      + "\(ComparisonText.count(asked.count, "requirement")), \(missed.count) \(missed.count == 1 ? "is" : "are") "
      + "not met\(names(missed))."
  }

  /// The picture of all ratios, as a document of its own.
  /// - Parameter isInPage: whether its colours are variables of the page around it.
  public func picture(isInPage: Bool = false) -> String {
    let groups = subjects.map { subject, figures in
      RatioChart.Group(
        title: subject.title,
        rows: figures.map { figure in
          RatioChart.Row(
            title: figure.title, subtitle: "\(figure.name), beside \(figure.rivalTitle)",
            value: figure.ratio.median, low: figure.ratio.low, high: figure.ratio.high,
            text: ComparisonText.interval(figure.ratio, ComparisonText.digits))
        })
    }
    return RatioChart(
      title: "Echelon's time over its rival's",
      low: "Echelon is faster", high: "Echelon is slower", even: "no difference beyond noise",
      groups: groups
    ).svg(isInPage: isInPage)
  }

  /// The page.
  public var html: String { page.text }

  /// Writes the page in one step.
  public func write(to path: String) throws(FileError) {
    var writer = try AtomicFileWriter(path: path)
    try writer.write(html)
    try writer.commit()
  }

  /// The figures by what they are about.
  private var subjects: [(subject: Subject, figures: [MeasuredFigure])] {
    let groups = Dictionary(grouping: record.figures, by: \.subject)
    return Subject.allCases.compactMap { subject in groups[subject].map { (subject, $0) } }
  }

  private var page: HTMLPage {
    var page = HTMLPage(title: "Echelon beside its peers", generator: "echelon-compare")
    if !record.isComplete {
      page.messages(["The run ended before all of its figures were measured."])
    }
    if record.shrink != 1 {
      page.messages([
        "Sizes were divided by \(record.shrink): these numbers show that everything works, and nothing else."
      ])
    }
    page.paragraph(summary)
    page.facts(facts)
    if !record.figures.isEmpty || record.growths.isEmpty {
      page.heading("Ratios of times")
      page.paragraph(
        "Echelon's time divided by its rival's, pair by pair: the median, and its 95 % interval as a line. Half as long "
          + "and twice as long are equally far from 1.")
      page.picture(picture(isInPage: true))
    }
    for (subject, figures) in subjects {
      page.heading(subject.title)
      page.table(
        [
          ("Figure", false), ("Echelon", false), ("Time [95 %]", true), ("Beside it", false),
          ("Time [95 %]", true), ("Ratio [95 %]", true), ("Echelon", false), ("Asked for", false),
          ("Judged by [95 %]", true), ("Verdict", false), ("Pairs", true),
        ], figures.map(Self.row))
    }
    addGrowths(record.growths, to: &page)
    return page
  }

  private static func row(_ figure: MeasuredFigure) -> [HTMLPage.Cell] {
    let verdict: HTMLPage.Cell =
      switch figure.isMet {
      case true: .text("met")
      case false: .failure("not met")
      case nil: .text("")
      }
    let ratio = ComparisonText.interval(figure.ratio, ComparisonText.digits)
    return [
      .text(figure.name), .text(figure.title),
      .number(ComparisonText.interval(figure.echelon, ComparisonText.time)),
      .text(figure.rivalTitle),
      .number(ComparisonText.interval(figure.rival, ComparisonText.time)), .number(ratio),
      figure.standing == .loses ? .failure("loses") : .text(figure.standing.rawValue),
      .text(ComparisonText.asked(figure.requirement)),
      .number(ComparisonText.judged(figure.requirement, figure.judged)), verdict,
      .number("\(figure.pairs.count)"),
    ]
  }

  private var facts: [(name: String, value: String)] {
    let (machine, versions) = (record.machine, record.versions)
    let memory = (Double(machine.memory) / Double(1 << 30) * 10).rounded() / 10
    let distribution = machine.distribution.map { ", \($0)" } ?? ""
    var facts = [
      ("Processor", "\(machine.processor), \(ComparisonText.count(machine.cores, "core"))"),
      ("Memory", "\(memory) GiB"), ("System", "Linux \(machine.kernel)\(distribution)"),
      ("Governor", machine.governor ?? "not said by the system"), ("Echelon", versions.echelon),
      ("Swift", versions.swift), ("BLAS", versions.blas), ("LAPACK", versions.lapack),
    ]
    let more = [
      ("Python", versions.python), ("NumPy", versions.numpy), ("numexpr", versions.numexpr),
      ("numba", versions.numba), ("loky", versions.loky), ("gcc", versions.gcc),
    ]
    facts += more.compactMap { name, version in version.map { (name, $0) } }
    facts += [
      ("Begun", record.date.formatted(.iso8601)), ("Workers", "\(record.workers)"),
      ("Pairs", "\(record.pairs)"), ("Command", record.command.joined(separator: " ")),
    ]
    return facts
  }
}
