import Synchronization

/// Memory of this process that a chunk computes in: the operand of a kernel that belongs to no arena.
///
/// Scratch is kept when it is given back: getting it anew from the system for every chunk would cost as much
/// as many a chunk.
@safe public final class KernelScratch: @unchecked Sendable {
  // SAFETY: allocated in `init`, freed in `deinit`; used by the one thread that has taken it.
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int

  private init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe base = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { unsafe base.deallocate() }

  /// Lends room for a vector during a call.
  /// - Parameter body: gets a writable operand of `count` elements, whose values are not set.
  public static func withVector<R>(
    of type: ElementType, count: Int, _ body: (KernelOperand) -> R
  ) -> R {
    let scratch = take(byteCount: max(1, count) * type.byteCount)
    defer { giveBack(scratch) }
    // SAFETY: the memory holds `count` elements and lives until it is given back; only this call has it.
    return unsafe body(
      KernelOperand(
        base: scratch.base, byteCount: scratch.byteCount,
        layout: OperandLayout(vectorOf: type, count: count), isWritable: true))
  }

  /// Lends room for some elements during a call; their values are not set.
  public static func withSpan<Element: BitwiseCopyable, R>(
    of type: Element.Type, count: Int, _ body: (inout MutableSpan<Element>) -> R
  ) -> R {
    let scratch = take(byteCount: max(1, count) * MemoryLayout<Element>.stride)
    defer { giveBack(scratch) }
    // SAFETY: the memory holds `count` elements, is aligned to 64 bytes and lives until it is given back; only
    // this call has it.
    let elements = unsafe UnsafeMutableBufferPointer(
      start: scratch.base.assumingMemoryBound(to: type), count: count)
    var span = unsafe elements.mutableSpan
    return body(&span)
  }

  private static let spare = Mutex<[KernelScratch]>([])

  private static func take(byteCount: Int) -> KernelScratch {
    let found = spare.withLock { spare in
      spare.lastIndex { $0.byteCount >= byteCount }.map { spare.remove(at: $0) }
    }
    return found ?? KernelScratch(byteCount: (byteCount + 4095) / 4096 * 4096)
  }

  private static func giveBack(_ scratch: KernelScratch) {
    // A few for each thread that may compute; what is more, or large, goes back to the system.
    guard scratch.byteCount <= 8 << 20 else { return }
    spare.withLock { spare in if spare.count < 64 { spare.append(scratch) } }
  }
}
