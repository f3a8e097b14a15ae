import EchelonMemory

/// A picture as PNG, with two pixels for each of CSS: sharp on today's screens.
struct PNGCanvas: Canvas {
  let size: Size
  private let picture: Picture
  private static let scale = 2.0

  /// - Throws: `PlotError` without the library that draws, or without memory.
  init(size: Size) throws(PlotError) {
    guard Picture.isAvailable else { throw .noLibrary }
    guard
      let picture = Picture(
        width: Int(size.width * Self.scale), height: Int(size.height * Self.scale),
        scale: Self.scale)
    else { throw .noMemory }
    (self.size, self.picture) = (size, picture)
  }

  func png() throws(PlotError) -> [UInt8] {
    guard let bytes = picture.png else { throw .noMemory }
    return bytes
  }

  func fill(_ rectangle: Rectangle, _ paint: Paint) {
    let (right, bottom) = (rectangle.x + rectangle.width, rectangle.y + rectangle.height)
    picture.draw(
      path: [rectangle.x, rectangle.y, right, rectangle.y, right, bottom, rectangle.x, bottom],
      width: 0, dash: 0, color(paint))
  }

  func fill(_ polygon: [Point], _ paint: Paint) {
    picture.draw(path: polygon.flatMap { [$0.x, $0.y] }, width: 0, dash: 0, color(paint))
  }

  func stroke(_ line: [Point], _ paint: Paint, width: Double, isDashed: Bool) {
    picture.draw(
      path: line.flatMap { [$0.x, $0.y] }, width: width, dash: isDashed ? 6 : 0, color(paint))
  }

  func dot(at point: Point, radius: Double, _ paint: Paint) {
    picture.draw(circleAtX: point.x, y: point.y, radius: radius, color(paint))
  }

  func text(_ text: String, at point: Point, _ style: TextStyle, _ paint: Paint) {
    picture.draw(
      text: text, x: point.x, y: point.y, size: style.size, anchor: style.anchor.rawValue,
      turn: style.turn * .pi / 180, isBold: style.isBold, color(paint))
  }

  func clip(to rectangle: Rectangle?) {
    picture.clip(
      x: rectangle?.x ?? 0, y: rectangle?.y ?? 0, width: rectangle?.width ?? 0,
      height: rectangle?.height ?? 0)
  }

  private func color(_ paint: Paint) -> Picture.Color {
    let color = Palette.color(of: paint.role)
    return Picture.Color(
      red: Double(color.red) / 255, green: Double(color.green) / 255,
      blue: Double(color.blue) / 255, opacity: paint.opacity)
  }
}

extension Chart {
  /// Why no PNG can be made here, if so.
  package static var pngProblem: PlotError? { Picture.isAvailable ? nil : .noLibrary }
}

/// Why a chart could not be drawn.
package enum PlotError: Error, Equatable, CustomStringConvertible {
  /// The library that draws PNG is not installed.
  case noLibrary
  case noMemory

  /// One sentence for the person at the terminal.
  package var description: String {
    switch self {
    case .noLibrary:
      "PNG needs \(Picture.library.name), which is not installed: 'apt-get install libcairo2', or install "
        + "\(Picture.library.packages); SVG needs nothing"
    case .noMemory:
      "there is no memory for a picture of this size; take a smaller --width and --height"
    }
  }
}
