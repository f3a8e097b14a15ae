internal import CEchelon

/// A Swift function value as it lies in memory: code, and the context that its captures live in.
///
/// What can travel: functions without a context, and contexts that hold nothing but such functions,
/// to any depth (what debug builds make of a reference to a function: a thunk that captures it).
/// Any other capture is refused by name. To transfer captured values too, extend `Capture`.
///
///     function := 0 code                                  no context
///               | 1 code box count function*              a context of captured functions
///
/// where `code` and `box` are references into images.
struct FunctionWords: BitwiseCopyable {
  var code: UInt
  var context: UInt

  private static let depthLimit = 16

  /// What a closure context may hold: the one place that decides which captures travel.
  private enum Capture {
    case function

    init(_ type: MangledName) throws(TransferError) {
      guard type.isThickFunction || type.type()?.isThickFunction == true else {
        throw .captureNotTransferable(captured: type.description)
      }
      self = .function
    }

    var size: Int { MemoryLayout<FunctionWords>.size }
    var alignment: Int { MemoryLayout<FunctionWords>.alignment }

    /// Checks every capture of `box`, or says why it can't travel.
    static func all(of box: BoxMetadata) throws(TransferError) -> [Capture] {
      if box.hasGenericBindings {
        // Names that mention a generic parameter must not be resolved here: without the bindings the
        // runtime ends the process.
        let types = (box.captures ?? []).filter(\.isStandardType).compactMap { $0.type()?.name }
          .map { "'\($0)'" }
        throw .captureNotTransferable(
          captured: "a generic type of the function around it"
            + (types.isEmpty ? "" : " (with \(types.joined(separator: ", ")))"))
      }
      guard let types = box.captures, !types.isEmpty,
        box.firstCaptureOffset == ClosureContext.headerSize
      else {
        throw .captureNotTransferable(captured: "something the compiler kept no record of")
      }
      var captures: [Capture] = []
      for type in types { captures.append(try Capture(type)) }
      return captures
    }
  }

  // MARK: Writing

  func encode(into writer: inout ByteWriter, depth: Int = 0) throws(TransferError) {
    guard depth < Self.depthLimit else {
      throw .functionNotTransferable(
        reason: "a function is wrapped in more than \(Self.depthLimit) others; pass it directly")
    }
    let place = try ImageTable.reference(to: code, .code, what: "a function")
    guard context != 0 else {
      writer.append(UInt8(0))
      writer.append(place)
      return
    }
    let context = ClosureContext(RuntimeAddress(context))
    let box = try Self.box(of: context)
    let captures = try Capture.all(of: box)
    writer.append(UInt8(1))
    writer.append(place)
    writer.append(
      try ImageTable.reference(to: box.address.bits, .data, what: "a closure's description"))
    writer.append(count: captures.count)
    var address = context.address + box.firstCaptureOffset
    for capture in captures {
      try address.load(0, as: FunctionWords.self).encode(into: &writer, depth: depth + 1)
      address = address + capture.size
    }
  }

  /// The box of a context, or an error naming what is captured instead.
  private static func box(of context: ClosureContext) throws(TransferError) -> BoxMetadata {
    switch context.metadata.kind {
    case .heapLocalVariable: return context.metadata
    case .heapGenericLocalVariable:
      throw .captureNotTransferable(captured: "a variable ('var') of the function around it")
    default:
      guard let name = context.capturedObjectName else {
        throw .captureNotTransferable(captured: "an object of unknown kind")
      }
      throw .captureNotTransferable(captured: describe(capturedObject: name))
    }
  }

  /// Collections are one object each; name them as they are written.
  private static func describe(capturedObject name: String) -> String {
    if name == "__EmptyArrayStorage" { return "an empty array" }
    for (storage, collection) in [
      ("_ContiguousArrayStorage", "Array"), ("_DictionaryStorage", "Dictionary"),
      ("_SetStorage", "Set"),
    ] where name.hasPrefix(storage + "<") {
      return "a value of type '\(collection)\(name.dropFirst(storage.count))'"
    }
    return "an instance of the class '\(name)'"
  }

  // MARK: Reading

