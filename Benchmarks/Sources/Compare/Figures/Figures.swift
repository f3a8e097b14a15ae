import Echelon
import EchelonComparison

/// Everything that is measured, in the order of the table.
enum Figures {
  static let all: [Figure] =
    dispatch.about(.dispatch) + starts.about(.dispatch) + maps + elementwise + [sum, mapped]
    + reductions
    + openMP + memory.about(.memory) + cancellation.about(.dispatch) + transfer.about(.transfer)
    + linearAlgebra.about(.linearAlgebra) + monteCarlo.about(.monteCarlo) + python.about(.python)
    + poolPeers.about(.python) + numpy.about(.python)

  /// What "the same" and "no extra time" allow. Two equal things never measure exactly equal, so a
  /// limit of 1 would be missed by chance; the interval in the table shows how close they are.
  static let sameWithin = 1.05

  /// A pool whose workers are up.
  static func pool(_ setup: Setup) throws -> ProcessPool {
    let pool = try ProcessPool(workers: setup.workers)
    try pool.warmUp()
    return pool
  }
}
