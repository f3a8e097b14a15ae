/// An enum that is not `Codable` and has cases that carry something: the number of its case, then what that
/// carries.
///
/// By the number, and not as it lies in memory, so that no bytes make a case that there is not.
final class EnumPlan: TransferPlan, @unchecked Sendable {
  private let type: TypeMetadata
  /// By case; nil for one that carries nothing.
  private let payloads: [TransferPlan?]

  /// Nil when a payload cannot travel or is not known for certain.
  /// - Parameter plan: for a payload.
  init?(_ type: TypeMetadata, plan: (TypeMetadata) -> TransferPlan?) {
    guard type.isCopyable, let cases = type.enumCases, !cases.isEmpty else { return nil }
    var payloads: [TransferPlan?] = []
    for payload in cases {
      guard let payload else {
        payloads.append(nil)
        continue
      }
      guard let plan = plan(payload), plan.refusal == nil else { return nil }
      payloads.append(plan)
    }
    self.type = type
    self.payloads = payloads
  }

  // SAFETY, for all three: the caller has a value of the type at `address`, or room for one; `withCopy`
  // lends room for one, in which a copy becomes its payload.
  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    let number = unsafe type.enumCase(of: address)
    writer.append(count: number)
    guard let plan = payloads[number] else { return }
    var failure: TransferError?
    unsafe withPayload(of: address) { payload in
      do throws(TransferError) { try unsafe plan.encode(at: payload, into: &writer) } catch {
        failure = error
      }
      unsafe plan.destroy(at: payload)
    }
    if let failure { throw failure }
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    let number = try reader.readCount()
    guard payloads.indices.contains(number) else {
      throw .decodingFailed(
        type: type.name, path: "", reason: "it has no case number \(number)")
    }
    // A payload may leave some of the bytes as they were.
    unsafe address.initializeMemory(as: UInt8.self, repeating: 0, count: type.size)
    if let plan = payloads[number] { try unsafe plan.decode(to: address, from: &reader) }
    unsafe type.makeEnum(number, at: address)
  }

  override func destroy(at address: UnsafeMutableRawPointer) {
    guard let plan = payloads[unsafe type.enumCase(of: address)] else { return }
    unsafe type.projectPayload(of: address)
    unsafe plan.destroy(at: address)
  }

  @unsafe private func withPayload(
    of value: UnsafeRawPointer, _ body: (UnsafeMutableRawPointer) -> Void
  ) {
    unsafe withUnsafeTemporaryAllocation(byteCount: type.stride, alignment: type.alignment) {
      let room = unsafe $0.baseAddress.unsafelyUnwrapped
      unsafe type.copy(value, to: room)
      unsafe type.projectPayload(of: room)
      unsafe body(room)
    }
  }
}
