/// The place of a worker in a pool, 0…. It outlives the worker that sits on it.
@frozen package struct SeatIndex: Hashable, Sendable, Comparable {
  package let value: Int
  @inlinable package init(_ value: Int) { self.value = value }
  @inlinable package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A task's cell in the arena, 0….
@frozen package struct SlotIndex: Hashable, Sendable {
  package let value: Int
  @inlinable package init(_ value: Int) { self.value = value }
}

/// A chunked job's record in the arena, 0….
@frozen package struct JobIndex: Hashable, Sendable {
  package let value: Int
  @inlinable package init(_ value: Int) { self.value = value }
}

/// An entry of the function table, 0….
@frozen package struct FunctionIndex: Hashable, Sendable {
  package let value: UInt32
  @inlinable package init(_ value: UInt32) { self.value = value }
}
