import Benchmark
import Echelon

/// What it costs to hand work over, whatever the work is.
let benchmarks: @Sendable () -> Void = {
  for workers in [1, 2] {
    pool("round-trip/no-op/workers=\(workers)", workers: workers) { benchmark, pool in
      for _ in benchmark.scaledIterations { try pool.submit {}.result() }
    }

    pool("throughput/no-op/workers=\(workers)", workers: workers) { benchmark, pool in
      let futures = try benchmark.scaledIterations.map { _ in try pool.submit {} }
      for future in futures { try future.result() }
    }

    pool("hand-over/bytes=8/workers=\(workers)", workers: workers) {
      benchmark, pool in
      try handOver(count: 1, benchmark, pool)
    }

    pool("hand-over/bytes=800000000/workers=\(workers)", workers: workers) {
      benchmark, pool in try handOver(count: 100_000_000, benchmark, pool)
    }

    Benchmark("start/workers=\(workers)", configuration: .init(metrics: [.wallClock])) {
      benchmark in
      let pool = try ProcessPool(workers: workers)
      try pool.warmUp()
      benchmark.stopMeasurement()
      pool.shutdown()
    }
  }

  Benchmark(
    "round-trip/async/no-op/workers=1",
    configuration: .init(metrics: [.wallClock, .throughput], scalingFactor: .kilo),
    closure: { (benchmark: Benchmark, pool: ProcessPool) in
      for _ in benchmark.scaledIterations { try await pool.submit {}.value }
    }, setup: { try warmPool(workers: 1) })
}

/// A benchmark of a pool whose workers are up and active; each sample is a thousand operations.
private func pool(
  _ name: String, workers: Int, _ body: @escaping (Benchmark, ProcessPool) throws -> Void
) {
  Benchmark(
    name,
    configuration: .init(
      metrics: [.wallClock, .throughput], scalingFactor: .kilo, maxDuration: .seconds(2)),
    closure: body, setup: { try warmPool(workers: workers) })
}

private func warmPool(workers: Int) throws -> ProcessPool {
  let pool = try ProcessPool(workers: workers)
  try pool.warmUp()
  return pool
}

/// An array there, a recycled one as large back.
private func handOver(count: Int, _ benchmark: Benchmark, _ pool: ProcessPool) throws {
  let input = try pool.array(repeating: 1.5, count: count)
  func oneTask() throws {
    let output = try pool.uninitializedArray(of: Double.self, count: count)
    blackHole(
      try pool.submit(
        { (input: SharedArray<Double>, output: SharedArray<Double>) -> SharedArray<Double> in
          output[0] = input[0]
          return output
        }, input, output
      ).result())
  }
  for _ in 0..<100 { try oneTask() }
  benchmark.startMeasurement()
  for _ in benchmark.scaledIterations { try oneTask() }
  benchmark.stopMeasurement()
}
