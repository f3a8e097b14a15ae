/// The place of a worker in a pool, 0…. It outlives the worker that sits on it.
@frozen public struct SeatIndex: Hashable, Sendable, Comparable {
  public let value: Int
  @inlinable public init(_ value: Int) { self.value = value }
  @inlinable public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// A task's cell in the arena, 0….
@frozen public struct SlotIndex: Hashable, Sendable {
  public let value: Int
  @inlinable public init(_ value: Int) { self.value = value }
}

/// A chunked job's record in the arena, 0….
@frozen public struct JobIndex: Hashable, Sendable {
  public let value: Int
  @inlinable public init(_ value: Int) { self.value = value }
}

/// An entry of the function table, 0….
@frozen public struct FunctionIndex: Hashable, Sendable {
  public let value: UInt32
  @inlinable public init(_ value: UInt32) { self.value = value }
}
