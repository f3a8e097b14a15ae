internal import CEchelon
import Synchronization

/// Types as bytes, private and local ones included.
///
/// A type is named by where its declaration's descriptor lies in its image; `_typeByName` can't do
/// this for private types. The receiver calls the descriptor's access function.
///
///     message  := seal (4 bytes: a hash of what follows) byteCount type
///     type     := 1 descriptor argument*              one argument per key argument
///               | 2 count type* labels                a tuple
///     argument := type                                for a parameter
///               | count type*                         for a parameter pack
///               | value (8 bytes)                     for an integer parameter
///               | witness | count witness*            for a requirement, and one on a pack
///     witness  := 0 table                             a reference into an image
///               | 1                                   looked up by the receiver
///
/// A descriptor that is not one would be called like one, so the seal is checked first; it finds
/// damage, while an attacker who can write messages could as well send any function.
///
/// What was encoded is decoded again at once, in the sender, and must give the same type; a type
/// for which that fails is refused, as are all kinds this file does not know.
package enum TypeCode {
  fileprivate enum Form: UInt8 {
    case nominal = 1, tuple
  }

  fileprivate static let depthLimit = 64

  // MARK: The cached front

  private final class Encoded: Sendable {
    let outcome: Result<[UInt8], TransferError>
    init(_ outcome: Result<[UInt8], TransferError>) { self.outcome = outcome }
  }

  private static let encoded = PermanentCache<Encoded>()
  private static let decoded = Mutex<[[UInt8]: TypeMetadata]>([:])

  /// The message that names `type`.
  package static func bytes(of type: Any.Type) throws(TransferError) -> [UInt8] {
    let metadata = TypeMetadata(type)
    let entry = encoded.value(for: metadata.address.bits) {
      do throws(TransferError) {
        return Encoded(.success(try encodeChecked(metadata)))
      } catch {
        return Encoded(.failure(error))
      }
    }
    return try entry.outcome.get()
  }

  /// Appends the message that names `type`.
  package static func encode(_ type: Any.Type, into writer: inout ByteWriter)
    throws(TransferError)
  {
    let bytes = try bytes(of: type)
    unsafe bytes.withUnsafeBytes { unsafe writer.append(bytes: $0) }
  }

  /// The type named by the next message.
  package static func decode(from reader: inout ByteReader) throws(TransferError) -> Any.Type {
    let seal = try reader.read(UInt32.self)
    let body = try unsafe reader.read(byteCount: reader.readCount())
    let key = unsafe Array(body)
    guard hash(key) == seal else { throw .malformed(what: "the name of a type fails its check") }
    if let known = decoded.withLock({ $0[key] }) { return known.type }
    let type = try ByteReader.reading(key) { reader throws(TransferError) in
      var decoder = TypeDecoder(reader: reader)
      return try decoder.type(depth: 0)
    }
    decoded.withLock { $0[key] = type }
    return type.type
  }

  /// The type that `bytes` name.
  package static func type(from bytes: [UInt8]) throws(TransferError) -> Any.Type {
    try ByteReader.reading(bytes) { reader throws(TransferError) in try decode(from: &reader) }
  }

  private static func encodeChecked(_ metadata: TypeMetadata) throws(TransferError) -> [UInt8] {
    var encoder = TypeEncoder()
    try encoder.type(metadata, depth: 0)
    let body = encoder.writer.copyBytes()
    var message = ByteWriter()
    message.append(hash(body))
    message.append(count: body.count)
    unsafe body.withUnsafeBytes { unsafe message.append(bytes: $0) }
    let bytes = message.copyBytes()
    guard TypeMetadata(try type(from: bytes)) == metadata else {
      throw refusal(metadata, "what names it in this process gives another type")
    }
    return bytes
  }

  fileprivate static func refusal(_ type: TypeMetadata, _ reason: String) -> TransferError {
    .typeNotTransferable(
      type: type.name,
      reason: "type '\(type.name)' cannot be named in another process: \(reason); use structs,"
        + " enums, classes and tuples")
  }

  private static func hash(_ bytes: [UInt8]) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a, then mixed
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return UInt32(truncatingIfNeeded: (hash &* 0x94D0_49BB_1331_11EB) >> 32)
  }
}

// MARK: - Encoding

private struct TypeEncoder: ~Copyable {
  var writer = ByteWriter()

