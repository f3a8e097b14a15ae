/// A value that travels by naming something both processes have, such as a block of the arena.
///
/// `SharedArray` and its kin conform. They are handles wherever they appear: as arguments, inside
/// arrays and optionals, and inside `Codable` types, where `encodeHandle` and `decodeHandle` serve
/// their `Codable` conformance.
package protocol HandleTransferable {
  /// Writes what names the thing, and retains what must live until the message has been read.
  func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError)
  /// Finds the thing that was named.
  init(handle decoder: inout HandleDecoder) throws(TransferError)
}

/// Where a handle is written to.
package struct HandleEncoder: ~Copyable {
  var writer: ByteWriter

  /// Appends one number, or several in one value.
  package mutating func encode<Value: BitwiseCopyable>(_ value: Value) {
    writer.append(value)
  }

  /// Keeps `object` alive for as long as the message is in flight.
  package mutating func retain(_ object: AnyObject) {
    writer.retained.append(object)
  }
}

/// Where a handle is read from.
package struct HandleDecoder {
  var reader: ByteReader

  /// The next value, in the order of writing, of a type of which every bit pattern is a value.
  package mutating func decode<Value: BitwiseCopyable>(_: Value.Type = Value.self)
    throws(TransferError) -> Value
  {
    try reader.read(Value.self)
  }
}

extension HandleTransferable {
  /// Appends this handle to `writer`.
  func append(to writer: inout ByteWriter) throws(TransferError) {
    var encoder = HandleEncoder(writer: writer)
    writer = ByteWriter()
    var failure: TransferError?
    do { try encodeHandle(into: &encoder) } catch { failure = error }
    writer = encoder.writer
    if let failure { throw failure }
  }

  /// Reads a handle of this type.
  static func read(from reader: inout ByteReader) throws(TransferError) -> Self {
    var decoder = HandleDecoder(reader: reader)
    let value = try Self(handle: &decoder)
    reader = decoder.reader
    return value
  }

  /// The body of `encode(to:)` for a handle type: works with Echelon's own coder only, since a
  /// handle means nothing outside the pool that gave it out.
  package func encodeHandle(to encoder: any Encoder) throws {
    guard let encoder = encoder as? BinaryEncoder else {
      throw EncodingError.invalidValue(
        self,
        .init(
          codingPath: encoder.codingPath,
          debugDescription: "'\(Self.self)' is a handle into shared memory, which can be sent to"
            + " a worker but not stored; copy its elements into an Array to encode them"))
    }
    try encoder.encodeHandle(self)
  }

  /// The body of `init(from:)` for a handle type.
  package static func decodeHandle(from decoder: any Decoder) throws -> Self {
    guard let decoder = decoder as? BinaryDecoder else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "'\(Self.self)' is a handle into shared memory, which only another"
            + " process of its pool can read; decode an Array and copy it into the arena"))
    }
    return try decoder.decodeHandle(Self.self)
  }
}
