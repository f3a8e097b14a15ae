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

  private static var refusal: TransferError {
    .captureNotTransferable(
      captured: "generic types of the code around it, which cannot be resolved",
      advice: "pass what it needs as arguments, or make the closure where the types are known")
  }

  func encode(into writer: inout ByteWriter) throws(TransferError) {
    writer.append(count: words.count)
    for (index, word) in words.enumerated() {
      if typeIndices.contains(index) {
        writer.append(UInt8(0))
        try TypeCode.encode(TypeMetadata(RuntimeAddress(word)).type, into: &writer)
      } else {
        // A conformance, or a type that no capture mentions. One that was made at run time has no
        // place that another process could find.
        guard ImageTable.contains(word) else { throw Self.refusal }
        writer.append(UInt8(1))
        writer.append(try ImageTable.reference(to: word, .data, what: "a conformance"))
      }
    }
  }

  /// The next bindings, for a context of `box`.
  init(for box: BoxMetadata, from reader: inout ByteReader) throws(TransferError) {
    let count = try reader.readCount(ofThingsTaking: 13)
    let typeIndices = try Self.typeIndices(of: box)
    guard count == box.bindingCount, count > 0 else {
      throw .malformed(what: "a closure has another number of generic bindings")
    }
    var words: [UInt] = []
    for index in 0..<count {
      let isType = try reader.read(UInt8.self) == 0
      guard isType == typeIndices.contains(index) else {
        throw .malformed(what: "a generic binding is not of its kind")
      }
      words.append(
        isType
          ? TypeMetadata(try TypeCode.decode(from: &reader)).address.bits
          : try ImageTable.address(of: reader.read(), .data))
    }
    self.init(words: words, typeIndices: typeIndices)
  }
}
