import Echelon
import EchelonSimulation
import Testing

/// Factorizations whose steps wait for one another, on the simulated machine.
@Suite(.serialized) struct `Steps that wait, simulated` {
  /// Few, since a BLAS with threads takes a hundred times as long for small tiles as one without. 146 is the one that
  /// found a worker which went round for ever.
  private let seeds = UInt64(140)...159
  /// Four tiles of 64 to a side.
  private let order = 200

  /// Symmetric, with a diagonal that outweighs the rest of its row.
  private func element(_ row: Int, _ column: Int) -> Double {
    row == column ? Double(order) : 1 / Double(1 + abs(row - column))
  }

  private func expectFactor(_ lower: SharedMatrix<Double>, _ what: String) {
    for (row, column) in [(0, 0), (70, 3), (order - 1, 0), (order - 1, order - 1)] {
      let product = (0...column).reduce(0) { $0 + lower[row, $1] * lower[column, $1] }
      #expect(abs(product - element(row, column)) < 1e-10, "\(what)")
    }
  }

  @Test func `P10 are all done although workers die, and nobody sleeps beside one that is ready`()
    throws
  {
    for seed in seeds {
      try Simulation(seed: seed).run { pool in
        let a = try pool.matrix(rows: order, columns: order) { element($0, $1) }
        do {
          expectFactor(try pool.startTiledCholesky(a).result().lower, "seed \(seed)")
        } catch is WorkerDied {
          // A step was hit more often than it is run again.
        }
      }
    }
  }

  @Test func `leave nobody behind in a job whose memory is another's by now`() throws {
    for seed in seeds {
      try Simulation(seed: seed, workers: 2).run { pool in
        let a = try pool.matrix(rows: order, columns: order) { element($0, $1) }
        for _ in 0..<4 {
          do {
            let first = try pool.startTiledCholesky(a)
            let second = try pool.startTiledCholesky(a)
            expectFactor(try first.result().lower, "seed \(seed)")
            expectFactor(try second.result().lower, "seed \(seed)")
          } catch is WorkerDied {}
          // Zeros, where the words of the jobs were.
          let zeros = try (0..<3).map { _ in try pool.array(repeating: 0.0, count: 8) }
          for array in zeros { #expect(array[7] == 0) }
          #expect(try pool.submit(retries: 9) { 3 }.result() == 3)
        }
      }
    }
  }
}
