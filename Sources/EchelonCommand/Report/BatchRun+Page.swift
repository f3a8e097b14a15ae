import Echelon
import EchelonMemory
import EchelonPlots

extension BatchRun {
  /// Rows of a page are read by people.
  private static var rowLimit: Int { 2000 }

  /// The page of a run.
  /// - Parameter outcome: a sentence that says what became of it.
  func page(_ facts: RunFacts, workerCount: Int, outcome: String) -> HTMLPage {
    var page = HTMLPage(title: "echelon batch: \(NumberText.count(tasks.count, "file"))")
    page.facts(facts.facts(workerCount: workerCount, outcome: outcome))
    let failures = outcomes.compactMap { outcome -> String? in
      if case .failed(let failure) = outcome { failure.description } else { nil }
    }
    if !failures.isEmpty {
      page.heading("\(NumberText.count(failures.count, "failure"))")
      page.messages(failures)
    }
    let work = zip(spans, outcomes).compactMap { span, outcome -> (WorkSpan, Bool)? in
      guard let span else { return nil }
      if case .failed = outcome { return (span, true) }
      return (span, false)
    }
    if let timeLine = TimeLine.chart(work, from: facts.began) {
      page.heading("Time line")
      page.charts([timeLine])
    }
    let charts = charts(spans)
    if !charts.isEmpty {
      page.heading("Time of the files")
      page.charts(charts)
    }
    page.heading("Files")
    if tasks.count > Self.rowLimit {
      page.paragraph(
        "The first \(NumberText.grouped(Self.rowLimit)) of \(NumberText.grouped(tasks.count)); "
          + "--format csv has all of them.")
    }
    page.table(
      [
        ("File", false), ("Bytes", true), ("Rows", true), ("Columns", true), ("Undefined", true),
        ("Time", true), ("Result", false),
      ], zip(zip(tasks, outcomes), spans).prefix(Self.rowLimit).map { Self.row($0.0, $0.1, $1) })
    return page
  }

  private static func row(
    _ task: BatchTask, _ outcome: Outcome, _ span: WorkSpan?
  ) -> [HTMLPage.Cell] {
    let result: BatchResult? = if case .done(let result) = outcome { result } else { nil }
    func count(_ value: Int?) -> HTMLPage.Cell { .number(value.map(NumberText.grouped) ?? "") }
    let last: HTMLPage.Cell =
      switch outcome {
      case .done: .text(task.outputs.joined(separator: " "))
      case .failed: .failure("failed")
      case .notBegun: .text("not begun")
      }
    return [
      .text(task.path), count(task.input.byteCount), count(result?.rowCount),
      count(result?.columnCount), count(result?.undefinedCount),
      .number(span.map { NumberText.time(seconds: $0.seconds) } ?? ""), last,
    ]
  }

  private func charts(_ spans: [WorkSpan?]) -> [(chart: Chart, size: Size)] {
    let times = spans.map { $0?.seconds ?? .nan }
    guard times.count(where: \.isFinite) > 1 else { return [] }
    let size = Size(width: 540, height: 330)
    var charts: [(chart: Chart, size: Size)] = []
    let name = "Time of a file (ms)"
    let milliseconds = times.map { $0 * 1000 }
    if var chart = try? Chart.histogram(of: milliseconds, named: name, bins: nil) {
      chart.title = "How long files took"
      charts.append((chart, size))
    }
    let sizes = tasks.map { Double($0.input.byteCount) / 1000 }
    var chart = Chart.scatter(
      x: "Size (kB)", y: name, isLogarithmic: (false, false),
      [(nil, Chart.Points(x: sizes, y: milliseconds))], hasFit: true)
    chart.title = "Time and size"
    charts.append((chart, size))
    return charts
  }
}
