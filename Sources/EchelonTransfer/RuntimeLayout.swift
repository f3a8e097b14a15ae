internal import CEchelon

// What this package knows about how the Swift runtime lays out its data: all of it, in this file and,
// for mangled names and closure contexts, in RuntimeLayout+Closures.swift.
// Sources, in the Swift repository (stable since the Swift 5 ABI on Darwin; checked on Linux by the
// tests of this module, for each toolchain it is built with):
//
// - include/swift/ABI/MetadataKind.def, MetadataValues.h   kinds and flags
// - include/swift/ABI/Metadata.h                           metadata and context descriptors
// - include/swift/ABI/GenericContext.h                     generic parameters, requirements, packs
// - include/swift/ABI/ValueWitness.def                     the value witness table
// - include/swift/RemoteInspection/Records.h               field and capture descriptors
// - docs/ABI/Mangling.rst                                  symbolic references, function types

/// A place in the runtime's static data.
@safe struct RuntimeAddress: Hashable, Sendable {
  let bits: UInt

  init(_ bits: UInt) { self.bits = bits }

  func load<Value: BitwiseCopyable>(_ offset: Int, as _: Value.Type = Value.self) -> Value {
    // SAFETY: the types of this file are made from addresses that the runtime, or a checked
    // reference, gave; their fields are where the sources above say.
    unsafe UnsafeRawPointer(bitPattern: bits).unsafelyUnwrapped
      .loadUnaligned(fromByteOffset: offset, as: Value.self)
  }

  func word(_ offset: Int) -> UInt { load(offset) }

  func count32(_ offset: Int) -> Int { Int(load(offset, as: UInt32.self)) }

  static func + (base: RuntimeAddress, offset: Int) -> RuntimeAddress {
    RuntimeAddress(base.bits &+ UInt(bitPattern: offset))
  }

  /// Whether metadata or an object can lie here.
  var isAligned: Bool { bits & 7 == 0 }

  /// Follows a 32-bit self-relative pointer; nil when it is null.
  func relative(_ offset: Int) -> RuntimeAddress? {
    let distance = Int(load(offset, as: Int32.self))
    return distance == 0 ? nil : self + offset + distance
  }

  /// Follows a self-relative pointer whose lowest bit says "through one more pointer".
  func relativeIndirectable(_ offset: Int) -> RuntimeAddress? {
    let distance = Int(load(offset, as: Int32.self))
    guard distance != 0 else { return nil }
    let target = self + offset + (distance & ~3)
    return distance & 1 == 0 ? target : RuntimeAddress(target.word(0))
  }
}

/// Type metadata: what `Any.Type` points to.
@safe struct TypeMetadata: Hashable, Sendable {
  enum Kind: UInt, Sendable {
    case `class` = 0
    case `struct` = 0x200
    case `enum` = 0x201
    case optional = 0x202
    case foreignClass = 0x203
    case opaque = 0x300
    case tuple, function, existential, metatype
    case objectiveCClass, existentialMetatype, extendedExistential
    case heapLocalVariable = 0x400
    case heapGenericLocalVariable = 0x500
  }

  let address: RuntimeAddress

  init(_ address: RuntimeAddress) { self.address = address }

  init(_ type: Any.Type) {
    // SAFETY: a metatype of unconstrained `Any` is one pointer to its metadata.
    address = unsafe RuntimeAddress(unsafeBitCast(type, to: UInt.self))
  }

  /// The same as a Swift value.
  var type: Any.Type {
    // SAFETY: see `init`.
    unsafe unsafeBitCast(address.bits, to: Any.Type.self)
  }

  /// Nil for kinds that this file does not know.
  var kind: Kind? { Kind(rawValue: address.word(0)) }

  /// The name people know the type by.
  var name: String { String(describing: type) }

  /// Describes the declaration of a struct, enum or class.
  var descriptor: TypeDescriptor? {
    switch kind {
    case .struct, .enum, .optional: TypeDescriptor(RuntimeAddress(address.word(8)))
    case .class: TypeDescriptor(RuntimeAddress(address.word(40)))  // no Objective-C on Linux
    default: nil
    }
  }

