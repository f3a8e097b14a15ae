import CPeers
import Echelon
import EchelonComparison

/// Kernels over arrays that fit the caches of one level after the other, and over some that fit none.
extension Growths {
  static let kernels =
    [
      reduction("kernel-dot", "dot product of two arrays of doubles", accuracy: 1e-12) {
        try $0.dot($1, $2)
      } loop: {
        peer_dot()
      },
      reduction("kernel-minimum", "minimum of doubles", accuracy: 0) { pool, x, _ in
        try pool.minimum(x)
      } loop: {
        peer_minimum()
      },
      reduction("kernel-maximum", "maximum of doubles", accuracy: 0) { pool, x, _ in
        try pool.maximum(x)
      } loop: {
        peer_maximum()
      },
      reduction("kernel-moments", "count, mean and variance of doubles", accuracy: 1e-9) {
        pool, x, _ in
        try pool.moments(x).variance
      } loop: {
        peer_variance()
      },
      polynomial,
      elementwise("kernel-hypotenuse", "√(x² + y²) of doubles", accuracy: 0) {
        sqrt($0 * $0 + $1 * $1)
      } loop: {
        peer_hypotenuse()
      },
      elementwise(
        "kernel-wave", "sin(x)·exp(−x) of doubles", "C loop with SLEEF (u10), as many threads",
        needs: [.sleef], accuracy: 1e-15
      ) { x, _ in
        sin(x) * exp(-x)
      } loop: {
        peer_wave()
      },
    ]

  /// 16 KiB, for the first level of a processor's caches, to 512 MiB.
  @Sendable private static func sizes(_ setup: Setup) -> GrowthSizes {
    GrowthSizes(
      sizes: stride(from: 14, through: 29, by: 3).map { max(64, (1 << $0) / setup.shrink / 8 * 8) })
  }

  private static func kernel(
    _ name: String, _ title: String, _ rivalTitle: String, needs: [Requisite] = [],
    _ prepare: @escaping @Sendable (Setup, [Int]) throws -> GrowthContest
  ) -> Growth {
    Growth(
      name: name, title: title, rivalTitle: rivalTitle, needs: needs, quantity: .bytes,
      // In caches both sides measure what it takes to share the work.
      rule: { .ratio(atMost: 1 / 0.95, at: sizes($0).sizes.max() ?? 0) }, sizes: sizes,
      prepare: prepare)
  }

  /// Seconds for a byte of the first array, as the median of as many turns as take a while.
  private static func cost(_ size: Int, _ operation: () throws -> Void) rethrows -> Double {
    try medianSeconds(count: max(1, min(1000, (1 << 25) / size)) | 1, operation) / Double(size)
  }

  private static func reduction(
    _ name: String, _ title: String, accuracy: Double,
    run:
      @escaping @Sendable (ProcessPool, SharedArray<Double>, SharedArray<Double>) throws -> Double,
    loop: @escaping @Sendable () -> Double
  ) -> Growth {
    kernel(name, title, "C vector loop, as many threads") { setup, sizes in
      let pool = try Figures.pool(setup)
      let count = (sizes.max() ?? 0) / 8
      let x = try pool.array(count: count) { 1 / (1 + Double($0)) }
      let y = try pool.array(count: count) { 1 - Double($0) * 1e-9 }
      try check(peer_reductions_prepare(count), "prepare two arrays of \(count) doubles")
      return GrowthContest(
        echelon: { size in
          let part = 0..<size / 8
          let (x, y) = (x[part], y[part])
          try check(peer_reductions_use(part.count), "use \(part.count) doubles")
          let expected = loop()
          return try cost(size) {
            let found = try run(pool, x, y)
            guard abs(found - expected) <= accuracy * abs(expected) else {
              throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
            }
          }
        },
        rival: { size in
          try check(peer_reductions_use(size / 8), "use \(size / 8) doubles")
          return cost(size) { _ = loop() }
        },
        end: {
          peer_reductions_release()
          pool.shutdown()
        })
    }
  }

  private static func elementwise(
    _ name: String, _ title: String, _ rivalTitle: String = "C vector loop, as many threads",
    needs: [Requisite] = [], accuracy: Double,
    run:
      @escaping @Sendable (SharedArray<Double>, SharedArray<Double>) -> ArrayExpression<Double>,
    loop: @escaping @Sendable () -> Void
  ) -> Growth {
    kernel(name, "\(title), into a given array", rivalTitle, needs: needs) { setup, sizes in
      let pool = try Figures.pool(setup)
      let count = (sizes.max() ?? 0) / 8
      let x = try pool.array(count: count) { Double($0) * 1e-6 }
      let y = try pool.array(count: count) { 1 - Double($0) * 1e-7 }
      let z = try pool.array(repeating: 0.0, count: count)
      try check(peer_elementwise_prepare(count), "allocate three arrays of \(count) doubles")
      loop()
      return GrowthContest(
        echelon: { size in
          let part = 0..<size / 8
          let (x, y, z) = (x[part], y[part], z[part])
          let time = try cost(size) { _ = try pool.evaluate(run(x, y), into: z) }
          try agree(name, accuracy, part.count, { z[$0] }, peer_elementwise_element)
          return time
        },
        rival: { size in
          try check(peer_elementwise_use(size / 8), "use \(size / 8) doubles")
          return cost(size) { loop() }
        },
        end: {
          peer_elementwise_release()
          pool.shutdown()
        })
    }
  }

  private static let polynomial = kernel(
    "kernel-cubic", "map of a cubic polynomial over doubles, into a given array",
    "C loop, same instruction set, as many threads"
  ) { setup, sizes in
    let pool = try Figures.pool(setup)
    let count = (sizes.max() ?? 0) / 8
    let x = try pool.array(count: count) { Double($0) * 1e-6 }
    let y = try pool.array(repeating: 0.0, count: count)
    try check(peer_map_prepare(count), "allocate two arrays of \(count) doubles")
    try check(peer_map_polynomial(3), "compute a polynomial of degree 3")
    return GrowthContest(
      echelon: { size in
        let part = 0..<size / 8
        let (x, y) = (x[part], y[part])
        let time = try cost(size) {
          _ = try pool.map(x, into: y) { t in ((1.0 / 6 * t + 0.5) * t + 1) * t + 1 }
        }
        try agree("kernel-cubic", 0, part.count, { y[$0] }, peer_map_element)
        return time
      },
      rival: { size in
        try check(peer_map_use(size / 8), "use \(size / 8) doubles")
        return cost(size) { _ = peer_map_polynomial(3) }
      },
      end: {
        peer_map_release()
        pool.shutdown()
      })
  }

  /// Some elements of both sides.
  private static func agree(
    _ name: String, _ accuracy: Double, _ count: Int, _ found: (Int) -> Double,
    _ expected: (Int) -> Double
  ) throws {
    for index in [0, 1, count / 2, count - 1] {
      guard abs(found(index) - expected(index)) <= accuracy else {
        throw ComparisonError.disagreement(
          figure: name, echelon: found(index), rival: expected(index))
      }
    }
  }
}
