/// How values of one type become bytes and come back, found once per type.
///
/// In order of preference: bytes as they lie in memory (types positively known to hold no address),
/// text, handles, collections and tuples of transferable things, and at last `Codable`. Anything
/// else is refused by name.
///
/// Plans work on addresses, of values of the plan's type and aligned for it, so that generic
/// callers that are not specialised ask the runtime for no further types: that would cost more than
/// all else.
class TransferPlan: @unchecked Sendable {
  /// Why values of this type can't be transferred; nil when they can.
  var refusal: TransferError? { nil }

  /// Appends the value at `address`.
  @unsafe func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    fatalError("abstract")
  }

  /// Initialises `address` with the next value; leaves it uninitialised when it throws.
  @unsafe func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    fatalError("abstract")
  }

  /// Deinitialises the value at `address`.
  @unsafe func destroy(at address: UnsafeMutableRawPointer) {
    fatalError("abstract")
  }
}

/// A plan written in terms of values.
class TypedPlan<Value>: TransferPlan, @unchecked Sendable {
  func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    fatalError("abstract")
  }

  func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    fatalError("abstract")
  }

  // SAFETY, for all three: that a value of `Value` is or will be there is the caller's duty.
  final override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    try unsafe encode(address.assumingMemoryBound(to: Value.self).pointee, into: &writer)
  }

  final override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    unsafe address.initializeMemory(as: Value.self, to: try decode(from: &reader))
  }

  final override func destroy(at address: UnsafeMutableRawPointer) {
    _ = unsafe address.assumingMemoryBound(to: Value.self).deinitialize(count: 1)
  }
}

// MARK: - Finding the plan

private let plans = PermanentCache<TransferPlan>()

extension TransferPlan {
  /// The plan for `type`: a few nanoseconds after the first time.
  static func plan(for type: Any.Type) -> TransferPlan {
    let metadata = TypeMetadata(type)
    return plans.value(for: metadata.address.bits) { make(metadata) }
  }

  fileprivate static func make(_ metadata: TypeMetadata) -> TransferPlan {
    let type = metadata.type
    if let layout = BitwiseLayout(of: metadata) { return BitwisePlan(layout, size: metadata.size) }
    if let planned = type as? any SelfPlanned.Type { return planned.makePlan() }
    if let handle = type as? any HandleTransferable.Type { return handlePlan(handle) }
    if metadata.kind == .tuple { return TuplePlan(metadata) }
    if let codable = type as? any Codable.Type { return codablePlan(codable) }
    // A struct or enum of plain data that is not plain bytes, because of the cases in it.
    if metadata.isPlainData {
      let plan = FieldwisePlan(metadata) ?? EnumPlan(metadata) { TransferPlan.plan(for: $0.type) }
      if let plan { return plan }
    }
    return RefusedPlan(metadata.transferRefusal)
  }

  private static func handlePlan<Handle: HandleTransferable>(_: Handle.Type) -> TransferPlan {
    HandlePlan<Handle>()
  }

  private static func codablePlan<Value: Codable>(_: Value.Type) -> TransferPlan {
    CodablePlan<Value>()
  }
}

extension TypeMetadata {
  /// Why values of this type can't be sent, and what to do about it.
  fileprivate var transferRefusal: TransferError {
    let what =
      switch kind {
      case .class, .foreignClass, .objectiveCClass:
        "class instance '\(name)' cannot be sent to a worker: make it Codable or pass its values"
      case .function:
        "a function of type '\(name)' cannot be an argument or result of a task: pass the values it"
          + " needs, and choose the function in the worker"
      case .existential, .extendedExistential:
        "a value of the protocol type '\(name)' cannot be sent to a worker: pass a concrete type,"
          + " or an enum with a case per type"
      case .metatype, .existentialMetatype:
        "the type of types '\(name)' cannot be sent to a worker: pass an enum that stands for it"
      default:
        "value of type '\(name)' cannot be sent to a worker: make it Codable, or build it from"
          + " numbers, strings, arrays and Codable types (pointers and references stay behind)"
      }
    return .typeNotTransferable(type: name, reason: what)
  }
}

/// A plan, found without a reference of one's own: plans live as long as the process, and a small task
/// would notice the two changes of a count.
@safe struct PermanentPlan {
  private let plan: Unmanaged<TransferPlan>

  init(for type: Any.Type) {
    let metadata = TypeMetadata(type)
    unsafe plan = plans.permanentValue(for: metadata.address.bits) { TransferPlan.make(metadata) }
  }

  // SAFETY, for both: the plan lives; what is at the address is the caller's duty.

  /// Appends the value at `address`.
  @unsafe func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    try unsafe plan._withUnsafeGuaranteedRef { plan in
      Result { () throws(TransferError) in try unsafe plan.encode(at: address, into: &writer) }
    }.get()
  }

  /// Initialises `address` with the next value; leaves it uninitialised when it throws.
  @unsafe func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    try unsafe plan._withUnsafeGuaranteedRef { plan in
      Result { () throws(TransferError) in try unsafe plan.decode(to: address, from: &reader) }
    }.get()
  }
}

// MARK: - What other modules call

/// Appends `value` as `TransferPlan` says for its type.
package func encode<Value>(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
  try unsafe withUnsafePointer(to: value) { pointer throws(TransferError) in
    // SAFETY: an initialised value, of the plan's type.
    try unsafe PermanentPlan(for: Value.self).encode(at: UnsafeRawPointer(pointer), into: &writer)
  }
}

