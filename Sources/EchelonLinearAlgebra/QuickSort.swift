internal import CEchelonKernels

/// Sorts keys by a vectorised quicksort, where the instruction set has one: n·log n steps, and of n·log n at most.
/// - Parameters:
///   - depth: how many parts of parts are made before a sort without a worst case takes over; for tests.
///   - level: the instruction set; nil is the one in use.
/// - Returns: false when it has none, and nothing is done.
package func quickSort(
  _ keys: inout MutableSpan<UInt64>, depth: Int = -1, level: InstructionSet? = nil
) -> Bool {
  unsafe keys.withUnsafeMutableBufferPointer { keys in
    // SAFETY: rearranges `count` keys from the base, none when it is 0.
    unsafe ek_sort_u64(
      level?.level ?? EK_LEVEL_ACTIVE, keys.baseAddress, keys.count, Int32(clamping: depth)) != 0
  }
}

/// Puts the keys that are less than each of some pivots before those that are not, where the instruction set has
/// a quicksort: about n·log p steps.
/// - Parameters:
///   - keys: n keys, in any order within a part at the end.
///   - pivots: p keys, none less than the one before it.
///   - level: the instruction set; nil is the one in use.
/// - Returns: false when it has none, and nothing is done.
package func part(
  _ keys: inout MutableSpan<UInt64>, by pivots: Span<UInt64>, level: InstructionSet? = nil
) -> Bool {
  unsafe keys.withUnsafeMutableBufferPointer { keys in
    unsafe pivots.withUnsafeBufferPointer { pivots in
      // SAFETY: rearranges `count` keys from the base and reads as many pivots as there are, none when it is 0.
      unsafe ek_part_u64(
        level?.level ?? EK_LEVEL_ACTIVE, keys.baseAddress, keys.count, pivots.baseAddress,
        pivots.count) != 0
    }
  }
}

/// Whether the instruction set in use has a quicksort of its own.
package var hasQuickSort: Bool { ek_sort_u64(EK_LEVEL_ACTIVE, nil, 0, 0) != 0 }
