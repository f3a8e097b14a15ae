internal import CEchelon

/// A closure context that is the one array the closure captures: its storage, without a box around; or
/// the one object, of those that travel by handle.
///
/// The same object may be captured as an `Array`, a `ContiguousArray` or a struct that stores nothing
/// but one. They are all one pointer to it, so the storage of an equal array takes its place.
enum CapturedArray {
  private enum Form: UInt8 {
    case `static` = 0, elements, handle
  }

  static func encode(
    _ context: ClosureContext, into writer: inout ByteWriter
  ) throws(TransferError) {
    let metadata = TypeMetadata(context.metadata)
    guard metadata.kind == .class else {
      throw .captureNotTransferable(
        captured: metadata.address.word(0) == errorObjectKind
          ? "a value of the protocol type 'any Error'" : "an object of unknown kind",
        advice: "capture a Codable value instead")
    }
    if ArrayStorage.isStatic(class: metadata), ImageTable.contains(context.address.bits) {
      writer.append(Form.static.rawValue)
      writer.append(
        try ImageTable.reference(to: context.address.bits, .data, what: "a constant array"))
      return
    }
    guard let element = ArrayStorage.element(ofClass: metadata) else {
      guard metadata.type is any HandleTransferable.Type else {
        throw .capturedObject(metadata.name)
      }
      writer.append(Form.handle.rawValue)
      try encode(context, as: metadata, into: &writer)
      return
    }
    let plan = try plan(element)
    writer.append(Form.elements.rawValue)
    try TypeCode.encode(element.type, into: &writer)
    try encode(context, by: plan, into: &writer)
  }

  /// An object that travels by handle.
  private static func encode(
    _ context: ClosureContext, as type: TypeMetadata, into writer: inout ByteWriter
  ) throws(TransferError) {
    try TypeCode.encode(type.type, into: &writer)
    try encode(context, by: TransferPlan.plan(for: type.type), into: &writer)
  }

  private static func encode(
    _ context: ClosureContext, by plan: TransferPlan, into writer: inout ByteWriter
  ) throws(TransferError) {
    // SAFETY: one pointer, which is what an array or an object is; the closure that is being encoded
    // keeps it.
    try unsafe withUnsafePointer(to: context.address.bits) { words throws(TransferError) in
      try unsafe plan.encode(at: UnsafeRawPointer(words), into: &writer)
    }
  }

  /// The storage of the next array; the caller owns one reference to it.
  static func decode(from reader: inout ByteReader) throws(TransferError) -> UInt {
    switch Form(rawValue: try reader.read(UInt8.self)) {
    case .static:
      let address = RuntimeAddress(try ImageTable.address(of: reader.read(), .data))
      guard address.isAligned,
        ArrayStorage.isStatic(class: TypeMetadata(RuntimeAddress(address.word(0))))
      else { throw .malformed(what: "a constant array is none") }
      echelon_context_retain(address.bits)
      return address.bits
    case .elements:
      return try decode(
        by: try plan(TypeMetadata(try TypeCode.decode(from: &reader))), from: &reader)
    case .handle:
      let type = TypeMetadata(try TypeCode.decode(from: &reader))
      guard type.kind == .class, type.type is any HandleTransferable.Type else {
        throw .malformed(what: "a captured object is none that travels by handle")
      }
      return try decode(by: TransferPlan.plan(for: type.type), from: &reader)
    case nil:
      throw .malformed(what: "a captured array is of an unknown form")
    }
  }

  private static func decode(
    by plan: TransferPlan, from reader: inout ByteReader
  ) throws(TransferError) -> UInt {
    var word: UInt = 0
    // SAFETY: room for an array or an object, which is one pointer, owned from here on by `word`.
    try unsafe withUnsafeMutablePointer(to: &word) { word throws(TransferError) in
      try unsafe plan.decode(to: UnsafeMutableRawPointer(word), from: &reader)
    }
    return word
  }

  /// `MetadataKind::ErrorObject`.
  private static let errorObjectKind: UInt = 0x501

  private static func plan(_ element: TypeMetadata) throws(TransferError) -> TransferPlan {
    if let refusal = element.captureRefusal { throw refusal }
    let plan = _openExistential(element.type, do: arrayPlan)
    guard plan.refusal == nil else {
      // The runtime keeps objects of all classes as `AnyObject`.
      let isObject = element.type == AnyObject.self
      throw .captureNotTransferable(
        captured: isObject ? "an array of objects" : "a value of type 'Array<\(element.name)>'",
        advice: isObject
          ? "objects stay in their process: capture an array of their values"
          : element.refusedPart().captureAdvice)
    }
    return plan
  }
}

private func arrayPlan<Element>(_: Element.Type) -> TransferPlan {
  TransferPlan.plan(for: [Element].self)
}
