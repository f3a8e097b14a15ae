/// A chart as data: what is drawn where, whatever it is drawn on.
///
/// `Chart+Kinds.swift` makes the charts there are; `SVGCanvas`, `PNGCanvas` and `TerminalChart` draw any of them.
package struct Chart: Sendable, Equatable {
  /// What stands above it.
  package var title: String
  /// What the numbers say, below the title: an equation, or how many values are left out.
  package var notes: [String] = []
  package var x: Axis
  package var y: Axis
  /// In the order in which they are drawn, each over those before it.
  package var marks: [Mark]

  package init(title: String, x: Axis, y: Axis, marks: [Mark]) {
    (self.title, self.x, self.y, self.marks) = (title, x, y, marks)
  }

  /// Something that is drawn, in the units of the axes. What is not finite leaves a gap.
  package enum Mark: Sendable, Equatable {
    /// A bar from 0 between every two of the edges.
    case bars(edges: [Double], heights: [Double])
    /// Lines from each point to the next one.
    case line(Points, Style)
    /// A dot at every point.
    case points(Points, Style)
    /// The area between two lines over the same x.
    case band(x: [Double], low: [Double], high: [Double], Style)
    /// A line over the whole width.
    case rule(y: Double, Style)
    /// Bars along x, each in one of the rows of y, which are categories.
    case spans([Span], Style)
    /// A coloured cell for every number between -1 and 1, row by row from the top; both axes are categories.
    case cells([[Double]])
  }

  /// Places in the units of the axes, x and y equally long.
  package struct Points: Sendable, Equatable {
    package let x, y: [Double]

    package init(x: [Double], y: [Double]) {
      precondition(x.count == y.count, "\(x.count) x and \(y.count) y make no points")
      (self.x, self.y) = (x, y)
    }
  }

  /// From where to where along x.
  package struct Span: Sendable, Equatable {
    /// Which of the categories of y, from 0.
    package let lane: Int
    package let start, end: Double

    package init(lane: Int, start: Double, end: Double) {
      (self.lane, self.start, self.end) = (lane, start, end)
    }
  }

  /// How a mark looks, and what the legend calls it.
  package struct Style: Sendable, Equatable {
    /// Which of the colours of the palette.
    package let series: Int
    /// Nil is left out of the legend.
    package let name: String?
    package var isDashed = false

    package init(_ series: Int, name: String? = nil, isDashed: Bool = false) {
      (self.series, self.name, self.isDashed) = (series, name, isDashed)
    }
  }

  /// What the legend names: nothing when there is only one thing.
  package var legend: [Style] {
    let named = marks.compactMap { mark -> Style? in
      switch mark {
      case .line(_, let style), .points(_, let style), .band(_, _, _, let style),
        .rule(_, let style), .spans(_, let style):
        style.name == nil ? nil : style
      case .bars, .cells: nil
      }
    }
    return named.count > 1 ? named : []
  }

  /// The cells of a heat map, if it is one.
  package var cells: [[Double]]? {
    for case .cells(let cells) in marks { return cells }
    return nil
  }
}
