import CPeers
import Echelon
import EchelonComparison

/// Reductions over 10⁸ doubles, beside the loops that C makes of them when it may reorder additions.
extension Figures {
  static let reductions = [
    besideVectors("dot", .dot) { peer_dot() },
    besideVectors("minimum", .minimum) { peer_minimum() },
    besideVectors("maximum", .maximum) { peer_maximum() },
    besideVectors("moments", .moments) { peer_variance() },
  ]

  /// The same beside plain loops with OpenMP, which another compiler has made. Left out unless `ECHELON_OPENMP` names
  /// their library, as `make bench` does.
  static let openMP = [
    besideOpenMP("sum", .sum, PEER_OPENMP_SUM), besideOpenMP("dot", .dot, PEER_OPENMP_DOT),
    besideOpenMP("minimum", .minimum, PEER_OPENMP_MINIMUM),
    besideOpenMP("maximum", .maximum, PEER_OPENMP_MAXIMUM),
    besideOpenMP("moments", .moments, PEER_OPENMP_VARIANCE),
  ].needing(.openMP)

  private static func besideVectors(
    _ name: String, _ reduction: Reduction, loop: @escaping @Sendable () -> Double
  ) -> Figure {
    figure(
      name, reduction, rivalTitle: "C vector loop, as many threads",
      rival: Rival(
        prepare: { count, _ in peer_reductions_prepare(count) }, loop: loop,
        release: { peer_reductions_release() }))
  }

  private static func besideOpenMP(_ name: String, _ reduction: Reduction, _ loop: Int) -> Figure {
    figure(
      "openmp-\(name)", reduction,
      rivalTitle: "C with OpenMP, -O3 -march=native -ffast-math, as many threads",
      rival: Rival(
        prepare: { count, setup in peer_openmp_prepare(count, Int32(setup.workers)) },
        loop: { peer_openmp(Int32(loop)) }, release: { peer_openmp_release() }))
  }

  private static func figure(
    _ name: String, _ reduction: Reduction, rivalTitle: String, rival: Rival
  ) -> Figure {
    Figure(
      name: name, title: "\(reduction.title) 10⁸ doubles", rivalTitle: rivalTitle,
      requirement: .ratio(atMost: 1 / 0.95)
    ) { setup in
      let pool = try pool(setup)
      let count = 100_000_000 / setup.shrink
      let x = try pool.array(count: count) { 1 / (1 + Double($0)) }
      let y = try pool.array(count: count) { 1 - Double($0) * 1e-9 }
      try check(rival.prepare(count, setup), "prepare two arrays of \(count) doubles")
      let expected = rival.loop()
      return Contest(
        echelon: {
          var found = 0.0
          let time = try seconds { found = try reduction.run(pool, x, y) }
          guard abs(found - expected) <= reduction.accuracy * abs(expected) else {
            throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
          }
          return time
        },
        rival: { seconds { _ = rival.loop() } },
        end: {
          rival.release()
          pool.shutdown()
        })
    }
  }
}

/// One of the reductions, and how closely two ways of adding agree on it.
private struct Reduction: Sendable {
  let title: String
  let accuracy: Double
  let run: @Sendable (ProcessPool, SharedArray<Double>, SharedArray<Double>) throws -> Double

  static let sum = Reduction(title: "sum of", accuracy: 1e-12) { pool, x, _ in try pool.sum(x) }
  static let dot = Reduction(title: "dot product of two times", accuracy: 1e-12) {
    try $0.dot($1, $2)
  }
  static let minimum = Reduction(title: "minimum of", accuracy: 0) { pool, x, _ in
    try pool.minimum(x)
  }
  static let maximum = Reduction(title: "maximum of", accuracy: 0) { pool, x, _ in
    try pool.maximum(x)
  }
  static let moments = Reduction(title: "count, mean and variance of", accuracy: 1e-9) {
    pool, x, _ in try pool.moments(x).variance
  }
}

/// Loops in C over two arrays of their own.
private struct Rival: Sendable {
  let prepare: @Sendable (Int, Setup) -> Int32
  let loop: @Sendable () -> Double
  let release: @Sendable () -> Void
}
