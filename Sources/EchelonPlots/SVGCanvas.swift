import EchelonMemory

/// A picture as SVG.
struct SVGCanvas: Canvas {
  let size: Size
  /// Whether colours are variables of the page that the picture stands in, so that it may be light or dark.
  private let isInPage: Bool
  private var elements: [String] = []
  private var isClipped = false

  init(size: Size, isInPage: Bool) { (self.size, self.isInPage) = (size, isInPage) }

  /// The picture, with a title for those who do not see it.
  func document(title: String) -> String {
    let (width, height) = (Self.number(size.width), Self.number(size.height))
    let name = Markup.escaped(title)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(name)" \
      font-family="system-ui, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif">
      <title>\(name)</title>
      \(elements.joined(separator: "\n"))\(isClipped ? "\n</svg>" : "")
      </svg>

      """
  }

  mutating func fill(_ rectangle: Rectangle, _ paint: Paint) {
    elements.append("<rect \(Self.frame(rectangle)) \(color("fill", paint))/>")
  }

  mutating func fill(_ polygon: [Point], _ paint: Paint) {
    elements.append("<path d=\"\(Self.path(polygon))Z\" \(color("fill", paint))/>")
  }

  mutating func stroke(_ line: [Point], _ paint: Paint, width: Double, isDashed: Bool) {
    elements.append(
      "<path d=\"\(Self.path(line))\" fill=\"none\" \(color("stroke", paint)) "
        + "stroke-width=\"\(Self.number(width))\" stroke-linejoin=\"round\""
        + (isDashed ? " stroke-dasharray=\"6 4\"" : "") + "/>")
  }

  mutating func dot(at point: Point, radius: Double, _ paint: Paint) {
    elements.append(
      "<circle cx=\"\(Self.number(point.x))\" cy=\"\(Self.number(point.y))\" "
        + "r=\"\(Self.number(radius))\" \(color("fill", paint))/>")
  }

  mutating func text(_ text: String, at point: Point, _ style: TextStyle, _ paint: Paint) {
    let (x, y) = (Self.number(point.x), Self.number(point.y))
    let anchor = ["start", "middle", "end"][Int(style.anchor.rawValue * 2)]
    elements.append(
      "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(Self.number(style.size))\""
        + (style.anchor == .start ? "" : " text-anchor=\"\(anchor)\"")
        + (style.isBold ? " font-weight=\"600\"" : "")
        + (style.turn == 0
          ? "" : " transform=\"rotate(\(Self.number(style.turn)) \(x) \(y))\"")
        + " \(color("fill", paint))>\(Markup.escaped(text))</text>")
  }

  mutating func clip(to rectangle: Rectangle?) {
    if isClipped { elements.append("</svg>") }
    isClipped = rectangle != nil
    guard let rectangle else { return }
    // A picture inside this one with the same coordinates: a clip path would need a name that is unique in a page.
    let box = [rectangle.x, rectangle.y, rectangle.width, rectangle.height].map(Self.number)
    elements.append(
      "<svg \(Self.frame(rectangle)) viewBox=\"\(box.joined(separator: " "))\">")
  }

  private func color(_ attribute: String, _ paint: Paint) -> String {
    let color = Palette.color(of: paint.role).hexadecimal
    let opacity =
      paint.opacity < 1 ? " \(attribute)-opacity=\"\(Self.number(paint.opacity))\"" : ""
    guard isInPage, let name = Self.variable(of: paint.role) else {
      return "\(attribute)=\"\(color)\"" + opacity
    }
    return "style=\"\(attribute):var(--\(name),\(color))\"" + opacity
  }

  /// What a page calls the colour.
  private static func variable(of role: Paint.Role) -> String? {
    switch role {
    case .ink: "ink"
    case .muted: "muted"
    case .grid: "grid"
    case .background: "page"
    case .series(let index): "series-\(index % Palette.series.count)"
    case .diverging, .onDiverging: nil
    }
  }

  private static func frame(_ rectangle: Rectangle) -> String {
    "x=\"\(number(rectangle.x))\" y=\"\(number(rectangle.y))\" "
      + "width=\"\(number(max(0, rectangle.width)))\" height=\"\(number(max(0, rectangle.height)))\""
  }

  private static func path(_ points: [Point]) -> String {
    points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(number(point.x)) \(number(point.y))"
    }.joined()
  }

  /// A hundredth of a pixel is more than anyone sees.
  private static func number(_ value: Double) -> String {
    let rounded = (max(-1e5, min(1e5, value)) * 100).rounded() / 100
    return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
  }
}

/// Text inside of HTML and SVG.
package enum Markup {
  /// The text with what means something there replaced, quotes included; what XML cannot say is left out.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\0"..<" ", "\u{7F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
