import Echelon
import TestSupport
import Testing

@Suite struct `A kernel started by value` {
  @Test(arguments: TestedExecutor.allCases)
  func `gives what the typed function gives`(_ kind: TestedExecutor) async throws {
    try await withExecutor(kind.make(2)) { pool in
      // Longer than a chunk of a reduction, so that partial results are merged.
      let x = try pool.array(count: 200_001) { 1 / (1 + Double($0)) }
      let vector = SharedMatrix(x, rows: 1, columns: x.count)
      let partial = try await pool.start(KernelFamily.sum.float64, inputs: [vector]).value
      let total = try Reduction<Double>.sum.finish(partial)
      #expect(total == (try await pool.sum(x)))

      let a = try pool.matrix(rows: 65, columns: 33) { i, j in Float(i - 2 * j) }
      let c = try pool.matrix(repeating: Float(0), rows: 65, columns: 65)
      _ = try await pool.start(
        KernelFamily.matrixProduct.float32, outputs: [c], inputs: [a, a.transposed]
      ).value
      let expected = try await pool.multiply(a, a.transposed)
      #expect(Array(c.storage) == Array(expected.storage))
      #expect(c[64, 0] == (0..<33).reduce(0) { $0 + a[64, $1] * a[0, $1] })
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses operands that do not fit it`(_ kind: TestedExecutor) async throws {
    try await withExecutor(kind.make(1)) { pool in
      let a = try pool.matrix(repeating: 1.0, rows: 4, columns: 4)
      #expect(throws: KernelError.self) {
        _ = try pool.start(KernelFamily.sum.float32, inputs: [a])
      }
      let overlap = KernelError.outputOverlapsInput(
        kernel: "matrix-product", output: 0, input: 1)
      #expect(throws: overlap) {
        let b = try pool.matrix(repeating: 1.0, rows: 4, columns: 4)
        _ = try pool.start(KernelFamily.matrixProduct.float64, outputs: [a], inputs: [b, a])
      }
      #expect(throws: KernelError.self) {
        _ = try pool.start(KernelFamily.matrixProduct.float64, inputs: [a, a])
      }
    }
  }
}
