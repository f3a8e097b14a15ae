/// A page in one file that needs nothing else: no scripts, no fonts, nothing from elsewhere; light or dark as its reader
/// has it. All text is escaped.
package struct HTMLPage {
  private let title: String
  private let generator: String
  private var body: [String] = []

  /// - Parameters:
  ///   - title: stands above the page, and in the tab of a browser.
  ///   - generator: what has made it, with its version if it has one.
  package init(title: String, generator: String) {
    (self.title, self.generator) = (title, generator)
  }

  package mutating func heading(_ text: String) { body.append("<h2>\(Markup.escaped(text))</h2>") }

  package mutating func paragraph(_ text: String) { body.append("<p>\(Markup.escaped(text))</p>") }

  /// Names and values.
  package mutating func facts(_ facts: [(name: String, value: String)]) {
    body.append(
      "<dl>"
        + facts.map { "<dt>\(Markup.escaped($0))</dt><dd>\(Markup.escaped($1))</dd>" }.joined()
        + "</dl>")
  }

  /// What stands in a table.
  package enum Cell {
    case text(String)
    /// To be compared with those above and below.
    case number(String)
    case chart(String)
    /// Something that failed.
    case failure(String)

    fileprivate var html: String {
      switch self {
      case .text(let text): "<td>\(Markup.escaped(text))</td>"
      case .number(let text): "<td class=\"n\">\(Markup.escaped(text))</td>"
      case .chart(let svg): "<td>\(svg)</td>"
      case .failure(let text): "<td class=\"bad\">\(Markup.escaped(text))</td>"
      }
    }
  }

  /// - Parameter columns: their titles; those of numbers are at the right.
  package mutating func table(_ columns: [(title: String, isNumber: Bool)], _ rows: [[Cell]]) {
    let head = columns.map { column in
      "<th\(column.isNumber ? " class=\"n\"" : "")>\(Markup.escaped(column.title))</th>"
    }.joined()
    let lines = rows.map { "<tr>\($0.map(\.html).joined())</tr>" }.joined(separator: "\n")
    body.append(
      "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead>\n<tbody>\n\(lines)\n"
        + "</tbody></table></div>")
  }

  /// Pictures beside each other.
  package mutating func charts(_ charts: [(chart: Chart, size: Size)]) {
    guard !charts.isEmpty else { return }
    body.append(
      "<div class=\"charts\">" + charts.map { $0.chart.svg($0.size, isInPage: true) }.joined()
        + "</div>")
  }

  /// A picture that fills the page.
  /// - Parameter svg: a document, which stands in the page as it is.
  package mutating func picture(_ svg: String) {
    body.append("<div class=\"charts\">\(svg)</div>")
  }

  /// What is shown when it is opened.
  package mutating func details(
    _ summary: String, isOpen: Bool, _ contents: (inout HTMLPage) -> Void
  ) {
    var page = HTMLPage(title: "", generator: "")
    contents(&page)
    body.append(
      "<details\(isOpen ? " open" : "")><summary>\(Markup.escaped(summary))</summary>\n"
        + page.body.joined(separator: "\n") + "</details>")
  }

  /// Messages, one below the other, with the lines they have.
  package mutating func messages(_ messages: [String]) {
    body.append(messages.map { "<pre class=\"bad\">\(Markup.escaped($0))</pre>" }.joined())
  }

  /// The whole page.
  package var text: String {
    let dark = [
      "#4ea8de", "#ff8a3d", "#3ccfa0", "#e39bc4", "#f2b84b", "#8fd0f5", "#c8a67a", "#aaaaaa",
    ]
    func variables(
      _ ink: String, _ muted: String, _ grid: String, _ page: String, _ bad: String,
      _ series: [String]
    ) -> String {
      "--ink:\(ink);--muted:\(muted);--grid:\(grid);--page:\(page);--bad:\(bad);"
        + series.enumerated().map { "--series-\($0):\($1);" }.joined()
    }
    let light = variables(
      "#222222", "#5f5f5f", "#e2e2e2", "#ffffff", "#a8201a", Palette.series.map(\.hexadecimal))
    let name = Markup.escaped(title)
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="\(Markup.escaped(generator))">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(name)</title>
      <style>
      :root{color-scheme:light dark;\(light)}
      @media (prefers-color-scheme:dark){:root{\(variables("#e8e8e8", "#a6a6a6", "#3a3a3a", "#17181a", "#ff8f87", dark))}}
      body{font:15px/1.45 system-ui,'DejaVu Sans','Liberation Sans',Arial,sans-serif;color:var(--ink);background:var(--page);max-width:1180px;margin:0 auto;padding:24px 20px 60px}
      h1{font-size:24px;margin:0 0 12px}h2{font-size:18px;margin:34px 0 10px}
      dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
      .wide{overflow-x:auto}table{border-collapse:collapse;font-size:13.5px;margin:6px 0 14px}
      th{text-align:left;font-weight:600;border-bottom:1px solid var(--muted);padding:4px 14px 4px 0;white-space:nowrap}
      td{border-bottom:1px solid var(--grid);padding:4px 14px 4px 0;vertical-align:middle;overflow-wrap:anywhere}
      .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.bad{color:var(--bad)}
      pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.4 ui-monospace,'DejaVu Sans Mono',monospace;margin:6px 0;border-left:3px solid var(--bad);padding:2px 0 2px 10px}
      .charts{display:flex;flex-wrap:wrap;align-items:flex-start;gap:14px}.charts svg{max-width:100%;height:auto}
      summary{cursor:pointer;font-weight:600;margin:12px 0 4px}
      @media print{body{max-width:none}}
      </style></head><body>
      <h1>\(name)</h1>
      \(body.joined(separator: "\n"))
      </body></html>

      """
  }
}
