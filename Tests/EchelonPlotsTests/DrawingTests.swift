import EchelonMemory
import EchelonPlots
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What is in an SVG: whether it is one, and its elements by name.
private final class Elements: NSObject, XMLParserDelegate {
  private(set) var attributes: [String: [[String: String]]] = [:]
  private(set) var text = ""
  init?(_ svg: String) {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    guard parser.parse() else { return nil }
  }
  func parser(
    _: XMLParser, didStartElement name: String, namespaceURI _: String?, qualifiedName _: String?,
    attributes: [String: String]
  ) { self.attributes[name, default: []].append(attributes) }
  func parser(_: XMLParser, foundCharacters text: String) { self.text += text }
}

@Suite struct `A chart` {
  private let size = Size(width: 600, height: 400)
  private let odd: [[Double]] = [
    [], [3], [.nan, .nan], [.infinity, 1, -.infinity], [2, 2, 2], [1, .nan, 3, 4],
    [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], [5e-324, 0],
  ]

  private var charts: [Chart] {
    odd.flatMap { values -> [Chart] in
      let x = values.indices.map(Double.init)
      return [false, true].map {
        Chart.series(
          x: x, named: "x", isLogarithmic: ($0, $0), [("y", nil, values), ("z", nil, x)])
      } + [
        Chart.scatter(
          x: "x", y: "y", isLogarithmic: (false, false),
          [(nil, Chart.Points(x: x, y: values))], hasFit: true),
        Chart.convergence(
          of: "x", counts: x.map { $0 + 1 }, estimates: values, halfWidths: values, exact: 1),
        Chart.correlations([[1, .nan], [.nan, 1]], of: ["a", "b"]),
        Chart.histogram(edges: [], counts: [], of: "none"),
      ]
    }
  }

  @Test func `of any values is a picture of finite places`() throws {
    for chart in charts {
      let svg = chart.svg(size)
      #expect(Elements(svg) != nil && !svg.contains("nan") && !svg.contains("inf"), "\(svg)")
      for (columns, rows) in [(20, 8), (80, 24)] {
        let text = TerminalChart(chart, columns: columns, rows: rows, isColored: false).text
        let widest = text.split(separator: "\n").map(\.count).max() ?? 0
        #expect(widest <= columns, "\(text)")
      }
    }
  }

  @Test func `says what names say, not what they do`() throws {
    let name = "</title><script>alert('\"&\u{1}')</script>"
    let chart = Chart.series(
      x: [0, 1], named: name, isLogarithmic: (false, false),
      [(name, nil, [1, 2]), ("b", nil, [2, 3])])
    let elements = try #require(Elements(chart.svg(size)))
    #expect(elements.attributes["script"] == nil)
    #expect(elements.text.contains("<script>alert('\"&\u{FFFD}')</script>"))
  }

  @Test func `in a terminal has no name that moves the cursor`() {
    let name = "\u{1B}[2J\r\nx"
    let line = Chart.series(
      x: [0, 1], named: name, words: [name, name], isLogarithmic: (false, false),
      [(name, nil, [1, 2]), (name, nil, [2, 3])])
    for chart in [line, Chart.correlations([[1, 0], [0, 1]], of: [name, name])] {
      let text = TerminalChart(chart, columns: 60, rows: 12, isColored: false).text
      #expect(!text.contains("\u{1B}") && !text.contains("\r"))
    }
  }

  @Test func `has a gap where a value is missing`() throws {
    let chart = Chart.series(
      x: [0, 1, 2, 3, 4], named: "x", isLogarithmic: (false, false),
      [("y", nil, [1, 2, .nan, 4, 5])])
    let paths = try #require(Elements(chart.svg(size))?.attributes["path"])
    let lines = paths.filter { $0["stroke"] == Palette.series[0].hexadecimal }
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0["d"]?.filter { $0 == "L" }.count == 1 }, "\(lines)")
  }

  @Test func `of very many values has no more than can be seen`() throws {
    let y = (0..<200_000).map { Double(($0 &* 2_654_435_761) % 1000) }
    let x = y.indices.map(Double.init)
    let line = Chart.series(x: x, named: "x", isLogarithmic: (false, false), [("y", nil, y)]).svg(
      size)
    #expect(line.utf8.count < 120_000)
    let elements = try #require(Elements(line))
    let path = try #require(elements.attributes["path"]?.first { $0["stroke"] == "#0072b2" }?["d"])
    let heights = path.split(separator: "L").compactMap {
      $0.split(separator: " ").last.flatMap { Double($0) }
    }
    // From the lowest value to the highest one, as all of them would.
    #expect((heights.max() ?? 0) - (heights.min() ?? 0) > 250)
  }

  @Test func `of a crowd of points is their density`() throws {
    let places = (0..<40_000).map { (x: Double($0 % 200), y: Double($0 / 200)) }
    let points = Chart.Points(x: places.map(\.x), y: places.map(\.y))
    let chart = Chart.scatter(
      x: "x", y: "y", isLogarithmic: (false, false), [(nil, points)], hasFit: false)
    let elements = try #require(Elements(chart.svg(size)))
    #expect(elements.attributes["circle"] == nil)
    let squares = elements.attributes["rect"]?.filter { $0["width"] == "3" } ?? []
    #expect(10_000...20_000 ~= squares.count)
  }

  @Test func `is drawn as PNG where there is the library`() throws {
    guard Chart.pngProblem == nil else { return }
    let png = try charts[0].png(size)
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    // Width and height, big-endian, behind the signature and the head of the first chunk.
    #expect(Array(png[16..<24]) == [0, 0, 4, 176, 0, 0, 3, 32])
    // Something is drawn: a blank picture of this size has some hundred bytes.
    #expect(png.count > 3000)
  }

  @Test func `in a terminal has bars as high as their counts`() {
    let chart = Chart.histogram(edges: [0, 1, 2], counts: [4, 2], of: "x")
    let lines = TerminalChart(chart, columns: 24, rows: 14, isColored: false).text
      .split(separator: "\n")
    let bars = lines.filter { $0.contains("█") }
    let (high, low) = (bars.count, bars.filter { $0.hasSuffix("█") && $0.count > 20 }.count)
    #expect(high >= 7 && abs(Double(low) - Double(high) / 2) <= 1, "\(lines)")
  }
}
