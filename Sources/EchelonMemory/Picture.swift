internal import CEchelon

/// A picture of shapes and text that becomes a PNG file; lengths are in units of some pixels each, y grows downwards.
///
/// Invariant 1: `picture` is open until `deinit`, and used by one thread at a time: the owner's.
@safe package final class Picture {
  /// A colour, each part from 0 to 1.
  package struct Color: Sendable, Equatable {
    package let red, green, blue, opacity: Double
    package init(red: Double, green: Double, blue: Double, opacity: Double) {
      (self.red, self.green, self.blue, self.opacity) = (red, green, blue, opacity)
    }

    fileprivate var c: echelon_color {
      echelon_color(red: red, green: green, blue: blue, opacity: opacity)
    }
  }

  /// The library that draws, and the packages that have it.
  package static let library = (
    name: "libcairo.so.2", packages: "libcairo2 (Debian, Ubuntu) or cairo (others)"
  )

  /// Whether the library is installed.
  package static var isAvailable: Bool { echelon_picture_is_available() != 0 }

  private let picture: OpaquePointer

  /// An empty picture.
  /// - Parameters:
  ///   - width: in pixels, 1 to 32,767.
  ///   - height: in pixels, 1 to 32,767.
  ///   - scale: how many pixels are a unit of length.
  /// - Returns: nil without the library, or without memory.
  package init?(width: Int, height: Int, scale: Double) {
    precondition(
      1...32_767 ~= width && 1...32_767 ~= height, "no picture has \(width) × \(height) pixels")
    guard let picture = unsafe echelon_picture_open(Int32(width), Int32(height), scale) else {
      return nil
    }
    unsafe self.picture = picture
  }

  deinit { unsafe echelon_picture_close(picture) }

  /// Draws a line, or with a width of 0 fills what it surrounds.
  /// - Parameter points: x and y of each point, one after the other.
  package func draw(path points: [Double], width: Double, dash: Double, _ color: Color) {
    precondition(points.count % 2 == 0, "a point has two coordinates")
    // SAFETY: the array is read only during the call, which takes half as many points as it has numbers.
    unsafe points.withUnsafeBufferPointer { points in
      unsafe echelon_picture_path(
        picture, points.baseAddress, points.count / 2, width, dash, color.c)
    }
  }

  package func draw(circleAtX x: Double, y: Double, radius: Double, _ color: Color) {
    // SAFETY: the picture is open (invariant 1).
    unsafe echelon_picture_circle(picture, x, y, radius, color.c)
  }

  /// Writes a line of text.
  /// - Parameters:
  ///   - anchor: 0 where it begins at x, 0.5 where its middle is there, 1 where it ends there.
  ///   - turn: clockwise, in radians.
  package func draw(
    text: String, x: Double, y: Double, size: Double, anchor: Double, turn: Double, isBold: Bool,
    _ color: Color
  ) {
    // SAFETY: a terminated copy of the text, read only during the call; the picture is open (invariant 1).
    unsafe echelon_picture_text(
      picture, text, x, y, size, anchor, turn, isBold ? 1 : 0, color.c)
  }

  /// What is drawn from now on appears only in a rectangle; with a width of 0 everywhere.
  package func clip(x: Double, y: Double, width: Double, height: Double) {
    // SAFETY: the picture is open (invariant 1).
    unsafe echelon_picture_clip(picture, x, y, width, height)
  }

  /// The picture as PNG; nil without memory for it.
  package var png: [UInt8]? {
    var count = 0
    // SAFETY: the picture is open (invariant 1); its bytes are copied before it is used again.
    guard let bytes = unsafe echelon_picture_png(picture, &count) else { return nil }
    return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
