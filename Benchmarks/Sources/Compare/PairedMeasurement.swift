import EchelonComparison

/// Measures the pairs of a figure.
enum PairedMeasurement {
  /// Measures both sides in turn as often as `setup.pairs` says, one right after the other, so that whatever the
  /// machine's neighbours do meets both. Which side goes first alternates.
  /// - Parameter follow: is called before every pair with how many there are.
  static func run(
    _ figure: Figure, _ setup: Setup, follow: (Int) -> Void
  ) throws -> MeasuredFigure {
    follow(0)
    let contest = try figure.prepare(setup)
    defer { contest.end() }
    // Warm: code paged in, branches learnt, workers awake.
    _ = try contest.echelon()
    _ = try contest.rival()
    var pairs: [Pair] = []
    var missing = setup.pairs.missing(after: pairs)
    while missing > 0 {
      for _ in 0..<missing {
        follow(pairs.count)
        if pairs.count.isMultiple(of: 2) {
          let echelon = try contest.echelon()
          pairs.append(Pair(echelon: echelon, rival: try contest.rival()))
        } else {
          let rival = try contest.rival()
          pairs.append(Pair(echelon: try contest.echelon(), rival: rival))
        }
      }
      missing = setup.pairs.missing(after: pairs)
    }
    return MeasuredFigure(
      name: figure.name, subject: figure.subject, title: figure.title,
      rivalTitle: figure.rivalTitle, requirement: figure.requirement, pairs: pairs)
  }
}
