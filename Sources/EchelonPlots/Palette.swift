import EchelonMemory

/// What something is drawn with, by its role; the canvas has the colours.
package struct Paint: Sendable, Equatable {
  package enum Role: Sendable, Equatable {
    /// Text and axes.
    case ink
    /// Text of less interest.
    case muted
    /// Lines of the grid, and cells without a value.
    case grid
    case background
    /// One of the lines or clouds of points.
    case series(Int)
    /// A number from -1 to 1.
    case diverging(Double)
    /// What is written over that.
    case onDiverging(Double)
  }

  package let role: Role
  package var opacity = 1.0

  package init(_ role: Role, opacity: Double = 1) { (self.role, self.opacity) = (role, opacity) }
}

/// Colours that people with any colour vision can tell apart.
package enum Palette {
  /// A colour of 8 bits for each part.
  package struct Color: Sendable, Equatable {
    package let red, green, blue: Int

    init(_ red: Int, _ green: Int, _ blue: Int) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// As CSS writes it.
    package var hexadecimal: String {
      "#"
        + [red, green, blue].map { part in
          let digits = String(part, radix: 16)
          return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
  }

  /// Of the lines and clouds of points, from the ninth one on again.
  ///
  /// Source: M. Okabe and K. Ito, *Color Universal Design*, 2008, without the yellow that white paper does not show.
  package static let series = [
    Color(0, 114, 178), Color(213, 94, 0), Color(0, 158, 115), Color(204, 121, 167),
    Color(230, 159, 0), Color(86, 180, 233), Color(120, 94, 60), Color(90, 90, 90),
  ]

  package static func color(of role: Paint.Role) -> Color {
    switch role {
    case .ink: Color(34, 34, 34)
    case .muted: Color(95, 95, 95)
    case .grid: Color(226, 226, 226)
    case .background: Color(255, 255, 255)
    case .series(let index): series[index % series.count]
    case .diverging(let value): diverging(value)
    case .onDiverging(let value): abs(value) > 0.6 ? Color(255, 255, 255) : Color(34, 34, 34)
    }
  }

  /// From blue at -1 over almost white to red at 1, evenly between the colours of ColorBrewer's RdBu.
  static func diverging(_ value: Double) -> Color {
    let stops = [
      Color(33, 102, 172), Color(103, 169, 207), Color(209, 229, 240), Color(247, 247, 247),
      Color(253, 219, 199), Color(239, 138, 98), Color(178, 24, 43),
    ]
    let place = (max(-1, min(1, value)) + 1) / 2 * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(place))
    let part = place - Double(index)
    func mix(_ a: Int, _ b: Int) -> Int { a + Int((Double(b - a) * part).rounded()) }
    let (a, b) = (stops[index], stops[index + 1])
    return Color(mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
  }
}
