import Echelon
import EchelonFiles
import EchelonMemory
import EchelonPlots

extension StatsReport {
  /// Files whose columns are shown on a page, those of them that are open, and those that are read again for pictures.
  private static var limits: (files: Int, open: Int, drawn: Int) { (500, 5, 8) }
  /// The most bytes of a file that is read again for pictures, and the most columns that are drawn.
  private static var drawnByteCount: Int { 64 << 20 }
  private static var drawnColumns: Int { 24 }

  /// The page of a run.
  func page(
    _ facts: RunFacts, inputs: [InputFile], workerCount: Int, wasInterrupted: Bool
  ) -> HTMLPage {
    var page = HTMLPage(title: "echelon stats: \(NumberText.count(inputs.count, "file"))")
    let outcome =
      "\(NumberText.count(summaries.count, "file")) done"
      + (failures.isEmpty ? "" : ", \(NumberText.grouped(failures.count)) failed")
      + (wasInterrupted ? ", interrupted" : "")
    page.facts(facts.facts(workerCount: workerCount, outcome: outcome))
    if !failures.isEmpty {
      page.heading(NumberText.count(failures.count, "failure"))
      page.messages(failures.map { "\($0)" })
    }
    let work =
      summaries.compactMap { summary in summary.span.map { (span: $0, hasFailed: false) } }
      + failures.compactMap { ($0 as? InputFailure)?.span.map { (span: $0, hasFailed: true) } }
    if workerCount > 0, let timeLine = TimeLine.chart(work, from: facts.began) {
      page.heading("Time line")
      page.charts([timeLine])
    }
    page.heading("Columns")
    if summaries.count > Self.limits.files {
      page.paragraph(
        "The first \(Self.limits.files) of \(NumberText.grouped(summaries.count)) files; --format csv has "
          + "all of them.")
    }
    for (index, summary) in summaries.prefix(Self.limits.files).enumerated() {
      let size =
        "\(NumberText.count(summary.rowCount, "row")), "
        + NumberText.count(summary.columns.count, "column")
      page.details("\(summary.file)  \(size)", isOpen: index < Self.limits.open) { page in
        Self.table(of: summary, on: &page)
        if index < Self.limits.drawn, let input = inputs.first(where: { $0.path == summary.file }) {
          page.charts(Self.charts(of: input))
        }
      }
    }
    return page
  }

  private static func table(of summary: FileSummary, on page: inout HTMLPage) {
    let titles = ColumnSummary.statistics.map { (title: $0.title, isNumber: true) }
    page.table(
      [("Column", false), ("Count", true), ("Missing", true)] + titles
        + [("Minimum, quartiles, maximum", false)],
      summary.columns.map { column in
        let numbers = ColumnSummary.statistics.map { statistic -> HTMLPage.Cell in
          let value = column.numbers.map(statistic.value)
          return .number(
            value.map { $0.isNaN ? "–" : $0.rounded(significantDigits: 6) } ?? "")
        }
        return [
          .text(column.name), .number(NumberText.grouped(column.count)),
          .number(NumberText.grouped(column.missing)),
        ] + numbers + [
          column.numbers.map { .chart($0.box) } ?? .text(column.kind == .text ? "text" : "")
        ]
      })
  }

  /// The distributions of the columns of a file, and how they go together.
  private static func charts(of input: InputFile) -> [(chart: Chart, size: Size)] {
    // What cannot be read again has no pictures; its numbers are there.
    guard input.byteCount <= drawnByteCount, let table = try? input.open().table() else {
      return []
    }
    let columns = table.columns.filter { $0.numbers != nil }
    var charts = columns.prefix(drawnColumns).compactMap { column -> (chart: Chart, size: Size)? in
      guard
        let chart = try? Chart.histogram(of: column.numbers ?? [], named: column.name, bins: nil)
      else { return nil }
      return (chart, Size(width: 360, height: 250))
    }
    if columns.count <= drawnColumns,
      let chart = try? Chart.correlations(of: table, file: input.path, limit: drawnColumns)
    {
      charts.append((chart, PlotFile.size(of: chart)))
    }
    return charts
  }
}

extension ColumnSummary.Numbers {
  /// A line from the smallest to the largest value, a box between the quartiles, a mark at the median and a dot at the
  /// mean, as SVG.
  fileprivate var box: String {
    let axis = Axis("", showing: [[minimum, maximum]])
    func x(_ value: Double) -> String {
      let place = 4 + (axis.position(value) ?? 0) * 152
      return place.rounded(significantDigits: 5)
    }
    guard minimum.isFinite, maximum.isFinite else { return "" }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="160" height="18" role="img" aria-label="box plot">\
      <path d="M\(x(minimum)) 9H\(x(maximum))" stroke="var(--muted)"/>\
      <path d="M\(x(lowerQuartile)) 3H\(x(upperQuartile))V15H\(x(lowerQuartile))Z" fill="var(--series-0)" \
      fill-opacity="0.35" stroke="var(--series-0)"/>\
      <path d="M\(x(median)) 2V16" stroke="var(--ink)" stroke-width="2"/>\
      <circle cx="\(x(mean))" cy="9" r="2.5" fill="var(--series-1)"/></svg>
      """
  }
}