  mutating func type(_ metadata: TypeMetadata, depth: Int) throws(TransferError) {
    guard depth < TypeCode.depthLimit else {
      throw TypeCode.refusal(metadata, "it is nested more than \(TypeCode.depthLimit) deep")
    }
    if metadata.kind == .tuple {
      let elements = metadata.tupleElements
      writer.append(TypeCode.Form.tuple.rawValue)
      writer.append(count: elements.count)
      for element in elements { try type(element.type, depth: depth + 1) }
      writer.append(text: metadata.tupleLabels)
      return
    }
    guard let descriptor = metadata.descriptor else {
      throw TypeCode.refusal(metadata, "it is \(TypeCode.describe(metadata.kind))")
    }
    writer.append(TypeCode.Form.nominal.rawValue)
    writer.append(
      try ImageTable.reference(
        to: descriptor.address.bits, .data, what: "the description of '\(metadata.name)'"))
    if descriptor.isGeneric { try arguments(of: metadata, descriptor, depth: depth) }
  }

  private mutating func arguments(
    of metadata: TypeMetadata, _ descriptor: TypeDescriptor, depth: Int
  ) throws(TransferError) {
    guard let signature = descriptor.genericSignature,
      let arguments = metadata.genericArguments(descriptor)
    else { throw TypeCode.refusal(metadata, "its generic parameters are of an unknown kind") }
    func packCount(_ slot: Int) -> Int? {
      signature.packShapes[slot].map { Int(arguments.word(8 * $0)) }
    }
    func packStart(_ slot: Int) -> RuntimeAddress {
      RuntimeAddress(arguments.word(8 * slot) & ~1)
    }
    var slot = signature.shapeCount
    for parameter in signature.parameters {
      defer { slot += 1 }
      switch parameter {
      case .type:
        try type(TypeMetadata(RuntimeAddress(arguments.word(8 * slot))), depth: depth + 1)
      case .value:
        writer.append(arguments.word(8 * slot))
      case .pack:
        guard let count = packCount(slot) else {
          throw TypeCode.refusal(metadata, "a parameter pack has no shape")
        }
        writer.append(count: count)
        for index in 0..<count {
          try type(
            TypeMetadata(RuntimeAddress(packStart(slot).word(8 * index))), depth: depth + 1)
        }
      }
    }
    for requirement in signature.requirements {
      defer { slot += 1 }
      guard requirement.isPack else {
        try witness(
          arguments.word(8 * slot), requirement, of: metadata, descriptor, arguments)
        continue
      }
      guard let count = packCount(slot) else {
        throw TypeCode.refusal(metadata, "a parameter pack has no shape")
      }
      writer.append(count: count)
      for index in 0..<count {
        let table = packStart(slot).word(8 * index)
        guard ImageTable.contains(table) else {
          throw TypeCode.refusal(metadata, "a conformance in a parameter pack is made at run time")
        }
        writer.append(try ImageTable.reference(to: table, .data, what: "a conformance"))
      }
    }
  }

  private mutating func witness(
    _ table: UInt, _ requirement: GenericSignature.Requirement, of metadata: TypeMetadata,
    _ descriptor: TypeDescriptor, _ arguments: RuntimeAddress
  ) throws(TransferError) {
    if ImageTable.contains(table) {
      writer.append(UInt8(0))
      writer.append(try ImageTable.reference(to: table, .data, what: "a conformance"))
      return
    }
    // Made at run time for a generic type: the receiver makes its own, if the look-up is sure.
    guard
      TypeCode.lookUpWitness(requirement, in: descriptor, arguments: arguments) == table
    else { throw TypeCode.refusal(metadata, "one of its conformances has no fixed place") }
    writer.append(UInt8(1))
  }
}

extension TypeCode {
  fileprivate static func lookUpWitness(
    _ requirement: GenericSignature.Requirement, in descriptor: TypeDescriptor,
    arguments: RuntimeAddress
  ) -> UInt? {
    guard
      let subject = MangledName(requirement.subject).type(in: descriptor, arguments: arguments)
    else { return nil }
    let table = echelon_type_conformance(
      subject.address.bits, requirement.protocolDescriptor.bits)
    return table == 0 ? nil : table
  }

  static func describe(_ kind: TypeMetadata.Kind?) -> String {
    switch kind {
    case .function: "a function"
    case .existential, .extendedExistential: "a protocol type ('any')"
    case .metatype, .existentialMetatype: "a type of types"
    case .class, .foreignClass, .objectiveCClass: "a class"
    default: "a built-in of the compiler"
    }
  }
}

// MARK: - Decoding

