import CPeers
import Echelon
import EchelonComparison

/// What new memory costs over the filling itself.
extension Figures {
  static let memory = [firstFill, recycledFill, plainFirstFill]

  private static let firstFill = Figure(
    name: "first-fill", title: "a new array of 1 GiB, made and filled",
    rivalTitle: "the filling itself (the same array again)", requirement: .difference(atMost: 0.1)
  ) { setup in
    let filling = try Filling(setup)
    return Contest(
      echelon: { try filling.makeAndFill(fresh: true) }, rival: { filling.fillAgain() },
      end: { filling.pool.shutdown() })
  }

  private static let recycledFill = Figure(
    name: "recycled-fill", title: "a recycled array of 1 GiB, made and filled",
    rivalTitle: "the filling itself", requirement: .ratio(atMost: sameWithin)
  ) { setup in
    let filling = try Filling(setup)
    return Contest(
      echelon: { try filling.makeAndFill(fresh: false) }, rival: { filling.fillAgain() },
      end: { filling.pool.shutdown() })
  }

  private static let plainFirstFill = Figure(
    name: "plain-first-fill", title: "a new array of 1 GiB, made and filled",
    rivalTitle: "C: shared memory as it comes (4 KiB pages), made and filled", requirement: .none
  ) { setup in
    let filling = try Filling(setup)
    return Contest(
      echelon: { try filling.makeAndFill(fresh: true) },
      rival: {
        var last = 0.0
        let time = seconds { last = peer_first_fill((1 << 30) / setup.shrink) }
        guard last == 1 else { throw ComparisonError.rivalFailed("make shared memory") }
        return time
      },
      end: { filling.pool.shutdown() })
  }

  /// A pool with one large array in it.
  private final class Filling {
    let pool: ProcessPool
    private let count: Int
    private var array: SharedArray<Double>?

    init(_ setup: Setup) throws {
      pool = try ProcessPool(workers: setup.workers)
      count = (1 << 27) / setup.shrink
    }

    /// - Parameter fresh: whether the memory is first given back to the system (not timed), so that
    ///   none of its pages is there.
    func makeAndFill(fresh: Bool) throws -> Double {
      array = nil
      if fresh { pool.trimMemory() }
      return try seconds {
        let made = try pool.uninitializedArray(of: Double.self, count: count)
        made.fill(1)
        array = made
      }
    }

    func fillAgain() -> Double { seconds { array?.fill(1) } }
  }
}
