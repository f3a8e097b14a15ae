internal import CEchelon

/// A Swift function value as it lies in memory: code, and the context that its captures live in.
///
///     function := 0 code                                   no context
///               | 1 code box seal capture*                 a context of captured values
///               | 2 code box count binding* seal capture*  one that depends on generic bindings
///               | 3 code array                             an array that is the context itself
///     capture  := value (as its type travels) | function | 0 (no function) | 1 function
///     binding  := 0 type | 1 place | 2 number protocol (that type's conformance to it)
///     array    := 0 place (static data) | 1 type elements | 2 type handle (an object)
///
/// where `code`, `box` and `place` are references into images. The code of an `async` function is a
/// record in static data that says where it is; 4 is then added to the first number, so that code is never
/// taken for such a record, or the other way round. What a context holds, and how many
/// captures there are, the receiver reads from the box, which is static data of the image it shares
/// with the sender; the seal finds damage by which a code would meet a box that is not its own.
struct FunctionWords: BitwiseCopyable {
  var code: UInt
  var context: UInt

  enum Kind: UInt8, Sendable {
    case synchronous = 0
    case asynchronous = 4

    /// What the first word of a function points to.
    fileprivate var image: ImageTable.Kind { self == .synchronous ? .code : .data }
  }

  private enum Form: UInt8 {
    case plain = 0, boxed, generic, array

    func number(_ kind: Kind) -> UInt8 { rawValue + kind.rawValue }
  }

  /// How deep functions may capture functions.
  private static let depthLimit = 64

  // MARK: Writing

  func encode(_ kind: Kind, into writer: inout ByteWriter, depth: Int = 0) throws(TransferError) {
    guard depth < Self.depthLimit else {
      throw .functionNotTransferable(
        reason: "a function is wrapped in more than \(Self.depthLimit) others; pass it directly")
    }
    let place = try ImageTable.reference(to: code, kind.image, what: "a function")
    guard context != 0 else {
      writer.append(Form.plain.number(kind))
      writer.append(place)
      return
    }
    let context = ClosureContext(RuntimeAddress(context))
    let box = BoxMetadata(context.metadata)
    switch box.kind {
    case .heapLocalVariable where box.bindingCount == 0:
      let plan = try CapturePlan.plan(for: box)
      writer.append(Form.boxed.number(kind))
      writer.append(place)
      writer.append(plan.box)
      writer.append(Self.seal(place, plan.box))
      try Self.encode(context, plan, into: &writer, depth: depth)
    case .heapLocalVariable:
      let bindings = try ContextBindings(of: context, box)
      let plan = try CapturePlan.make(box, in: bindings.environment)
      writer.append(Form.generic.number(kind))
      writer.append(place)
      writer.append(plan.box)
      try bindings.encode(into: &writer)
      writer.append(Self.seal(place, plan.box))
      try Self.encode(context, plan, into: &writer, depth: depth)
    case .heapGenericLocalVariable:
      throw .capturedVariable(nil)
    default:
      let start = writer.count
      writer.append(Form.array.number(kind))
      writer.append(place)
      do throws(TransferError) {
        try CapturedArray.encode(context, into: &writer)
      } catch {
        writer.rewind(to: start)
        throw error
      }
    }
  }

  private static func encode(
    _ context: ClosureContext, _ plan: CapturePlan, into writer: inout ByteWriter, depth: Int
  ) throws(TransferError) {
    for capture in plan.captures {
      let address = context.address + capture.offset
      switch capture.form {
      case .value(let value):
        // SAFETY: the box says that a value of the plan's type is there, and the closure that is
        // being encoded keeps it alive.
        try unsafe value.encode(
          at: UnsafeRawPointer(bitPattern: address.bits).unsafelyUnwrapped, into: &writer)
      case .function(let kind):
        try address.load(0, as: FunctionWords.self).encode(kind, into: &writer, depth: depth + 1)
      case .optionalFunction(let kind):
        let function = address.load(0, as: FunctionWords.self)
        writer.append(UInt8(function.code == 0 ? 0 : 1))
        if function.code != 0 { try function.encode(kind, into: &writer, depth: depth + 1) }
      }
    }
  }

