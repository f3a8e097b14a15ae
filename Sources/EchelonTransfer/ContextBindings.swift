/// The generic bindings at the start of a closure context: the types, and the conformances, that the
/// generic code around the closure was called with.
struct ContextBindings {
  /// The words as they lie in the context.
  let words: [UInt]
  /// The types among them.
  let environment: GenericEnvironment
  private let typeIndices: [Int]

  /// Those of a context of this process.
  init(of context: ClosureContext, _ box: BoxMetadata) throws(TransferError) {
    self.init(
      words: (0..<box.bindingCount).map {
        context.address.word(ClosureContext.headerSize + 8 * $0)
      }, typeIndices: try Self.typeIndices(of: box))
  }

  private init(words: [UInt], typeIndices: [Int]) {
    self.words = words
    self.typeIndices = typeIndices
    environment = GenericEnvironment(
      arguments: typeIndices.map { TypeMetadata(RuntimeAddress(words[$0])) })
  }

  private static func typeIndices(of box: BoxMetadata) throws(TransferError) -> [Int] {
    guard let indices = box.parameterBindings else { throw refusal }
    return indices
  }

  private static var refusal: TransferError { refusal("generic types of the code around it") }

  private static func refusal(_ what: String) -> TransferError {
    .captureNotTransferable(
      captured: "\(what), which cannot be resolved",
      advice: "pass what it needs as arguments, or make the closure where the types are known")
  }

  func encode(into writer: inout ByteWriter) throws(TransferError) {
    writer.append(count: words.count)
    for (index, word) in words.enumerated() {
      if typeIndices.contains(index) {
        writer.append(UInt8(0))
        try TypeCode.encode(TypeMetadata(RuntimeAddress(word)).type, into: &writer)
      } else {
        try encode(other: word, into: &writer)
      }
    }
  }

  /// A conformance, or a type that no capture mentions.
  private func encode(other word: UInt, into writer: inout ByteWriter) throws(TransferError) {
    if ImageTable.contains(word) {
      writer.append(UInt8(1))
      writer.append(try ImageTable.reference(to: word, .data, what: "a conformance"))
      return
    }
    // Made at run time: the receiver makes its own, of one of the types, if that is sure to be the same.
    if let descriptor = WitnessTable.protocolDescriptor(ofTable: word) {
      for (number, type) in environment.arguments.enumerated()
      where WitnessTable.find(type, descriptor) == word {
        writer.append(UInt8(2))
        writer.append(count: number)
        writer.append(
          try ImageTable.reference(to: descriptor.bits, .data, what: "a protocol"))
        return
      }
    }
    let names = environment.arguments.map { "'\($0.name)'" }.joined(separator: ", ")
    throw Self.refusal(
      "what the code around it knows of its generic types" + (names.isEmpty ? "" : " (\(names))"))
  }

  /// The next bindings, for a context of `box`.
  init(for box: BoxMetadata, from reader: inout ByteReader) throws(TransferError) {
    let count = try reader.readCount(ofThingsTaking: 3)
    let typeIndices = try Self.typeIndices(of: box)
    guard count == box.bindingCount, count > 0 else {
      throw .malformed(what: "a closure has another number of generic bindings")
    }
    var words: [UInt] = []
    for index in 0..<count {
      let form = try reader.read(UInt8.self)
      guard (form == 0) == typeIndices.contains(index) else {
        throw .malformed(what: "a generic binding is not of its kind")
      }
      switch form {
      case 0: words.append(TypeMetadata(try TypeCode.decode(from: &reader)).address.bits)
      case 1: words.append(try ImageTable.address(of: reader.read(), .data))
      case 2: words.append(try Self.table(from: &reader, words, typeIndices))
      default: throw .malformed(what: "a generic binding is of an unknown form")
      }
    }
    self.init(words: words, typeIndices: typeIndices)
  }

  /// The next conformance, of one of the types before it.
  private static func table(
    from reader: inout ByteReader, _ words: [UInt], _ typeIndices: [Int]
  ) throws(TransferError) -> UInt {
    let number = try reader.readCount()
    let descriptor = RuntimeAddress(try ImageTable.address(of: reader.read(), .data))
    guard typeIndices.indices.contains(number), words.indices.contains(typeIndices[number]),
      WitnessTable.isProtocol(descriptor)
    else { throw .malformed(what: "a conformance is to no protocol, or of no type") }
    let type = TypeMetadata(RuntimeAddress(words[typeIndices[number]]))
    guard let table = WitnessTable.find(type, descriptor) else {
      throw .malformed(what: "a type does not conform as it did in the sender")
    }
    return table
  }
}
