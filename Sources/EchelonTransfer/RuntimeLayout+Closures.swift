internal import CEchelon

// Mangled names and closure contexts: the part of what RuntimeLayout.swift says that closures need.
// Further sources, in the Swift repository:
//
// - lib/IRGen/GenFunc.cpp, GenHeap.cpp   what a context holds, and when one captured object is it
// - lib/IRGen/GenReflection.cpp          capture descriptors, and those of boxes, which look the same
// - include/swift/ABI/GenericContext.h   generic environments

/// A mangled name in static data, in which the bytes below 0x20 start symbolic references.
@safe struct MangledName: Sendable {
  let address: RuntimeAddress

  init(_ address: RuntimeAddress) { self.address = address }

  /// How many bytes there are before the final zero.
  private var count: Int {
    var index = 0
    while true {
      switch address.load(index, as: UInt8.self) {
      case 0: return index
      case 0x01...0x17: index += 5  // a relative reference of four bytes
      case 0x18...0x1F: index += 9  // an absolute one of eight
      default: index += 1
      }
    }
  }

  var bytes: [UInt8] { (0..<count).map { address.load($0) } }

  /// The numbers of the generic parameters of the outermost level that are mentioned. Nil when there
  /// are others, or associated types, or something that this reading of names does not know.
  ///
  /// A name that mentions a parameter must not be looked up without its binding: the runtime ends the
  /// process.
  var outerParameters: Set<Int>? {
    let marks: [UInt8] = [UInt8(ascii: "x"), UInt8(ascii: "q"), UInt8(ascii: "Q")]
    let bytes = withoutReferences
    guard bytes.contains(where: marks.contains) else { return [] }
    var parameters: Set<Int> = []
    var rest = bytes[...]
    func number() -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self))
    }
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "1")...UInt8(ascii: "9"):  // an identifier: its length, then its text
        rest = [byte] + rest
        guard let length = number(), length <= rest.count else { return nil }
        rest = rest.dropFirst(length)
      case UInt8(ascii: "S"):  // a standard type, perhaps several times
        _ = number()
        guard rest.popFirst() != nil else { return nil }
      case UInt8(ascii: "X"):  // one of a family of operators of two letters
        guard rest.popFirst() != nil else { return nil }
      case UInt8(ascii: "x"): parameters.insert(0)
      case UInt8(ascii: "q"):  // q_ is the second parameter, q0_ the third
        let index = number().map { $0 + 2 } ?? 1
        guard rest.popFirst() == UInt8(ascii: "_") else { return nil }
        parameters.insert(index)
      case UInt8(ascii: "0"), UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "Q"): return nil
      default: continue
      }
    }
    return parameters
  }

  private var withoutReferences: [UInt8] {
    let bytes = bytes
    var found: [UInt8] = []
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case 0x01...0x17: index += 5
      case 0x18...0x1F: index += 9
      case let byte:
        found.append(byte)
        index += 1
      }
    }
    return found
  }

  /// The type this names, where `arguments` are those of a value of `context`.
  func type(in context: TypeDescriptor? = nil, arguments: RuntimeAddress? = nil) -> TypeMetadata? {
    let found = echelon_type_by_name(
      address.bits, count, context?.address.bits ?? 0, arguments?.bits ?? 0)
    return found == 0 ? nil : TypeMetadata(RuntimeAddress(found))
  }

  /// The type this names where the generic parameters are bound as `environment` says; nil when the
  /// name asks for more than that.
  func type(in environment: GenericEnvironment) -> TypeMetadata? {
    guard let parameters = outerParameters,
      parameters.allSatisfy({ $0 < environment.arguments.count })
    else { return nil }
    if parameters.isEmpty { return type() }
    return environment.withPointers { description, arguments in
      let found = echelon_type_in_environment(address.bits, count, description, arguments)
      return found == 0 ? nil : TypeMetadata(RuntimeAddress(found))
    }
  }

  /// The declaration this names, when it is nothing but a reference to one. An optimised build keeps
  /// the description of a type that is used nowhere generically, without what makes its metadata.
  var declaration: TypeDescriptor? {
    let bytes = bytes
    guard bytes.count == 5, bytes[0] == 1 || bytes[0] == 2, let place = (address + 1).relative(0)
    else { return nil }
    return TypeDescriptor(bytes[0] == 1 ? place : RuntimeAddress(place.word(0)))
  }

  /// Which thick function this is, if it is positively one: "I", "e" (escaping), "g" (guaranteed
  /// context), perhaps "h" (sendable), "H" if it is `async`, then parameter and result conventions in
  /// small letters. A representation (block, C pointer, method…), a coroutine or an isolation would be
  /// another capital letter.
  var thickFunction: FunctionWords.Kind? { Self.thickFunction(bytes[...]) }

  /// The same for an optional of such a function, which is nil when its code is null.
  var optionalThickFunction: FunctionWords.Kind? {
    let bytes = bytes
    return bytes.suffix(2) == Array("Sg".utf8)[...] ? Self.thickFunction(bytes.dropLast(2)) : nil
  }

  private static func thickFunction(_ name: ArraySlice<UInt8>) -> FunctionWords.Kind? {
    var rest = name
    guard rest.popLast() == UInt8(ascii: "_"), let start = rest.lastIndex(of: UInt8(ascii: "I"))
    else { return nil }
    var letters = rest[(start + 1)...]
    if letters.first == UInt8(ascii: "s") { letters = letters.dropFirst() }
    guard letters.starts(with: Array("eg".utf8)) else { return nil }
    letters = letters.dropFirst(2)
    if letters.first == UInt8(ascii: "h") { letters = letters.dropFirst() }
    let isAsync = letters.first == UInt8(ascii: "H")
    if isAsync { letters = letters.dropFirst() }
    guard letters.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    else { return nil }
    return isAsync ? .asynchronous : .synchronous
  }

  /// Whether the capture is a `weak` or `unowned` reference, which is stored in a form of its own:
  /// the runtime gives the plain type for such a name.
  var isNonStrongReference: Bool {
    ["Xw", "Xo", "Xu"].contains { bytes.suffix(2) == Array($0.utf8)[...] }
  }

  /// Whether the capture is the box of a variable.
  var isBox: Bool {
    ["Xx", "XX", "Xb"].contains { bytes.suffix(2) == Array($0.utf8)[...] }
      || bytes == Array("Bo".utf8)
  }

  /// The number of a generic parameter of the outermost level: `x` is 0, `q_` 1, `q0_` 2 and so on.
  var outerParameterIndex: Int? {
    let bytes = bytes
    if bytes == [UInt8(ascii: "x")] { return 0 }
    guard bytes.first == UInt8(ascii: "q"), bytes.last == UInt8(ascii: "_") else { return nil }
    if bytes.count == 2 { return 1 }
    return Int(String(decoding: bytes[1..<(bytes.count - 1)], as: UTF8.self)).map { $0 + 2 }
  }

  /// What people can make of it when there is no type.
  var readable: String { String(decoding: withoutReferences, as: UTF8.self) }
}