  private static func seal(_ code: ImageReference, _ box: ImageReference) -> UInt32 {
    var mixed = UInt64(code.check) << 32 | UInt64(box.check)
    mixed = (mixed ^ UInt64(code.offset)) &* 0xBF58_476D_1CE4_E5B9
    mixed ^= mixed >> 29 ^ UInt64(box.offset)
    return UInt32(truncatingIfNeeded: (mixed &* 0x94D0_49BB_1331_11EB) >> 32)
  }

  // MARK: Reading

  /// The same function in this process. The caller owns one reference to its context.
  static func decode(
    _ kind: Kind, from reader: inout ByteReader, depth: Int = 0
  ) throws(TransferError) -> FunctionWords {
    let number = try reader.read(UInt8.self)
    guard let form = Form(rawValue: number &- kind.rawValue), depth < depthLimit else {
      throw .malformed(what: "a function's form is \(number), \(depth) deep")
    }
    let place = try reader.read(ImageReference.self)
    let code = try ImageTable.address(of: place, kind.image)
    if kind == .asynchronous, AsyncFunctionRecord(at: code) == nil {
      throw .malformed(what: "an async function is none")
    }
    switch form {
    case .plain:
      return FunctionWords(code: code, context: 0)
    case .array:
      return FunctionWords(code: code, context: try CapturedArray.decode(from: &reader))
    case .boxed:
      let (reference, box) = try readBox(from: &reader)
      try readSeal(place, reference, from: &reader)
      guard box.bindingCount == 0 else { throw malformedBox }
      let context = try decode(
        try CapturePlan.plan(for: box), box, bindings: [], from: &reader, depth: depth)
      return FunctionWords(code: code, context: context)
    case .generic:
      let (reference, box) = try readBox(from: &reader)
      let bindings = try ContextBindings(for: box, from: &reader)
      try readSeal(place, reference, from: &reader)
      let context = try decode(
        try CapturePlan.make(box, in: bindings.environment), box, bindings: bindings.words,
        from: &reader, depth: depth)
      return FunctionWords(code: code, context: context)
    }
  }

  private static var malformedBox: TransferError {
    .malformed(what: "a closure's description is of another kind")
  }

  private static func readBox(
    from reader: inout ByteReader
  ) throws(TransferError) -> (ImageReference, BoxMetadata) {
    let reference = try reader.read(ImageReference.self)
    let box = BoxMetadata(RuntimeAddress(try ImageTable.address(of: reference, .data)))
    guard box.address.isAligned, box.kind == .heapLocalVariable else { throw malformedBox }
    return (reference, box)
  }

  private static func readSeal(
    _ code: ImageReference, _ box: ImageReference, from reader: inout ByteReader
  ) throws(TransferError) {
    guard try reader.read(UInt32.self) == seal(code, box) else {
      throw .malformed(what: "a closure's code and captures do not belong together")
    }
  }

  /// A new context with the next values in it.
  private static func decode(
    _ plan: CapturePlan, _ box: BoxMetadata, bindings: [UInt], from reader: inout ByteReader,
    depth: Int
  ) throws(TransferError) -> UInt {
    let context = echelon_context_allocate(box.address.bits, plan.byteCount, plan.alignment)
    // SAFETY: the runtime gave as many bytes, which start with a header and are laid out as the
    // compiler laid out the original: it has the same description. Each value moves to its place; when
    // one fails, those before it are destroyed, and what is freed holds nothing.
    let base = unsafe UnsafeMutableRawPointer(bitPattern: context).unsafelyUnwrapped
    for (index, word) in bindings.enumerated() {
      unsafe base.storeBytes(
        of: word, toByteOffset: ClosureContext.headerSize + 8 * index, as: UInt.self)
    }
    var done = 0
    do throws(TransferError) {
      for capture in plan.captures {
        try unsafe decode(capture.form, to: base + capture.offset, from: &reader, depth: depth)
        done += 1
      }
    } catch {
      for capture in plan.captures[..<done].reversed() {
        unsafe destroy(capture.form, at: base + capture.offset)
      }
      echelon_context_discard(context, plan.byteCount, plan.alignment)
      throw error
    }
    return context
  }

