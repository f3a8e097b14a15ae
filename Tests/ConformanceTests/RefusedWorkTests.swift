import Echelon
import TestSupport
import Testing

/// Work that an executor does not take.
@Suite struct `Refused work` {
  @Test(arguments: TestedExecutor.allCases)
  func `P3 lets go of the arrays that it would have used`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    pool.shutdown()
    func refuse() throws {
      let x = try pool.array(count: 5_000) { Double($0) }
      #expect(throws: PoolError.shutDown) { try pool.start(Reduction<Double>.sum, x) }
      #expect(throws: PoolError.shutDown) { try pool.startMap(x) { $0 + 1 } }
      #expect(throws: PoolError.shutDown) { try pool.submit { x.count } }
      #expect(pool.memoryUsage.blockCount > 0)
    }
    try refuse()
    #expect(pool.memoryUsage.blockCount == 0)
  }
}
