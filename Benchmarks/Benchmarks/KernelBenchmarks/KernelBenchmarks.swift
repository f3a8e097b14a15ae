import Benchmark
import Echelon

/// Every kernel of the catalog, at a size that stays in a cache and at one that does not. A kernel
/// that joins the catalog is measured with no line added here.
let benchmarks: @Sendable () -> Void = {
  for kernel in KernelCatalog.all {
    for workers in [1, 2] {
      switch kernel.elementType {
      case .float64: measure(kernel, of: Double.self, workers: workers)
      case .float32: measure(kernel, of: Float.self, workers: workers)
      }
    }
  }
}

/// What limits a reduction: the memory.
private let gigabytesPerSecond = BenchmarkMetric.custom(
  "GB/s moved", polarity: .prefersLarger, useScalingFactor: false)
/// What limits a product: the processor.
private let gigaflops = BenchmarkMetric.custom(
  "GFLOP/s", polarity: .prefersLarger, useScalingFactor: false)

/// Vectors for kernels without outputs, square matrices for those with them.
private func measure<Element: KernelElement & Sendable>(
  _ kernel: Kernel, of type: Element.Type, workers: Int
) {
  let shapes: [(rows: Int, columns: Int)] =
    kernel.outputCount == 0 ? [(1, 1 << 18), (1, 1 << 25)] : [(512, 512), (2048, 2048)]
  let rate = kernel.outputCount == 0 ? gigabytesPerSecond : gigaflops
  let configuration = Benchmark.Configuration(
    metrics: [.wallClock, rate], maxDuration: .seconds(2))
  for (rows, columns) in shapes {
    Benchmark(
      "\(kernel.name)/\(kernel.elementType)/n=\(columns)/workers=\(workers)",
      configuration: configuration,
      closure: { (benchmark: Benchmark, operands: Operands<Element>) in
        let start = ContinuousClock.now
        blackHole(try operands.run())
        let time = ContinuousClock.now - start
        benchmark.stopMeasurement()
        let seconds = time / .seconds(1)
        let amount =
          rate == gigaflops ? operands.cost.operations : Double(operands.cost.bytesMoved)
        benchmark.measurement(rate, Int((amount / seconds * 1e-9).rounded()))
      },
      setup: { try Operands<Element>(kernel, rows: rows, columns: columns, workers: workers) })
  }
}

/// A pool, and what a kernel reads and writes, in its memory and touched.
private struct Operands<Element: KernelElement & Sendable> {
  let cost: KernelCost
  private let pool: ProcessPool
  private let kernel: Kernel
  private let inputs: [SharedMatrix<Element>]
  private let outputs: [SharedMatrix<Element>]

  init(_ kernel: Kernel, rows: Int, columns: Int, workers: Int) throws {
    self.kernel = kernel
    let pool = try ProcessPool(workers: workers)
    try pool.warmUp()
    self.pool = pool
    func make(_ count: Int) throws -> [SharedMatrix<Element>] {
      try (0..<count).map { _ in
        try pool.matrix(rows: rows, columns: columns) { i, j in
          Element(1 / (1 + Double((i * 7 + j * 13) % 1024)))
        }
      }
    }
    inputs = try make(kernel.inputCount)
    outputs = try make(kernel.outputCount)
    let layout = OperandLayout(matrixOf: kernel.elementType, rows: rows, columns: columns)
    cost = kernel.cost(
      of: KernelShape(
        inputs: inputs.map { _ in layout }, outputs: outputs.map { _ in layout }))
    // Both workers' first sight of the pages is not what is measured.
    for _ in 0..<2 { _ = try run() }
  }

  func run() throws -> KernelPartial {
    try pool.start(kernel, outputs: outputs, inputs: inputs).result()
  }
}
