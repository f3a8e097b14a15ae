internal import CEchelon

/// Whether closures lie in memory as `RuntimeLayout` says, found once per process by sending one
/// through bytes and back.
///
/// A pool runs it when it is made, so that a toolchain with another layout is told by name at once,
/// and not by a capture that arrives as something else. What the compiler wrote down is compared with
/// what is known to be captured before a byte of a captured value is read.
package enum ClosureSelfTest {
  /// - Throws: `TransferError.closureLayoutUnknown`.
  package static func check() throws(TransferError) {
    if let failure { throw failure }
  }

  /// The part that looks at what the compiler wrote down, for a closure of the caller's: one that does not
  /// capture what the self-test's own does is a layout that is not known.
  package static func checkDescription(of body: @escaping (Double) -> String) throws(TransferError)
  {
    try checkBox(words(of: Function(body: body)))
  }

  private static let failure: TransferError? = {
    do throws(TransferError) {
      try run()
      return nil
    } catch .closureLayoutUnknown(let reason) {
      return .closureLayoutUnknown(reason: reason)
    } catch {
      return .closureLayoutUnknown(reason: "\(error)")
    }
  }()

  private struct Probe {
    var small: UInt8
    var number: Double
  }

  private struct Function {
    let body: (Double) -> String
  }

  private static func run() throws(TransferError) {
    // A number that the compiler can't know, so that nothing that depends on it becomes a constant.
    let number = Double(1 + echelon_image_generation() & 0xFF)
    let list = [number, 0.5]
    let inner = overOne(list)
    let original = overAll(
      number, "a text of more than fifteen bytes, \(number)", list,
      Probe(small: 7, number: number), inner)
    try checkArray(words(of: inner), list)
    try checkBox(words(of: original))

    var message = ByteWriter()
    try encodeFunction(storedIn: original, into: &message)
    let copy = try ByteReader.reading(message.copyBytes()) { reader throws(TransferError) in
      try decodeFunction(as: Function.self, from: &reader)
    }
    let (there, here) = (copy.body(2), original.body(2))
    guard there == here, words(of: copy).context != words(of: original).context else {
      throw .closureLayoutUnknown(reason: "a closure gives '\(there)' instead of '\(here)'")
    }
  }

  private static func words(of function: Function) -> FunctionWords {
    // SAFETY: a struct of one function is two words; they are looked at while the caller keeps it.
    unsafe unsafeBitCast(function, to: FunctionWords.self)
  }

  /// A closure whose context is an array.
  @inline(never) private static func overOne(_ list: [Double]) -> Function {
    Function { x in "\(list[0] * x)" }
  }

  /// A closure whose context is a box.
  @inline(never) private static func overAll(
    _ number: Double, _ text: String, _ list: [Double], _ probe: Probe, _ inner: Function
  ) -> Function {
    let body = inner.body
    return Function { x in
      "\(number * x) \(text) \(list) \(probe.small) \(probe.number) \(body(x))"
    }
  }

  private static func checkArray(_ words: FunctionWords, _ list: [Double]) throws(TransferError) {
    // SAFETY: only the number is compared.
    let storage = unsafe unsafeBitCast(list, to: UInt.self)
    guard words.context == storage,
      ArrayStorage.element(ofClass: TypeMetadata(RuntimeAddress(RuntimeAddress(storage).word(0))))
        == TypeMetadata(Double.self)
    else { throw .closureLayoutUnknown(reason: "an array alone is not the context itself") }
  }

  private static func checkBox(_ words: FunctionWords) throws(TransferError) {
    guard words.context != 0 else {
      throw .closureLayoutUnknown(reason: "a closure with captures has no context")
    }
    let box = BoxMetadata(ClosureContext(RuntimeAddress(words.context)).metadata)
    guard box.kind == .heapLocalVariable, box.firstOffset == ClosureContext.headerSize,
      box.bindingCount == 0, let captures = box.captures
    else { throw .closureLayoutUnknown(reason: "a context is of another kind") }
    let functions = captures.filter { $0.thickFunction != nil }.count
    let types = Set(captures.filter { $0.thickFunction == nil }.compactMap { $0.type() })
    let expected: [Any.Type] = [Double.self, String.self, [Double].self, Probe.self]
    guard captures.count == 5, functions == 1, types == Set(expected.map { TypeMetadata($0) })
    else {
      throw .closureLayoutUnknown(
        reason: "five captures are described as \(captures.map(\.readable))")
    }
  }
}