private struct TypeDecoder {
  var reader: ByteReader

  mutating func type(depth: Int) throws(TransferError) -> TypeMetadata {
    guard depth < TypeCode.depthLimit else { throw .malformed(what: "a type is nested too deep") }
    switch TypeCode.Form(rawValue: try reader.read(UInt8.self)) {
    case .nominal: return try nominal(depth: depth)
    case .tuple: return try tuple(depth: depth)
    case nil: throw .malformed(what: "a type is of an unknown kind")
    }
  }

  private mutating func tuple(depth: Int) throws(TransferError) -> TypeMetadata {
    let elements = try pack(depth: depth)
    let labels = try reader.readText()
    let found = unsafe labels.withCString { labels in
      // SAFETY: the runtime copies labels and elements; no labels are told by a null pointer.
      unsafe echelon_type_tuple(elements, elements.count, labels[0] == 0 ? nil : labels)
    }
    return try made(found)
  }

  private mutating func nominal(depth: Int) throws(TransferError) -> TypeMetadata {
    let place = RuntimeAddress(try ImageTable.address(of: reader.read(), .data))
    let descriptor = TypeDescriptor(place)
    guard descriptor.kind != nil, let access = descriptor.accessFunction else {
      throw .malformed(what: "the description of a type is of an unknown kind")
    }
    guard descriptor.isGeneric else { return try made(echelon_type_access(access.bits, nil, 0)) }
    guard let signature = descriptor.genericSignature else {
      throw .malformed(what: "the description of a generic type is of an unknown kind")
    }
    let arguments = try arguments(signature, descriptor, depth: depth)
    // SAFETY: as many arguments as the description asks for, in its order.
    return try made(unsafe echelon_type_access(access.bits, arguments, arguments.count))
  }

  private mutating func arguments(
    _ signature: GenericSignature, _ descriptor: TypeDescriptor, depth: Int
  ) throws(TransferError) -> [UInt] {
    var arguments = [UInt](repeating: 0, count: signature.keyCount)
    var slot = signature.shapeCount
    for parameter in signature.parameters {
      defer { slot += 1 }
      switch parameter {
      case .type: arguments[slot] = try type(depth: depth + 1).address.bits
      case .value: arguments[slot] = try reader.read()
      case .pack:
        let elements = try pack(depth: depth)
        guard let shape = signature.packShapes[slot] else {
          throw .malformed(what: "a parameter pack has no shape")
        }
        arguments[shape] = UInt(elements.count)
        // SAFETY: the runtime copies the elements.
        arguments[slot] = unsafe echelon_type_pack(elements, elements.count)
      }
    }
    for requirement in signature.requirements {
      defer { slot += 1 }
      arguments[slot] =
        try requirement.isPack
        ? witnessPack() : witness(requirement, descriptor, arguments)
    }
    return arguments
  }

  private mutating func pack(depth: Int) throws(TransferError) -> [UInt] {
    var elements: [UInt] = []
    for _ in 0..<(try reader.readCount(ofThingsTaking: 2)) {
      elements.append(try type(depth: depth + 1).address.bits)
    }
    return elements
  }

  private mutating func witness(
    _ requirement: GenericSignature.Requirement, _ descriptor: TypeDescriptor, _ arguments: [UInt]
  ) throws(TransferError) -> UInt {
    if try reader.read(UInt8.self) == 0 { return try ImageTable.address(of: reader.read(), .data) }
    // SAFETY: the arguments so far are enough for the requirement: those it depends on come first.
    let found = unsafe arguments.withUnsafeBufferPointer { arguments in
      TypeCode.lookUpWitness(
        requirement, in: descriptor,
        arguments: RuntimeAddress(UInt(bitPattern: arguments.baseAddress)))
    }
    guard let found else {
      throw .malformed(what: "a type does not conform as it did in the sender")
    }
    return found
  }

  private mutating func witnessPack() throws(TransferError) -> UInt {
    var tables: [UInt] = []
    for _ in 0..<(try reader.readCount(ofThingsTaking: 12)) {
      tables.append(try ImageTable.address(of: reader.read(), .data))
    }
    // SAFETY: the runtime copies the tables.
    return unsafe echelon_witness_pack(tables, tables.count)
  }

  private func made(_ metadata: UInt) throws(TransferError) -> TypeMetadata {
    guard metadata != 0 else { throw .malformed(what: "a type could not be made") }
    return TypeMetadata(RuntimeAddress(metadata))
  }
}
