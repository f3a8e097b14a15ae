/// Values that travel as they lie in memory.
final class BitwisePlan<Value>: TransferPlan<Value>, @unchecked Sendable {
  let layout: BitwiseLayout

  init(_ layout: BitwiseLayout) { self.layout = layout }

  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    unsafe withUnsafeBytes(of: value) { unsafe writer.append(bytes: $0) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    let size = MemoryLayout<Value>.size
    let bytes = try unsafe reader.read(byteCount: size)
    let outcome: Result<Value, TransferError> = unsafe withUnsafeTemporaryAllocation(
      byteCount: max(size, 1), alignment: MemoryLayout<Value>.alignment
    ) { buffer in
      let place = unsafe buffer.baseAddress.unsafelyUnwrapped
      // SAFETY: both hold `size` bytes; a bitwise type is nothing but its bytes, once they are valid.
      if let source = bytes.baseAddress { unsafe place.copyMemory(from: source, byteCount: size) }
      do throws(TransferError) {
        try unsafe layout.validate(place, as: "\(Value.self)")
      } catch {
        return .failure(error)
      }
      return unsafe .success(place.assumingMemoryBound(to: Value.self).move())
    }
    return try outcome.get()
  }
}

/// Texts: a count of bytes, then UTF-8.
final class StringPlan: TransferPlan<String>, @unchecked Sendable {
  override func encode(_ value: String, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(text: value)
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> String {
    try reader.readText()
  }
}

/// Characters, as texts of one.
final class CharacterPlan: TransferPlan<Character>, @unchecked Sendable {
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
final class HandlePlan<Value: HandleTransferable>: TransferPlan<Value>, @unchecked Sendable {
  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    try value.append(to: &writer)
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    try Value.read(from: &reader)
  }
}

/// Types of which nothing can be sent.
final class RefusedPlan<Value>: TransferPlan<Value>, @unchecked Sendable {
  private let reason: TransferError
  override var refusal: TransferError? { reason }

  init(_ reason: TransferError) { self.reason = reason }

  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    throw reason
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    throw reason
  }
}

extension String: SelfPlanned {
  static func makePlan() -> AnyTransferPlan { StringPlan() }
}

extension Character: SelfPlanned {
  static func makePlan() -> AnyTransferPlan { CharacterPlan() }
}
