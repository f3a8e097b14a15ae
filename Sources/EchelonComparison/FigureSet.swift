/// Which figures are measured.
public enum FigureSet: String, CaseIterable, Sendable {
  /// One or two of every subject, in a few minutes on two cores.
  case short
  /// All of them.
  case full

  /// The names in the short set, in the order of the table.
  public static let shortNames = [
    "round-trip", "throughput", "throughput-each", "chunks", "start-pool", "map-cubic",
    "hypotenuse",
    "sum", "dot", "openmp-sum", "recycled-fill", "product-256", "monte-carlo-pi",
    "monte-carlo-normals",
    "cpython-round-trip", "numpy-cumsum",
    "growth-tasks", "growth-chunks", "growth-memory", "workers-tasks",
  ]

  /// The most pairs of a figure, unless something else is said: fewer in the short set, for the sake of its time.
  public var mostPairs: Int { self == .short ? 31 : 61 }

  /// Whether a figure of that name belongs to it.
  public func contains(_ name: String) -> Bool { self == .full || Self.shortNames.contains(name) }
}
