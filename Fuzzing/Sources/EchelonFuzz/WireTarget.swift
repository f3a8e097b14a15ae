import CEchelon
import EchelonMemory
import EchelonWire
import Glibc

/// The start of an arena as another process, or a wild store in this one, may have left it: header,
/// one seat, one slot, the table of functions. The front end and whoever looks on read them.
final class WireTarget: FuzzTarget {
  private let arena: Arena
  private let layout: ArenaLayout
  private(set) var seeds: [[UInt8]] = []

  private static let headerBytes = MemoryLayout<arena_header>.size
  private static let seatBytes = MemoryLayout<arena_seat>.size
  private static let slotBytes = MemoryLayout<task_slot>.size

  init() throws {
    layout = ArenaLayout(seatCount: 4)
    arena = try Arena(
      backing: .anonymousFile, limitBytes: 4 << 20, controlBytes: layout.controlBytes)
    layout.writeHeader(to: arena, frontEndPID: getpid())
    let wire = Wire(arena: arena, layout: layout)
    _ = wire.functions.append([1, 2, 3])
    let slot = wire.slot(SlotIndex(0))
    slot.state.store(StateWord(generation: 3, owner: SeatIndex(1), phase: .done).bits)
    slot.resultPlace = .outbox
    slot.resultOffset = 64
    slot.resultBytes = 100
    let region = arena.region
    func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
      [UInt8](region.withBytes(at: offset, byteCount: count) { $0.copied() })
    }
    seeds = [
      bytes(0, Self.headerBytes) + bytes(layout.seatsOffset, Self.seatBytes)
        + bytes(layout.slotsOffset, Self.slotBytes) + bytes(layout.functionsOffset, 80)
    ]
  }

  func run(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func place(_ offset: Int, _ limit: Int) {
      let part = Array(rest.prefix(limit))
      rest = rest.dropFirst(limit)
      part.withRawSpan { arena.region.copy(from: $0, at: offset) }
    }
    place(0, Self.headerBytes)
    place(layout.seatsOffset, Self.seatBytes)
    place(layout.slotsOffset, Self.slotBytes)
    place(layout.functionsOffset, 80)
    guard let layout = try? ArenaLayout(readingFrom: arena) else { return }
    let wire = Wire(arena: arena, layout: layout)
    let view = PoolView(region: arena.region, layout: layout)
    for index in view.shownSeats {
      _ = view.seat(index).busyNanoseconds(now: MonotonicClock.now())
      let place = LogPlace(bits: view.seat(index).logPlace.load())
      precondition(place.offset >= 0)
    }
    precondition(view.readyTasks >= 0 && view.activeJobs <= ECHELON_JOB_LIMIT)
    for index: UInt32 in [0, 1, 2, 2047, 2048, .max] {
      _ = wire.functions.withBytes(of: FunctionIndex(index)) { bytes in checksum(bytes) }
    }
    let slot = wire.slot(SlotIndex(0))
    _ = (slot.outcome, slot.resultPlace, slot.argumentOffset, slot.smallResult)
    _ = wire.withOutboxResult(of: slot) { bytes in checksum(bytes) }
  }

  /// Reads every byte.
  private func checksum(_ bytes: RawSpan) -> Int {
    var sum = 0
    for index in bytes.byteOffsets {
      sum &+= unsafe Int(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
    }
    return sum
  }
}