  /// The same function in this process. The caller owns one reference to its context.
  static func decode(from reader: inout ByteReader, depth: Int = 0) throws(TransferError)
    -> FunctionWords
  {
    let form = try reader.read(UInt8.self)
    guard form <= 1, depth < depthLimit else {
      throw .malformed(what: "a function's form is \(form)")
    }
    let code = try ImageTable.address(of: reader.read(), .code)
    if form == 0 { return FunctionWords(code: code, context: 0) }

    let box = BoxMetadata(RuntimeAddress(try ImageTable.address(of: reader.read(), .data)))
    guard box.kind == .heapLocalVariable, !box.hasGenericBindings else {
      throw .malformed(what: "a closure's description is of another kind")
    }
    let captures = try Capture.all(of: box)
    guard try reader.readCount(ofThingsTaking: 1) == captures.count else {
      throw .malformed(what: "a closure holds another number of captures than its description")
    }
    var decoded: [FunctionWords] = []
    do {
      for _ in captures { decoded.append(try decode(from: &reader, depth: depth + 1)) }
    } catch {
      for function in decoded { function.release() }
      throw error
    }
    let size = captures.reduce(box.firstCaptureOffset) { $0 + $1.size }
    let context = echelon_context_allocate(box.address.bits, size)
    // SAFETY: the runtime gave `size` bytes, which start with a header and are laid out as the
    // compiler laid out the original: it has the same description. The references move in.
    var next =
      unsafe UnsafeMutableRawPointer(bitPattern: context).unsafelyUnwrapped
      + box.firstCaptureOffset
    for function in decoded {
      unsafe next.storeBytes(of: function, as: FunctionWords.self)
      unsafe next += MemoryLayout<FunctionWords>.size
    }
    return FunctionWords(code: code, context: context)
  }

  /// Gives up one reference to the context.
  func release() {
    if context != 0 { echelon_context_release(context) }
  }
}

// MARK: Functions inside a generic struct

// A function passed as a generic `T` is wrapped in a thunk that depends on the place it is passed
// at. Stored in a struct it keeps the form that the struct's declaration gives it, which is the
// same for every use of the struct. So functions travel in "wrappers": structs with one stored
// property, a function, such as `FunctionCall`.

/// Appends the function that `wrapper` stores.
///
/// - Throws: `captureNotTransferable` naming what it captures.
package func encodeFunction<Wrapper>(storedIn wrapper: Wrapper, into writer: inout ByteWriter)
  throws(TransferError)
{
  try WrapperCheck.check(Wrapper.self)
  var failure: TransferError?
  unsafe withUnsafeBytes(of: wrapper) { bytes in
    // SAFETY: a wrapper is one function of two words (the check), alive during this call.
    let words = unsafe bytes.loadUnaligned(as: FunctionWords.self)
    do throws(TransferError) { try words.encode(into: &writer) } catch { failure = error }
  }
  if let failure { throw failure }
}

/// Reads a function into the same kind of wrapper that it was written from.
package func decodeFunction<Wrapper>(as _: Wrapper.Type, from reader: inout ByteReader)
  throws(TransferError) -> Wrapper
{
  try WrapperCheck.check(Wrapper.self)
  var words = try FunctionWords.decode(from: &reader)
  return unsafe withUnsafeMutableBytes(of: &words) { bytes in
    // SAFETY: a wrapper is one function of two words (the check); the reference to its context
    // moves from `words`, which does not release it.
    unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Wrapper.self).move()
  }
}

/// Remembers which types are wrappers: structs that store one plain function and nothing else.
private enum WrapperCheck {
  final class Verdict: Sendable {
    let isWrapper: Bool
    init(isWrapper: Bool) { self.isWrapper = isWrapper }
  }

  private static let known = PermanentCache<Verdict>()

  static func check<Wrapper>(_ type: Wrapper.Type) throws(TransferError) {
    let metadata = TypeMetadata(type)
    let verdict = known.value(for: metadata.address.bits) {
      let fields = metadata.structFields ?? []
      return Verdict(
        isWrapper: metadata.size == MemoryLayout<FunctionWords>.size && fields.count == 1
          && fields.allSatisfy { $0.offset == 0 && $0.type.isThickFunction })
    }
    guard verdict.isWrapper else {
      throw .functionNotTransferable(
        reason: "'\(type)' is not a struct that stores one synchronous function and nothing else")
    }
  }
}

/// What a function is called, as far as the image tells: its demangled symbol, or image and offset.
func describeFunction(atCode code: UInt) -> String {
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
