import Benchmark
import Echelon

/// Expectations by sampling, with a user's closure.
let benchmarks: @Sendable () -> Void = {
  for workers in [1, 2] {
    Benchmark(
      "pi/samples=10000000/workers=\(workers)",
      configuration: .init(metrics: [.wallClock, .throughput], maxDuration: .seconds(2)),
      closure: { (_: Benchmark, pool: ProcessPool) in
        blackHole(
          try pool.monteCarlo(samples: 10_000_000, seed: 42) { rng in
            let u = rng.uniform()
            let v = rng.uniform()
            return u * u + v * v < 1 ? 4 : 0
          })
      },
      setup: {
        let pool = try ProcessPool(workers: workers)
        try pool.warmUp()
        return pool
      })
  }
}
