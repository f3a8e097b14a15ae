import Benchmark
import Echelon

/// What memory costs when it is new, when it is recycled, and when it is there.
let benchmarks: @Sendable () -> Void = {
  let gibibyte = 1 << 27  // doubles

  memory("fill/new/bytes=1073741824") { benchmark, pool in
    pool.trimMemory()  // what the last iteration left
    benchmark.startMeasurement()
    let array = try pool.uninitializedArray(of: Double.self, count: gibibyte)
    array.fill(1)
    benchmark.stopMeasurement()
  }

  memory("fill/recycled/bytes=1073741824") { benchmark, pool in
    benchmark.startMeasurement()
    let array = try pool.uninitializedArray(of: Double.self, count: gibibyte)
    array.fill(1)
    benchmark.stopMeasurement()
  }

  memory("fill/again/bytes=1073741824") { benchmark, pool in
    let array = try pool.uninitializedArray(of: Double.self, count: gibibyte)
    benchmark.startMeasurement()
    array.fill(1)
    benchmark.stopMeasurement()
  }

  memory("allocate-and-release/bytes=4096", scale: .kilo) { benchmark, pool in
    for _ in benchmark.scaledIterations {
      blackHole(try pool.uninitializedArray(of: Double.self, count: 512))
    }
  }
}

/// A benchmark of a pool's arena, which has held such an array before.
private func memory(
  _ name: String, scale: BenchmarkScalingFactor = .one,
  _ body: @escaping (Benchmark, ProcessPool) throws -> Void
) {
  Benchmark(
    name,
    configuration: .init(
      metrics: [.wallClock], scalingFactor: scale, maxDuration: .seconds(5), maxIterations: 20),
    closure: body,
    setup: {
      let pool = try ProcessPool(workers: 1)
      try pool.array(repeating: 0.0, count: 1 << 27).fill(1)
      return pool
    })
}