/// The bindings of generic parameters, all of the outermost level.
struct GenericEnvironment: Sendable {
  let arguments: [TypeMetadata]

  /// Gives `body` a description as the runtime reads it, and the arguments it describes:
  /// 12 bits of levels and 16 of requirements; the count of parameters; a byte for each, which says
  /// that it is a type and has an argument.
  func withPointers<Result>(_ body: (UInt, UInt) -> Result) -> Result {
    var description: [UInt8] = [1, 0, 0, 0]
    description.append(UInt8(arguments.count & 0xFF))
    description.append(UInt8(arguments.count >> 8 & 0xFF))
    for _ in arguments { description.append(0x80) }
    description += [0, 0, 0, 0]
    let words = arguments.map(\.address.bits)
    // SAFETY: only the numbers of the addresses are taken, for the time of the call.
    return unsafe description.withUnsafeBytes { description in
      unsafe words.withUnsafeBytes { words in
        body(UInt(bitPattern: description.baseAddress), UInt(bitPattern: words.baseAddress))
      }
    }
  }
}

/// What the first word of an `async` function points to: where its code is, relative to here, and how
/// large a frame it begins with.
@safe struct AsyncFunctionRecord {
  let address: RuntimeAddress

  /// The record at an address of an image; nil when what is there cannot be one.
  init?(at address: UInt) {
    self.address = RuntimeAddress(address)
    guard address % 4 == 0, ImageTable.contains(address &+ 7), let code = self.address.relative(0),
      ImageTable.isCode(code.bits), self.address.count32(4) < 1 << 20
    else { return nil }
    self.code = code.bits
  }

  let code: UInt
}

/// The heap object behind a closure that captures: a header of two words, then one word for each
/// generic binding, then the captures in order, each aligned for its type. When all that is captured
/// is one reference (an object, or a struct that is nothing else, such as an array), that object is
/// the context itself.
@safe struct ClosureContext: Sendable {
  static let headerSize = 16

  let address: RuntimeAddress

  init(_ address: RuntimeAddress) { self.address = address }

  /// The metadata of a box or of an object.
  var metadata: RuntimeAddress { RuntimeAddress(address.word(0)) }
}

/// The metadata of a closure context: kind, offset of what follows the header, capture descriptor.
@safe struct BoxMetadata: Sendable {
  let address: RuntimeAddress