/// Reads a value of the type it was written as.
package func decode<Value>(_: Value.Type, from reader: inout ByteReader)
  throws(TransferError) -> Value
{
  try TransferPlan.plan(for: Value.self).decode(Value.self, from: &reader)
}

/// Appends the values one after the other, as `encode` does each.
package func encode<Value>(
  elementsOf values: [Value], into writer: inout ByteWriter
) throws(TransferError) {
  // By their addresses: generic code that is not specialised takes long over each element of an array.
  let plan = TransferPlan.plan(for: Value.self)
  try unsafe values.withUnsafeBufferPointer { buffer throws(TransferError) in
    guard let base = unsafe UnsafeRawPointer(buffer.baseAddress) else { return }
    for index in 0..<values.count {
      // SAFETY: an element of the array, which is of the plan's type and lives during the call.
      try unsafe plan.encode(at: base + index * MemoryLayout<Value>.stride, into: &writer)
    }
  }
}

/// Reads many values of one type: what there is to ask the runtime and to allocate for them is done once.
@safe package final class ValueReader<Value> {
  private let plan = TransferPlan.plan(for: Value.self)
  private let room = UnsafeMutableRawPointer.allocate(
    byteCount: max(MemoryLayout<Value>.size, 1), alignment: MemoryLayout<Value>.alignment)

  package init() {}

  deinit { unsafe room.deallocate() }

  /// The next value.
  /// - Parameter failure: becomes the error, for callers that mix it with others.
  package func next(
    from reader: inout ByteReader, noting failure: inout TransferError?
  ) throws(TransferError) -> Value {
    do throws(TransferError) {
      // SAFETY: room for one value, which `decode` initialises and `move` takes out again.
      try unsafe plan.decode(to: room, from: &reader)
    } catch {
      failure = error
      throw error
    }
    return unsafe room.assumingMemoryBound(to: Value.self).move()
  }
}

/// Reads what became of `count` calls: for each 1 and the value, or 0 and the error; or 2 and a text, at
/// which the caller stopped.
/// - Parameter stop: becomes that text.
package func decodeOutcomes<Value>(
  count: Int, from reader: inout ByteReader, stop: inout String?
) throws(TransferError) -> [Result<Value, any Error>] {
  let plan = TransferPlan.plan(for: Value.self)
  do {
    return try unsafe withUnsafeTemporaryAllocation(
      byteCount: max(MemoryLayout<Value>.size, 1), alignment: MemoryLayout<Value>.alignment
    ) { room in
      let room = unsafe room.baseAddress.unsafelyUnwrapped
      return try unsafe Array(unsafeUninitializedCapacity: count) { outcomes, done in
        for index in 0..<count {
          let outcome: Result<Value, any Error>
          let kind = try reader.read(UInt8.self)
          if kind == 2 {
            stop = try reader.readText()
            return
          }
          if kind == 1 {
            // SAFETY: room for one value, which `decode` initialises and `move` takes out again.
            try unsafe plan.decode(to: room, from: &reader)
            outcome = .success(unsafe room.assumingMemoryBound(to: Value.self).move())
          } else {
            outcome = .failure(try reader.readError())
          }
          // SAFETY: inside the capacity; not initialised yet.
          unsafe outcomes.initializeElement(at: index, to: outcome)
          done = index + 1
        }
      }
    }
  } catch let error as TransferError {
    throw error
  } catch {
    fatalError("reading throws nothing else")
  }
}

/// Throws what `encode` would throw for every value of this type.
@usableFromInline package func checkTransferable<Value>(_: Value.Type) throws(TransferError) {
  if let refusal = TransferPlan.plan(for: Value.self).refusal { throw refusal }
}

extension TransferPlan {
  /// Appends `value`, of the plan's type.
  @inline(__always)
  final func encode<Value>(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    try unsafe withUnsafePointer(to: value) { pointer throws(TransferError) in
      // SAFETY: an initialised value, of the plan's type.
      try unsafe encode(at: UnsafeRawPointer(pointer), into: &writer)
    }
  }

  /// Reads a value of the plan's type.
  @inline(__always)
  final func decode<Value>(_: Value.Type, from reader: inout ByteReader)
    throws(TransferError) -> Value
  {
    // On the stack if it fits. Not by `withUnsafeTemporaryAllocation`, which forms a `Result` of the value:
    // to ask the runtime for that type was a third of what a worker does for a small task.
    var stack = SIMD8<UInt64>()
    let layout = (size: MemoryLayout<Value>.size, alignment: MemoryLayout<Value>.alignment)
    if layout.size <= MemoryLayout.size(ofValue: stack),
      layout.alignment <= MemoryLayout.alignment(ofValue: stack)
    {
      return try unsafe withUnsafeMutableBytes(of: &stack) { room throws(TransferError) in
        try unsafe decode(Value.self, in: room.baseAddress.unsafelyUnwrapped, from: &reader)
      }
    }
    let room = UnsafeMutableRawPointer.allocate(
      byteCount: layout.size, alignment: layout.alignment)
    defer { unsafe room.deallocate() }
    return try unsafe decode(Value.self, in: room, from: &reader)
  }

  /// The same in `room`, which is large enough for a value and empty after it.
  @inline(__always)
  private final func decode<Value>(
    _: Value.Type, in room: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) -> Value {
    // SAFETY: room for one value, which `decode` initialises and `move` takes out again.
    try unsafe decode(to: room, from: &reader)
    return unsafe room.assumingMemoryBound(to: Value.self).move()
  }
}