  /// Where the generic arguments of a struct, enum or class start.
  func genericArguments(_ descriptor: TypeDescriptor) -> RuntimeAddress? {
    kind == .class ? descriptor.classArgumentsOffset.map { address + $0 } : address + 16
  }

  /// How many elements of which type an `InlineArray` has, one after the other; nil for any other type.
  var inlineArray: (count: Int, element: TypeMetadata)? {
    guard kind == .struct, let descriptor, descriptor == Self.inlineArrays else { return nil }
    let count = Int(clamping: address.word(16))
    let element = TypeMetadata(RuntimeAddress(address.word(24)))
    return size == count * element.stride ? (count, element) : nil
  }
  private static let inlineArrays = TypeMetadata(InlineArray<1, Int>.self).descriptor

  // MARK: Value witnesses

  private var witnesses: RuntimeAddress { RuntimeAddress(address.word(-8)) }
  var size: Int { Int(witnesses.word(64)) }
  var stride: Int { Int(witnesses.word(72)) }
  var alignment: Int { 1 + (witnesses.count32(80) & 0xFF) }
  /// Whether values may be copied: their types may be asked for `Copyable` only after this.
  var isCopyable: Bool { witnesses.count32(80) & 0x80_0000 == 0 }
  /// Whether a value is its bytes: nothing is counted when it is copied or destroyed.
  var isPlainData: Bool { witnesses.count32(80) & 0x81_0000 == 0 }
  var extraInhabitantCount: Int { witnesses.count32(84) }

  /// The tag of the optional of this type stored at `value`: 0 is a payload, 1 is nil, and anything
  /// else is not a value.
  @unsafe func optionalTag(at value: UnsafeRawPointer) -> Int {
    unsafe Int(echelon_enum_tag(witnesses.word(48), value, 1, address.bits))
  }

  /// Whether this is a protocol type in the general form: three words for the value or its box, the
  /// value's own type, witness tables. Types of objects only, and errors, have forms of their own.
  var isOpaqueExistential: Bool {
    guard kind == .existential else { return false }
    let flags = address.count32(8)
    return flags & 0x8000_0000 != 0 && flags >> 24 & 0x3F == 0
  }

  /// The value in a protocol type of the general form, and its own type.
  @unsafe static func openExistential(
    at address: UnsafeRawPointer
  ) -> (type: TypeMetadata, value: UnsafeRawPointer) {
    let type = unsafe TypeMetadata(
      RuntimeAddress(address.load(fromByteOffset: 24, as: UInt.self)))
    let isInline = type.witnesses.count32(80) & 0x2_0000 == 0
    if isInline { return unsafe (type, address) }
    // A box: an object header, then the value where its alignment allows.
    let box = unsafe address.load(as: UnsafeRawPointer.self)
    let unit = type.alignment
    return unsafe (type, box + ((ClosureContext.headerSize + unit - 1) & ~(unit - 1)))
  }

  /// Copies a value of this type to where there is none.
  @unsafe func copy(_ value: UnsafeRawPointer, to room: UnsafeMutableRawPointer) {
    unsafe echelon_value_copy(witnesses.word(16), room, value, address.bits)
  }

  /// Whether the witnesses that only enums have are there.
  private var hasEnumWitnesses: Bool { witnesses.count32(80) & 0x20_0000 != 0 }

  /// Which case an enum is of, counted as `enumCases` is.
  @unsafe func enumCase(of value: UnsafeRawPointer) -> Int {
    unsafe Int(echelon_enum_case(witnesses.word(88), value, address.bits))
  }

  /// Leaves the payload of an enum in its place.
  @unsafe func projectPayload(of value: UnsafeMutableRawPointer) {
    unsafe echelon_enum_project(witnesses.word(96), value, address.bits)
  }

  /// Makes an enum of the payload that lies in its place, or of nothing.
  @unsafe func makeEnum(_ number: Int, at place: UnsafeMutableRawPointer) {
    unsafe echelon_enum_inject(witnesses.word(104), place, UInt32(number), address.bits)
  }

  // MARK: Fields

