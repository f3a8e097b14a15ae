import CPeers
import Echelon
import EchelonComparison

/// Expressions over ten million doubles, beside the same in one loop in C.
extension Figures {
  static let elementwise =
    [
      figure(
        "hypotenuse", "√(x² + y²)", "C loop, widest instruction set, as many threads",
        .ratio(atMost: 1.1), accuracy: 0, run: { sqrt($0 * $0 + $1 * $1) },
        rival: { peer_hypotenuse() })
    ] + [wave].needing(.sleef)

  private static let wave = figure(
    "wave", "sin(x)·exp(−x)", "C loop with SLEEF (u10), as many threads", .ratio(atMost: 1),
    accuracy: 1e-15, run: { x, _ in sin(x) * exp(-x) }, rival: { peer_wave() })

  private static func figure(
    _ name: String, _ formula: String, _ rivalTitle: String, _ requirement: Requirement,
    accuracy: Double,
    run:
      @escaping @Sendable (SharedArray<Double>, SharedArray<Double>) -> ArrayExpression<Double>,
    rival: @escaping @Sendable () -> Void
  ) -> Figure {
    Figure(
      name: name, title: "\(formula) over 10⁷ doubles into a given array", rivalTitle: rivalTitle,
      requirement: requirement
    ) { setup in
      let pool = try pool(setup)
      let count = 10_000_000 / setup.shrink
      let x = try pool.array(count: count) { Double($0) * 1e-6 }
      let y = try pool.array(count: count) { 1 - Double($0) * 1e-7 }
      let z = try pool.array(repeating: 0.0, count: count)
      try check(peer_elementwise_prepare(count), "allocate three arrays of \(count) doubles")
      rival()
      return Contest(
        echelon: {
          let time = try seconds { _ = try pool.evaluate(run(x, y), into: z) }
          for index in [0, 1, count / 2, count - 1] {
            let other = peer_elementwise_element(index)
            if abs(z[index] - other) <= accuracy { continue }
            throw ComparisonError.disagreement(figure: name, echelon: z[index], rival: other)
          }
          return time
        },
        rival: { seconds { rival() } },
        end: {
          peer_elementwise_release()
          pool.shutdown()
        })
    }
  }
}
