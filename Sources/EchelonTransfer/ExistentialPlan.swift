/// A captured value of a protocol type: the name of its own type, then the value as that type travels.
///
/// Only captures use it: for an argument or a result the type in the signature would promise what
/// only the value can keep.
final class ExistentialPlan<Existential>: TransferPlan, @unchecked Sendable {
  // SAFETY, for all three: the caller has a value of the protocol type at `address`, or room for one.
  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    let (type, value) = unsafe TypeMetadata.openExistential(at: address)
    guard type.kind != .class else { throw .capturedObject(type.name) }
    if let refusal = type.captureRefusal { throw refusal }
    let plan = TransferPlan.plan(for: type.type)
    if let refusal = plan.refusal {
      throw .captureNotTransferable(
        captured: "a value of the protocol type '\(Existential.self)' that is a '\(type.name)'",
        advice: "\(refusal)")
    }
    try TypeCode.encode(type.type, into: &writer)
    try unsafe plan.encode(at: value, into: &writer)
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    let type = try TypeCode.decode(from: &reader)
    guard TypeMetadata(type).kind != .class else {
      throw .malformed(what: "a value of a protocol type is an object")
    }
    var outcome = Result<Existential, TransferError>.failure(
      .malformed(what: "a '\(type)' is not a '\(Existential.self)'"))
    func decodeOpened<Value>(_: Value.Type) {
      do throws(TransferError) {
        let value = try EchelonTransfer.decode(Value.self, from: &reader)
        if let value = value as? Existential { outcome = .success(value) }
      } catch {
        outcome = .failure(error)
      }
    }
    _openExistential(type, do: decodeOpened)
    switch outcome {
    case .success(let value): unsafe address.initializeMemory(as: Existential.self, to: value)
    case .failure(let error): throw error
    }
  }

  override func destroy(at address: UnsafeMutableRawPointer) {
    _ = unsafe address.assumingMemoryBound(to: Existential.self).deinitialize(count: 1)
  }
}

private func makeExistentialPlan<Existential>(_: Existential.Type) -> TransferPlan {
  ExistentialPlan<Existential>()
}

extension TypeMetadata {
  /// The plan for a captured value of this type when it is a protocol type that any value may have.
  var existentialPlan: TransferPlan? {
    isOpaqueExistential ? _openExistential(type, do: makeExistentialPlan) : nil
  }
}
