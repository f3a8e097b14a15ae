/// References that were moved here out of the places that held them, and are lent from here: no count changes on the
/// way, where each change would wait for the stores before it.
///
/// One takes no memory of its own.
@safe public struct MovedReferences<Object: AnyObject>: ~Copyable {
  // Invariant: each is a reference of this list's own, let go in `deinit` or given on by `removeLast`.
  @usableFromInline internal var first: Unmanaged<Object>?
  @usableFromInline internal var others: [Unmanaged<Object>]

  /// None.
  @inlinable public init() {
    unsafe first = nil
    unsafe others = []
  }

  // SAFETY: the invariant; nobody has them after this.
  @inlinable deinit {
    unsafe first?.release()
    for unsafe other in unsafe others { unsafe other.release() }
  }

  /// How many there are.
  @inlinable public var count: Int { unsafe first == nil ? 0 : 1 + others.count }

  /// Empties `place`, and has its reference as the last one.
  /// - Parameter limit: how many there will be at most.
  /// - Returns: false when nothing was there.
  @inlinable @inline(__always)
  public mutating func append(movedFrom place: inout Object?, limit: Int) -> Bool {
    guard let moved = unsafe place.take().map({ unsafe Unmanaged.passRetained($0) }) else {
      return false
    }
    if unsafe first == nil {
      unsafe first = moved
    } else {
      if unsafe others.isEmpty { unsafe others.reserveCapacity(limit) }
      unsafe others.append(moved)
    }
    return true
  }

  /// Takes the last one out; there is one.
  @inlinable public mutating func removeLast() -> Object {
    if let last = unsafe others.popLast() { return unsafe last.takeRetainedValue() }
    guard let last = unsafe first else { preconditionFailure("no reference is left") }
    unsafe first = nil
    return unsafe last.takeRetainedValue()
  }

  /// Lends number `index`, from 0.
  @inlinable @inline(__always)
  public func withObject<Result>(
    at index: Int, _ body: (Object) throws -> Result
  ) rethrows -> Result {
    precondition(index >= 0 && index < count, "number \(index) of \(count)")
    // SAFETY: the invariant, and `self` is borrowed for the call.
    let lent = unsafe index == 0 ? first.unsafelyUnwrapped : others[index - 1]
    return try unsafe lent._withUnsafeGuaranteedRef(body)
  }

  /// Lends an element of an array that holds it meanwhile.
  @inlinable @inline(__always)
  public static func withElement<Result>(
    _ index: Int, of array: [Object], _ body: (Object) throws -> Result
  ) rethrows -> Result {
    // SAFETY: the array is borrowed for the call.
    try unsafe Unmanaged.passUnretained(array[index])._withUnsafeGuaranteedRef(body)
  }
}