  init(_ address: RuntimeAddress) { self.address = address }

  var kind: TypeMetadata.Kind? { TypeMetadata.Kind(rawValue: address.word(0)) }
  var firstOffset: Int { address.count32(8) }

  /// Three counts, then as many relative pointers to mangled types, then as many pairs of them.
  private var captureDescriptor: RuntimeAddress? {
    let bits = address.word(16)
    return bits == 0 ? nil : RuntimeAddress(bits)
  }

  /// How many words of bindings a context has before its captures.
  var bindingCount: Int { captureDescriptor.map { $0.count32(8) } ?? 0 }

  /// The mangled types of the captures, in order; nil when the compiler did not write them down.
  var captures: [MangledName]? {
    guard let captureDescriptor else { return nil }
    var names: [MangledName] = []
    for index in 0..<captureDescriptor.count32(0) {
      guard let name = (captureDescriptor + 12 + 4 * index).relative(0) else { return nil }
      names.append(MangledName(name))
    }
    return names
  }

  /// The bindings that hold the types of generic parameters, in the order of the parameters; nil when
  /// they are not all found in the simplest way: parameter n of the outermost level in a binding.
  var parameterBindings: [Int]? {
    guard let captureDescriptor else { return nil }
    let start = captureDescriptor + 12 + 4 * captureDescriptor.count32(0)
    var bindings: [Int: Int] = [:]
    for index in 0..<captureDescriptor.count32(4) {
      let pair = start + 8 * index
      guard let parameter = pair.relative(0), let source = (pair + 4).relative(0),
        let number = MangledName(parameter).outerParameterIndex
      else { return nil }
      let place = MangledName(source).bytes
      guard place.first == UInt8(ascii: "B"),
        let binding = Int(String(decoding: place.dropFirst(), as: UTF8.self)),
        binding < bindingCount
      else { return nil }
      bindings[number] = binding
    }
    let inOrder = (0..<bindings.count).compactMap { bindings[$0] }
    return inOrder.count == bindings.count ? inOrder : nil
  }
}

/// What says that a type conforms to a protocol.
@safe struct WitnessTable: Sendable {
  /// The descriptor of the protocol that a word in a context, if it is such a table, is for; nil when it
  /// is none. The word may be anything.
  static func protocolDescriptor(ofTable word: UInt) -> RuntimeAddress? {
    var conformance: UInt = 0
    guard word & 7 == 0, unsafe echelon_peek(word, &conformance) != 0, conformance & 3 == 0,
      ImageTable.contains(conformance),
      let descriptor = RuntimeAddress(conformance).relativeIndirectable(0),
      isProtocol(descriptor)
    else { return nil }
    return descriptor
  }

  /// Whether a place in static data is the descriptor of a protocol.
  static func isProtocol(_ address: RuntimeAddress) -> Bool {
    address.bits & 3 == 0 && ImageTable.contains(address.bits) && address.count32(0) & 0x1F == 3
  }

  /// The table for `type`; nil when it does not conform.
  static func find(_ type: TypeMetadata, _ descriptor: RuntimeAddress) -> UInt? {
    let table = echelon_type_conformance(type.address.bits, descriptor.bits)
    return table == 0 ? nil : table
  }
}

/// The object that stores the elements of an array.
struct ArrayStorage {
  private static func metadata<Element>(ofStorageOf array: [Element]) -> TypeMetadata {
    // SAFETY: an array is one pointer to its storage, whose first word is its class.
    withExtendedLifetime(array) {
      unsafe TypeMetadata(
        RuntimeAddress(RuntimeAddress(unsafeBitCast(array, to: UInt.self)).word(0)))
    }
  }

  private static let general = metadata(ofStorageOf: [UInt8](repeating: 0, count: 1)).descriptor
  private static let empty = metadata(ofStorageOf: [UInt8]())

  /// The type of the elements; nil for any other class. Arrays of objects store `AnyObject`.
  static func element(ofClass metadata: TypeMetadata) -> TypeMetadata? {
    guard let descriptor = metadata.descriptor, descriptor == general,
      let arguments = metadata.genericArguments(descriptor)
    else { return nil }
    return TypeMetadata(RuntimeAddress(arguments.word(0)))
  }

  /// Whether this is the class of arrays that the compiler or the library laid out as static data:
  /// the empty one, and those of literals. Their elements never change.
  static func isStatic(class metadata: TypeMetadata) -> Bool {
    metadata == empty || metadata == literal
  }

  /// The class of statically laid out literals, if this library has it.
  private static let literal: TypeMetadata? = {
    _typeByName("s20__StaticArrayStorageC").map { TypeMetadata($0) }
  }()
}
