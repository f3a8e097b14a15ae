/// How values of one type become bytes and come back, found once per type.
///
/// In order of preference: bytes as they lie in memory (types positively known to hold no address),
/// text, handles, collections and tuples of transferable things, and at last `Codable`. Anything else
/// is refused by name.
package class TransferPlan<Value>: AnyTransferPlan, @unchecked Sendable {
  /// Appends `value`.
  func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    fatalError("abstract")
  }

  /// Reads a value.
  func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    fatalError("abstract")
  }

  final override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    // SAFETY: the caller's duty, see `AnyTransferPlan`.
    try unsafe encode(address.assumingMemoryBound(to: Value.self).pointee, into: &writer)
  }

  final override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    // SAFETY: the caller's duty, see `AnyTransferPlan`.
    unsafe address.initializeMemory(as: Value.self, to: try decode(from: &reader))
  }

  final override func destroy(at address: UnsafeMutableRawPointer) {
    // SAFETY: the caller's duty, see `AnyTransferPlan`.
    _ = unsafe address.assumingMemoryBound(to: Value.self).deinitialize(count: 1)
  }
}

/// A plan whose type is not known where it is used: the parts of tuples. Addresses are of values of
/// the plan's type, aligned for it.
package class AnyTransferPlan: @unchecked Sendable {
  /// Why values of this type can't be transferred; nil when they can.
  var refusal: TransferError? { nil }

  @unsafe func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    fatalError("abstract")
  }

  @unsafe func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    fatalError("abstract")
  }

  @unsafe func destroy(at address: UnsafeMutableRawPointer) {
    fatalError("abstract")
  }
}

// MARK: - Finding the plan

private let plans = PermanentCache<AnyTransferPlan>()

extension TransferPlan {
  /// The plan for `Value`: a few nanoseconds after the first time.
  static var current: TransferPlan<Value> {
    let plan = plans.value(for: TypeMetadata(Value.self).address.bits) { make() }
    // SAFETY: the key is the type, and `make` returns a plan for it.
    return unsafe unsafeDowncast(plan, to: TransferPlan<Value>.self)
  }

  private static func make() -> TransferPlan<Value> {
    // SAFETY, for all downcasts here: each branch makes a plan for `Value` itself, under the name
    // that the branch has for it.
    func same(_ plan: AnyTransferPlan) -> TransferPlan<Value> {
      unsafe unsafeDowncast(plan, to: TransferPlan<Value>.self)
    }
    let type = TypeMetadata(Value.self)
    if let layout = BitwiseLayout(of: type) { return BitwisePlan<Value>(layout) }
    if let planned = Value.self as? any SelfPlanned.Type { return same(planned.makePlan()) }
    if let handle = Value.self as? any HandleTransferable.Type { return same(makeHandlePlan(handle)) }
    if type.kind == .tuple { return TuplePlan<Value>.make(type) }
    if let codable = Value.self as? any Codable.Type { return same(makeCodablePlan(codable)) }
    return RefusedPlan<Value>(type.transferRefusal)
  }
}

private func makeHandlePlan<Handle: HandleTransferable>(_: Handle.Type) -> AnyTransferPlan {
  HandlePlan<Handle>()
}

private func makeCodablePlan<Value: Codable>(_: Value.Type) -> AnyTransferPlan {
  CodablePlan<Value>()
}

/// The plan for a type known at run time only.
func transferPlan(for type: Any.Type) -> AnyTransferPlan {
  func open<Value>(_: Value.Type) -> AnyTransferPlan { TransferPlan<Value>.current }
  return _openExistential(type, do: open)
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
        "a value of the protocol type '\(name)' cannot be sent to a worker: pass a concrete type, or"
          + " an enum with a case per type"
      case .metatype, .existentialMetatype:
        "the type of types '\(name)' cannot be sent to a worker: pass an enum that stands for it"
      default:
        "value of type '\(name)' cannot be sent to a worker: make it Codable, or build it from"
          + " numbers, strings, arrays and Codable types (pointers and references stay behind)"
      }
    return .typeNotTransferable(type: name, reason: what)
  }
}

// MARK: - What other modules call

/// Appends `value` as `TransferPlan` says for its type.
package func encode<Value>(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
  try TransferPlan<Value>.current.encode(value, into: &writer)
}

/// Reads a value of the type it was written as.
package func decode<Value>(_: Value.Type, from reader: inout ByteReader)
  throws(TransferError) -> Value
{
  try TransferPlan<Value>.current.decode(from: &reader)
}

/// Throws what `encode` would throw for every value of this type.
package func checkTransferable<Value>(_: Value.Type) throws(TransferError) {
  if let refusal = TransferPlan<Value>.current.refusal { throw refusal }
}