  /// What the cases of an enum carry, those that carry anything first; nil when it is not known for
  /// certain.
  var enumCases: [TypeMetadata?]? {
    guard kind == .enum, hasEnumWitnesses, let descriptor, !descriptor.isForeign,
      let records = descriptor.cases
    else { return nil }
    let payloadCount = descriptor.address.count32(20) & 0xFF_FFFF
    guard records.count == payloadCount + descriptor.address.count32(24) else { return nil }
    var cases: [TypeMetadata?] = []
    for (index, record) in records.enumerated() {
      guard (record.payload != nil) == (index < payloadCount), !record.isIndirect else {
        return nil
      }
      guard let name = record.payload else {
        cases.append(nil)
        continue
      }
      guard let type = MangledName(name).type(in: descriptor, arguments: address + 16) else {
        return nil
      }
      cases.append(type)
    }
    return cases
  }

  /// The stored properties of a struct, with their offsets; nil when they are not known for
  /// certain.
  var structFields: [(type: TypeMetadata, offset: Int)]? {
    guard kind == .struct, let descriptor, !descriptor.isForeign, let records = descriptor.fields
    else { return nil }
    let vector = address + 8 * descriptor.address.count32(24)
    guard records.count == descriptor.address.count32(20) else { return nil }
    var fields: [(TypeMetadata, Int)] = []
    for (index, record) in records.enumerated() {
      guard let type = MangledName(record).type(in: descriptor, arguments: address + 16) else {
        return nil
      }
      fields.append((type, vector.count32(4 * index)))
    }
    return fields
  }

  /// How many cases an enum has, when none of them carries anything and their tags count up from 0.
  var payloadFreeCaseCount: Int? {
    guard kind == .enum, let descriptor, !descriptor.isForeign,
      descriptor.address.count32(20) & 0xFF_FFFF == 0
    else { return nil }
    return descriptor.address.count32(24)
  }

  /// The elements of a tuple, with their offsets.
  var tupleElements: [(type: TypeMetadata, offset: Int)] {
    (0..<Int(address.word(8))).map { index in
      let element = address + 24 + 16 * index
      // 32 bits except on Apple platforms; the rest of the word is not initialised.
      return (TypeMetadata(RuntimeAddress(element.word(0))), element.count32(8))
    }
  }

  /// The labels of a tuple, each followed by a space; empty when it has none.
  var tupleLabels: String {
    // SAFETY: null or a C string that lives as long as the metadata.
    unsafe UnsafePointer<CChar>(bitPattern: address.word(16)).map { unsafe String(cString: $0) }
      ?? ""
  }

  /// Which plain Swift function type of two words this is; nil for any other.
  var thickFunction: FunctionWords.Kind? {
    guard kind == .function else { return nil }
    let flags = address.word(8)
    let isAsync = flags & 0x2000_0000 != 0
    return flags >> 16 & 0xFF == 0 ? (isAsync ? .asynchronous : .synchronous) : nil
  }
}

/// The descriptor of a struct, enum or class declaration.
@safe struct TypeDescriptor: Hashable, Sendable {
  enum Kind: Int, Sendable {
    case `class` = 16
    case `struct`, `enum`
  }

  let address: RuntimeAddress

  init(_ address: RuntimeAddress) { self.address = address }

  private var flags: Int { address.count32(0) }
  var kind: Kind? { Kind(rawValue: flags & 0x1F) }
  var isGeneric: Bool { flags & 0x80 != 0 }

  /// Whether the layout comes from C, of which the field records need not tell everything.
  var isForeign: Bool {
    if flags >> 16 & 3 == 2 { return true }
    var context = address
    while let parent = context.relativeIndirectable(4) { context = parent }
    guard context.count32(0) & 0x1F == 0, let name = context.relative(8) else { return true }
    return MangledName(name).bytes.starts(with: Array("__C".utf8))
  }

  /// Whether values may lack what others have, such as being copied.
  var hasInvertedProtocols: Bool { flags & 0x20 != 0 }

  /// The name of the declaration, without what is around it.
  var name: String {
    address.relative(8).map {
      // SAFETY: a C string in static data.
      unsafe String(
        cString: UnsafePointer<CChar>(bitPattern: $0.bits).unsafelyUnwrapped)
    } ?? "a type"
  }

  /// The function that returns the metadata for given arguments.
  var accessFunction: RuntimeAddress? { address.relative(12) }

