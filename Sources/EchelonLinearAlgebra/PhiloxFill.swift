internal import CEchelonKernels

/// Philox4x32-10 of the counters (index, block 0, stream) for successive indices.
///
/// `low` and `high` receive words (0, 1) and (2, 3) of each block, the earlier word in the lower
/// half. Both spans have the same count; traps otherwise.
public func fillPhilox(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, low: inout MutableSpan<UInt64>,
  high: inout MutableSpan<UInt64>, level: InstructionSet? = nil
) {
  precondition(low.count == high.count, "\(low.count) low and \(high.count) high words")
  unsafe low.withUnsafeMutableBufferPointer { low in
    unsafe high.withUnsafeMutableBufferPointer { high in
      // SAFETY: writes exactly `count` words from each base, nothing when it is 0.
      unsafe ek_philox_fill(
        level?.level ?? EK_LEVEL_ACTIVE, seed, firstIndex, stream, low.baseAddress,
        high.baseAddress, low.count)
    }
  }
}
