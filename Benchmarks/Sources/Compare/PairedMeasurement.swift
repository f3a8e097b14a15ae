/// The pairs of one figure, and what follows from them.
struct PairedMeasurement {
  let figure: Figure
  let pairs: [Pair]

  /// Measures both sides `setup.pairs` times in turn, one right after the other, so that whatever the
  /// machine's neighbours do meets both. Which side goes first alternates.
  init(_ figure: Figure, _ setup: Setup) throws {
    let contest = try figure.prepare(setup)
    defer { contest.end() }
    // Warm: code paged in, branches learnt, workers awake.
    _ = try contest.echelon()
    _ = try contest.rival()
    self.figure = figure
    pairs = try (0..<setup.pairs).map { index in
      if index.isMultiple(of: 2) {
        let echelon = try contest.echelon()
        return Pair(echelon: echelon, rival: try contest.rival())
      }
      let rival = try contest.rival()
      return Pair(echelon: try contest.echelon(), rival: rival)
    }
  }

  var echelon: MedianInterval { MedianInterval(of: pairs.map(\.echelon)) }
  var rival: MedianInterval { MedianInterval(of: pairs.map(\.rival)) }
  var ratio: MedianInterval { MedianInterval(of: pairs.map { $0.echelon / $0.rival }) }
  var judged: MedianInterval { MedianInterval(of: pairs.map(figure.requirement.quantity)) }
  var isMet: Bool? { figure.requirement.isMet(by: judged) }
}
