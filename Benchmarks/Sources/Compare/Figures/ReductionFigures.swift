import CPeers
import Echelon

/// Reductions over 10⁸ doubles, beside the loops that C makes of them when it may reorder additions.
extension Figures {
  static let reductions = [
    figure("dot", "dot product of two times", accuracy: 1e-12, run: { try $0.dot($1, $2) }) {
      peer_dot()
    },
    figure("minimum", "minimum of", accuracy: 0, run: { pool, x, _ in try pool.minimum(x) }) {
      peer_minimum()
    },
    figure("maximum", "maximum of", accuracy: 0, run: { pool, x, _ in try pool.maximum(x) }) {
      peer_maximum()
    },
    figure(
      "moments", "count, mean and variance of", accuracy: 1e-9,
      run: { pool, x, _ in try pool.moments(x).variance }
    ) { peer_variance() },
  ]

  private static func figure(
    _ name: String, _ title: String, accuracy: Double,
    run:
      @escaping @Sendable (ProcessPool, SharedArray<Double>, SharedArray<Double>) throws -> Double,
    rival: @escaping @Sendable () -> Double
  ) -> Figure {
    Figure(
      name: name, title: "\(title) 10⁸ doubles", rivalTitle: "C vector loop, as many threads",
      requirement: .ratio(atMost: 1 / 0.95)
    ) { setup in
      let pool = try pool(setup)
      let count = 100_000_000 / setup.shrink
      let x = try pool.array(count: count) { 1 / (1 + Double($0)) }
      let y = try pool.array(count: count) { 1 - Double($0) * 1e-9 }
      try check(peer_reductions_prepare(count), "allocate two arrays of \(count) doubles")
      let expected = rival()
      return Contest(
        echelon: {
          var found = 0.0
          let time = try seconds { found = try run(pool, x, y) }
          guard abs(found - expected) <= accuracy * abs(expected) else {
            throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
          }
          return time
        },
        rival: { seconds { _ = rival() } },
        end: {
          peer_reductions_release()
          pool.shutdown()
        })
    }
  }
}
