/// What a chart is drawn on: lengths are in CSS pixels, y grows downwards.
protocol Canvas {
  var size: Size { get }
  mutating func fill(_ rectangle: Rectangle, _ paint: Paint)
  mutating func fill(_ polygon: [Point], _ paint: Paint)
  mutating func stroke(_ line: [Point], _ paint: Paint, width: Double, isDashed: Bool)
  mutating func dot(at point: Point, radius: Double, _ paint: Paint)
  mutating func text(_ text: String, at point: Point, _ style: TextStyle, _ paint: Paint)
  /// What is drawn from now on appears only inside; nil is everywhere.
  mutating func clip(to rectangle: Rectangle?)
}

/// The extent of a picture in CSS pixels.
package struct Size: Sendable, Equatable {
  package let width, height: Double
  package init(width: Double, height: Double) { (self.width, self.height) = (width, height) }
}

struct Point: Equatable {
  var x, y: Double
}

struct Rectangle: Equatable {
  let x, y, width, height: Double
}

struct TextStyle {
  enum Anchor: Double {
    case start = 0
    case middle = 0.5
    case end = 1
  }
  var size = 12.0
  var anchor = Anchor.start
  var isBold = false
  /// Clockwise, in degrees.
  var turn = 0.0

  /// About how wide a text is. No canvas is asked, so that a chart looks the same on all; widths are those of wide
  /// typefaces, so that it fits.
  func width(of text: String) -> Double {
    let ems = text.unicodeScalars.reduce(0.0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "t", "f", "r", "I", ".", ",", ":", ";", "'", "|", "!", "(", ")", " ":
        sum + 0.38
      case "m", "w", "M", "W", "@", "%": sum + 0.95
      case "A"..."Z", "−", "+", "=": sum + 0.74
      case "\u{2E80}"...: sum + 1
      default: sum + 0.62
      }
    }
    return ems * size * (isBold ? 1.08 : 1)
  }

  /// The text, cut short with an ellipsis where it is wider.
  func fitted(_ text: String, to width: Double) -> String {
    guard self.width(of: text) > width else { return text }
    var text = text
    while !text.isEmpty, self.width(of: text + "…") > width { text.removeLast() }
    return text + "…"
  }
}
