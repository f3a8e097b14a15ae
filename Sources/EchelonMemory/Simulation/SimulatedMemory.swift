import Glibc
import Synchronization

/// Memory for simulated arenas, used again and again: a mapping and the first touch of its pages cost more
/// than a whole run.
package enum SimulatedMemory {
  private struct Mapping {
    let address: UInt
    let byteCount: Int
  }
  private static let free = Mutex<[Mapping]>([])

  /// At least `byteCount` bytes; what they hold is what an earlier run left.
  static func take(byteCount: Int) -> Region {
    let known = free.withLock { free -> Mapping? in
      guard let index = free.lastIndex(where: { $0.byteCount >= byteCount }) else { return nil }
      return free.remove(at: index)
    }
    // SAFETY: mapped by an earlier call, given back by its only user, and never unmapped.
    if let known {
      return unsafe Region(
        base: UnsafeMutableRawPointer(bitPattern: known.address)!, byteCount: known.byteCount)
    }
    let size = roundUp(byteCount, to: 1 << 20)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    // SAFETY: no address is asked for, so no existing mapping is replaced.
    let base = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard unsafe base != MAP_FAILED, let base = unsafe base else {
      preconditionFailure("no address space for a simulated arena of \(ByteCount(size))")
    }
    // SAFETY: page-aligned and `size` bytes long (region invariant 1).
    return unsafe Region(base: base, byteCount: size)
  }

  /// Its user touches it no more.
  static func giveBack(_ region: Region) {
    let address = unsafe UInt(bitPattern: region.address(at: 0, byteCount: 0))
    free.withLock { $0.append(Mapping(address: address, byteCount: region.byteCount)) }
  }
}

extension SimulatedMachine {
  private static var blockCapacity: Int { 8192 }

  /// The arena of a pool on this machine, as its front end has it. Its control area is zero.
  package func makeArena(limitBytes: Int?, controlBytes: Int) -> Arena {
    let limit = roundUp(limitBytes ?? 1 << 20, to: 16 << 10)
    let control = roundUp(controlBytes, to: 4096)
    let region = SimulatedMemory.take(
      byteCount: control + roundUp(8 * Self.blockCapacity, to: 4096) + limit)
    region.zero(at: 0, byteCount: control)
    return Arena(
      simulatedIn: region, limitBytes: limit, controlBytes: control,
      blockCapacity: Self.blockCapacity, isFrontEnd: true)
  }

  /// The same arena as its workers have it. It may be forgotten with a worker that was killed, and so
  /// holds nothing.
  package func attach(_ arena: Arena) -> Arena {
    Arena(
      simulatedIn: arena.region, limitBytes: arena.limitBytes,
      controlBytes: arena.geometry.blocksOffset, blockCapacity: Self.blockCapacity,
      isFrontEnd: false)
  }
}