  /// The mangled names of the types of the stored properties, in order.
  var fields: [RuntimeAddress]? {
    guard let table = address.relative(16), table.load(10, as: UInt16.self) == 12 else {
      return nil
    }
    var names: [RuntimeAddress] = []
    for index in 0..<table.count32(12) {
      guard let name = (table + 16 + 12 * index).relative(4) else { return nil }
      names.append(name)
    }
    return names
  }

  /// The cases of an enum: the mangled names of what they carry, and whether they do so in a box.
  fileprivate var cases: [(payload: RuntimeAddress?, isIndirect: Bool)]? {
    guard let table = address.relative(16), table.load(10, as: UInt16.self) == 12 else {
      return nil
    }
    return (0..<table.count32(12)).map { index in
      let record = table + 16 + 12 * index
      return (record.relative(4), record.count32(0) & 1 != 0)
    }
  }

  /// Offset of a class's own generic arguments in its metadata; nil when a superclass decides it.
  fileprivate var classArgumentsOffset: Int? {
    let hasResilientSuperclass = flags >> 16 & 0x2000 != 0
    let areMembersNegative = flags >> 16 & 0x1000 != 0
    guard !hasResilientSuperclass, !areMembersNegative else { return nil }
    return 8 * (address.count32(28) - address.count32(32))
  }

  private var genericHeader: RuntimeAddress {
    address + (kind == .class ? 44 : 28)
  }

  /// The generic parameters, requirements and packs of a generic declaration, as far as they matter
  /// for its metadata; nil when there is something this file does not know.
  var genericSignature: GenericSignature? {
    // A resilient superclass or vtable does not come between: those lists follow the generic ones.
    let header = genericHeader + 8
    let parameterCount = Int(header.load(0, as: UInt16.self))
    let requirementCount = Int(header.load(2, as: UInt16.self))
    let keyCount = Int(header.load(4, as: UInt16.self))
    let flags = header.load(6, as: UInt16.self)

    var parameters: [GenericSignature.Parameter] = []
    for index in 0..<parameterCount {
      let byte = header.load(8 + index, as: UInt8.self)
      guard let kind = GenericSignature.Parameter(rawValue: byte & 0x3F) else { return nil }
      if byte & 0x80 != 0 { parameters.append(kind) }
    }
    let requirementsStart = header + 8 + (parameterCount + 3) & ~3
    var requirements: [GenericSignature.Requirement] = []
    for index in 0..<requirementCount {
      let record = requirementsStart + 12 * index
      let flags = record.count32(0)
      guard flags & 0x80 != 0 else { continue }
      guard flags & 0x1F == 0, let subject = record.relative(4),
        let pointer = record.relativeIndirectable(8)
      else { return nil }
      requirements.append(
        .init(subject: subject, protocolDescriptor: pointer, isPack: flags & 0x20 != 0))
    }
    var shapeCount = 0
    var packs: [Int: Int] = [:]
    if flags & 1 != 0 {
      let packHeader = requirementsStart + 12 * requirementCount
      shapeCount = Int(packHeader.load(2, as: UInt16.self))
      for index in 0..<Int(packHeader.load(0, as: UInt16.self)) {
        let pack = packHeader + 4 + 8 * index
        packs[Int(pack.load(2, as: UInt16.self))] = Int(pack.load(4, as: UInt16.self))
      }
    }
    guard keyCount == shapeCount + parameters.count + requirements.count else { return nil }
    return GenericSignature(
      shapeCount: shapeCount, parameters: parameters, requirements: requirements, packShapes: packs)
  }
}

/// The key arguments of a generic type, in the order its metadata keeps them: one count per pack
/// shape, then the parameters, then the witness tables. A pack is a pointer with its lowest bit
/// set.
struct GenericSignature: Sendable {
  enum Parameter: UInt8, Sendable {
    case type = 0
    case pack, value
  }

  struct Requirement: Sendable {
    let subject: RuntimeAddress
    let protocolDescriptor: RuntimeAddress
    let isPack: Bool
  }

  let shapeCount: Int
  let parameters: [Parameter]
  let requirements: [Requirement]
  /// The shape of the pack in each key argument that is one.
  let packShapes: [Int: Int]

  var keyCount: Int { shapeCount + parameters.count + requirements.count }
}
