import Echelon

/// Everything that is measured, in the order of the table.
enum Figures {
  static let all: [Figure] = dispatch + maps + [sum] + memory

  /// A pool whose workers are up.
  static func pool(_ setup: Setup) throws -> ProcessPool {
    let pool = try ProcessPool(workers: setup.workers)
    try pool.warmUp()
    return pool
  }
}
