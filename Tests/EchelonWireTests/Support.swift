import EchelonMemory
import EchelonWire
import Glibc
import Synchronization
import TestSupport

/// A wire over an arena of its own, with nobody at the other end.
func makeWire(seats: Int = 4) throws -> Wire {
  let layout = ArenaLayout(seatCount: seats)
  let arena = try Arena(
    backing: .anonymousFile, limitBytes: 4 << 20, controlBytes: layout.controlBytes)
  layout.writeHeader(to: arena, frontEndPID: getpid())
  return Wire(arena: arena, layout: layout)
}

/// Counts by index, from several threads.
final class Tally: Sendable {
  private let state: Mutex<[Int]>
  init(count: Int) { state = Mutex(Array(repeating: 0, count: count)) }
  func add(_ index: Int) { state.withLock { $0[index] += 1 } }
  var counts: [Int] { state.withLock { $0 } }
  var total: Int { state.withLock { $0.reduce(0, +) } }
}
