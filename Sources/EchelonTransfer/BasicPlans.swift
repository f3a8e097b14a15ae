/// Values that travel as they lie in memory.
final class BitwisePlan: TransferPlan, @unchecked Sendable {
  private let layout: BitwiseLayout
  let size: Int

  init(_ layout: BitwiseLayout, size: Int) {
    self.layout = layout
    self.size = size
  }

  // SAFETY, for both: the caller has `size` bytes at `address`; a bitwise type is nothing but its
  // bytes, once they are known to be those of a value.
  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    unsafe writer.append(bytes: UnsafeRawBufferPointer(start: address, count: size))
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    let bytes = try unsafe reader.read(byteCount: size)
    if let source = bytes.baseAddress { unsafe address.copyMemory(from: source, byteCount: size) }
    try unsafe layout.validate(address)
  }

  override func destroy(at address: UnsafeMutableRawPointer) {}
}

/// The bytes that each value of a type is sent in, where all take the same; nil otherwise.
package func fixedByteCount<Value>(of type: Value.Type) -> Int? {
  (TransferPlan.plan(for: type) as? BitwisePlan)?.size
}

/// Texts: a count of bytes, then UTF-8.
final class StringPlan: TypedPlan<String>, @unchecked Sendable {
  override func encode(_ value: String, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(text: value)
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> String {
    try reader.readText()
  }
}

/// Characters, as texts of one.
final class CharacterPlan: TypedPlan<Character>, @unchecked Sendable {
  override func encode(_ value: Character, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(text: String(value))
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Character {
    let text = try reader.readText()
    guard let value = text.first, text.index(after: text.startIndex) == text.endIndex else {
      throw .decodingFailed(type: "Character", path: "", reason: "the text is not one character")
    }
    return value
  }
}

/// Things that both processes have and only name to each other.
final class HandlePlan<Value: HandleTransferable>: TypedPlan<Value>, @unchecked Sendable {
  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    try value.append(to: &writer)
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    try Value.read(from: &reader)
  }
}

/// Types of which nothing can be sent.
final class RefusedPlan: TransferPlan, @unchecked Sendable {
  private let reason: TransferError
  override var refusal: TransferError? { reason }

  init(_ reason: TransferError) { self.reason = reason }

  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    throw reason
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    throw reason
  }
}

extension String: SelfPlanned {
  static func makePlan() -> TransferPlan { StringPlan() }
}

extension Character: SelfPlanned {
  static func makePlan() -> TransferPlan { CharacterPlan() }
}
