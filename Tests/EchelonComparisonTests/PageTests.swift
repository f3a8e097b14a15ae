import EchelonComparison
import Foundation
import Testing

@Suite struct `The page of a comparison` {
  @Test func `is there before anything is measured`() {
    var empty = record([])
    empty.isComplete = false
    #expect(ComparisonPage(of: empty).html.contains("Of 0 figures"))
  }

  private let sample = record([
    figure(
      "sum", ratio: 0.25, seed: 1, title: "sum of <script>alert(1)</script> & 'more'",
      requirement: .ratio(atMost: 1.05)),
    figure("svd", ratio: 3, seed: 2, subject: .python, requirement: .ratio(atMost: 1)),
    figure("fill", ratio: 1, seed: 3, subject: .memory),
  ])

  @Test func `says who leads, who loses and what is missed, by name`() {
    #expect(
      ComparisonPage(of: sample).summary
        == "Of 3 figures, Echelon leads in 1, loses in 1 (svd), and is even with its rival in 1 (fill). "
        + "Of 2 requirements, 1 is not met (svd).")
  }

  @Test func `has the machine, all figures and a picture, and needs nothing else`() {
    let page = ComparisonPage(of: sample).html
    for text in [
      "Quick &lt;7&gt;, 2 cores", "8.0 GiB", "abc1234", "OpenBLAS", "2.1.0", "2023-11-14T22:13:20Z",
      "--only &lt;sum&gt; &amp; dot", "<h2>Memory</h2>", "<h2>Kernels</h2>",
      "<h2>Python&#39;s</h2>",
      "class=\"bad\">not met</td>", "class=\"bad\">loses</td>", "<td>leads</td>", "<td>even</td>",
    ] { #expect(page.contains(text), "\(text)") }
    #expect(page.count(of: "<svg ") == 1 && !page.contains("<h2>Dispatch</h2>"))
    #expect(page.count(of: "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;more&#39;") >= 1)
    #expect(!page.contains("<script"))
    #expect(page.matches(of: /(src|href)="|url\(/).isEmpty, "a page needs nothing from elsewhere")
    #expect(page.hasSuffix("</body></html>\n"))
    #expect(!page.contains("The run ended before"))
  }

  @Test func `shows bars of equal length for half and twice the time, in other directions`() throws
  {
    let pairs = [(0.5, "half"), (2, "twice")].map { ratio, name in
      MeasuredFigure(
        name: name, subject: .kernels, title: name, rivalTitle: "a loop", requirement: .none,
        pairs: .init(repeating: Pair(echelon: ratio, rival: 1), count: 6))
    }
    let picture = ComparisonPage(of: record(pairs)).picture()
    let bars = picture.matches(of: /<rect x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)" height="14"/)
    try #require(bars.count == 2)
    let places = try bars.map { (try #require(Double($0.1)), try #require(Double($0.2))) }
    #expect(abs(places[0].1 - places[1].1) < 0.02 && places[0].1 > 20)
    // The first ends where the second begins.
    #expect(abs(places[0].0 + places[0].1 - places[1].0) < 0.02)
  }

  @Test func `says when a run was cut short or shrunk`() {
    var cut = sample
    cut.isComplete = false
    cut.shrink = 50
    let page = ComparisonPage(of: cut).html
    #expect(page.contains("The run ended before all of its figures were measured."))
    #expect(page.contains("Sizes were divided by 50"))
    var empty = sample
    empty.figures = []
    #expect(ComparisonPage(of: empty).html.contains("Of 0 figures"))
  }
}

extension String {
  /// How often a text occurs.
  fileprivate func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}