  @unsafe private static func decode(
    _ form: CapturePlan.Form, to address: UnsafeMutableRawPointer, from reader: inout ByteReader,
    depth: Int
  ) throws(TransferError) {
    var function = FunctionWords(code: 0, context: 0)
    switch form {
    case .value(let plan):
      return try unsafe plan.decode(to: address, from: &reader)
    case .function(let kind):
      function = try decode(kind, from: &reader, depth: depth + 1)
    case .optionalFunction(let kind):
      switch try reader.read(UInt8.self) {
      case 0: break
      case 1: function = try decode(kind, from: &reader, depth: depth + 1)
      default: throw .malformed(what: "an optional function is neither nil nor a function")
      }
    }
    unsafe address.storeBytes(of: function, as: FunctionWords.self)
  }

  @unsafe private static func destroy(
    _ form: CapturePlan.Form, at address: UnsafeMutableRawPointer
  ) {
    switch form {
    case .value(let plan): unsafe plan.destroy(at: address)
    case .function, .optionalFunction: unsafe address.load(as: FunctionWords.self).release()
    }
  }

  /// Gives up one reference to the context.
  func release() {
    if context != 0 { echelon_context_release(context) }
  }
}

/// A number for a text of the program: where it lies.
package func identity(of text: StaticString) -> UInt {
  text.hasPointerRepresentation
    ? unsafe UInt(bitPattern: text.utf8Start) : UInt(text.unicodeScalar.value)
}

/// The function that a call is of, by its place in an image; for messages.
package struct CalledFunction: Sendable {
  private let place: ImageReference
  /// What that captured first, if it is a function.
  private let inner: ImageReference?

  /// Reads the beginning of a call.
  package init?(_ message: borrowing ByteWriter) {
    let places: (ImageReference, ImageReference?)? = unsafe message.withBytes { bytes in
      var reader = unsafe ByteReader(bytes)
      do throws(TransferError) {
        let form = try reader.read(UInt8.self)
        let place = try reader.read(ImageReference.self)
        guard form & 3 == 1 else { return (place, nil) }
        _ = try reader.read(ImageReference.self)
        _ = try reader.read(UInt32.self)
        guard try reader.read(UInt8.self) & 3 <= 2 else { return (place, nil) }
        return (place, try reader.read(ImageReference.self))
      } catch {
        return nil
      }
    }
    guard let places else { return nil }
    (place, inner) = places
  }

  /// A number that no other function is likely to have.
  package var identity: UInt {
    // `check` is a hash of the image and the offset.
    let outer = UInt64(place.check) << 32 | UInt64(place.offset)
    guard let inner else { return UInt(outer) }
    let rest = UInt64(inner.check) << 32 | UInt64(inner.offset)
    return UInt(outer ^ rest &* 0xBF58_476D_1CE4_E5B9)
  }

  /// Its demangled symbol, or image and offset; nil when only a wrapper around it is known. Reads the
  /// symbols of the program's file.
  package var name: String? { Self.name(place) ?? inner.flatMap(Self.name) }

  private static func name(_ place: ImageReference) -> String? {
    guard let code = try? ImageTable.address(of: place, .code) else { return nil }
    var name = describeFunction(atCode: code)
    let wrapper = "partial apply forwarder for "
    if name.hasPrefix(wrapper) { name.removeFirst(wrapper.count) }
    // What is handed over may be wrapped once more; what is meant is inside.
    return name.hasPrefix("reabstraction thunk") ? nil : name
  }
}

/// What a function is called, as far as the image tells: its demangled symbol, or image and offset.
///
/// Found once for each: what an executable does not export is looked for among all symbols of its file, which takes some 0.2 ms.
func describeFunction(atCode code: UInt) -> String {
  guard code != 0 else { return findName(ofCode: code) }
  return functionNames.value(for: code) { FunctionName(text: findName(ofCode: code)) }.text
}

private let functionNames = PermanentCache<FunctionName>()

private final class FunctionName: Sendable {
  let text: String

  init(text: String) { self.text = text }
}

private func findName(ofCode code: UInt) -> String {
  // SAFETY: a symbol's name lives as long as its image; the demangled copy is freed here.
  if let symbol = unsafe echelon_symbol_name(code) {
    guard let demangled = unsafe echelon_demangle(symbol) else {
      return unsafe String(cString: symbol)
    }
    defer { unsafe echelon_free(demangled) }
    return unsafe String(cString: demangled)
  }
  guard let place = try? ImageTable.reference(to: code, .code, what: "a function") else {
    return "0x" + String(code, radix: 16)
  }
  let image = ImageTable.name(ofImage: place.image) ?? "an image"
  return "function at offset 0x\(String(place.offset, radix: 16)) of \(image)"
}
