import Benchmark
import Echelon

/// A user's closure over ten million doubles.
let benchmarks: @Sendable () -> Void = {
  for workers in [1, 2] {
    map("polynomial/given-array/n=10000000/workers=\(workers)", workers) { data in
      try data.pool.map(data.x, into: data.y) { t in ((1.0 / 6 * t + 0.5) * t + 1) * t + 1 }
    }
    map("polynomial/recycled-array/n=10000000/workers=\(workers)", workers) { data in
      try data.pool.map(data.x) { t in ((1.0 / 6 * t + 0.5) * t + 1) * t + 1 }
    }
    map("polynomial/parameters/n=10000000/workers=\(workers)", workers) { data in
      let p = Cubic(a: 1.0 / 6, b: 0.5, c: 1, d: 1)
      return try data.pool.map(data.x, with: p, into: data.y) { t, p in
        ((p.a * t + p.b) * t + p.c) * t + p.d
      }
    }
    map("add-two-arrays/given-array/n=10000000/workers=\(workers)", workers) { data in
      try data.pool.map(data.x, data.x, into: data.y) { $0 + $1 }
    }
  }
}

/// Coefficients that go to the workers with the map.
private struct Cubic: BitwiseCopyable, Sendable {
  let a, b, c, d: Double
}

private struct Vectors {
  let pool: ProcessPool
  let x: SharedArray<Double>
  let y: SharedArray<Double>

  init(count: Int, workers: Int) throws {
    pool = try ProcessPool(workers: workers)
    try pool.warmUp()
    x = try pool.array(count: count) { Double($0) * 1e-6 }
    y = try pool.array(repeating: 0, count: count)
  }
}

private func map(
  _ name: String, _ workers: Int, _ body: @escaping (Vectors) throws -> SharedArray<Double>
) {
  Benchmark(
    name, configuration: .init(metrics: [.wallClock, .throughput], maxDuration: .seconds(2)),
    closure: { (_: Benchmark, data: Vectors) in blackHole(try body(data)) },
    setup: { try Vectors(count: 10_000_000, workers: workers) })
}
