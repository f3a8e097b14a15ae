/// What must be checked in the bytes of a type that travels as it lies in memory.
///
/// A type has such a layout only when each part of it is positively known: numbers, `Bool`, SIMD
/// vectors, and structs, tuples, inline arrays, enums without payloads and optionals made of these. A pointer, a
/// reference, a C layout or anything without field records is not.
///
/// Not every bit pattern is a value: a `Bool` of 7 is undefined behaviour. The checks find those.
struct BitwiseLayout: Sendable {
  /// One check of received bytes, at an offset from the start of the value.
  indirect enum Check: Sendable {
    /// An unsigned number of `size` bytes is at most `maximum`.
    case atMost(offset: Int, size: Int, maximum: UInt64)
    /// A Unicode scalar.
    case scalar(offset: Int)
    /// An optional: nil as its type says, or a payload that passes its own checks.
    case optional(offset: Int, payload: TypeMetadata, checks: [Check])

    fileprivate func moved(by distance: Int) -> Check {
      switch self {
      case .atMost(let offset, let size, let maximum):
        .atMost(offset: offset + distance, size: size, maximum: maximum)
      case .scalar(let offset): .scalar(offset: offset + distance)
      case .optional(let offset, let payload, let checks):
        .optional(offset: offset + distance, payload: payload, checks: checks)
      }
    }
  }

  private let type: TypeMetadata
  private(set) var checks: [Check] = []

  private static let numbers: Set<TypeMetadata> = {
    var types: [Any.Type] = [
      Int.self, Int8.self, Int16.self, Int32.self, Int64.self, Int128.self, UInt.self, UInt8.self,
      UInt16.self, UInt32.self, UInt64.self, UInt128.self, Float16.self, Float.self, Double.self,
    ]
    #if arch(x86_64) || arch(i386)
      types.append(Float80.self)
    #endif
    return Set(types.map { TypeMetadata($0) })
  }()

  init?(of type: TypeMetadata) {
    self.type = type
    if Self.numbers.contains(type) { return }
    if type == TypeMetadata(Bool.self) {
      checks = [.atMost(offset: 0, size: 1, maximum: 1)]
      return
    }
    if type == TypeMetadata(Unicode.Scalar.self) {
      checks = [.scalar(offset: 0)]
      return
    }
    guard !(type.type is any HandleTransferable.Type) else { return nil }
    switch type.kind {
    case .struct:
      if let (count, element) = type.inlineArray {
        guard let layout = BitwiseLayout(of: element) else { return nil }
        // Each element has checks of its own: of many that need some, the plan would be larger than they.
        guard layout.checks.isEmpty || count <= 1024 else { return nil }
        for index in 0..<count {
          checks += layout.checks.map { $0.moved(by: index * element.stride) }
        }
        return
      }
      if let vector = type.type as? any SIMD.Type {
        guard Self.isVectorOfNumbers(vector) else { return nil }
        return
      }
      guard let fields = type.structFields, !fields.isEmpty || type.size == 0 else { return nil }
      guard add(fields) else { return nil }
    case .tuple:
      guard add(type.tupleElements) else { return nil }
    case .enum:
      guard let count = type.payloadFreeCaseCount, count > 0 else { return nil }
      let size = count == 1 ? 0 : count <= 0x100 ? 1 : count <= 0x1_0000 ? 2 : 4
      guard type.size == size else { return nil }
      if size > 0 { checks = [.atMost(offset: 0, size: size, maximum: UInt64(count - 1))] }
    case .optional:
      let payload = TypeMetadata(RuntimeAddress(type.address.word(16)))
      guard let layout = BitwiseLayout(of: payload) else { return nil }
      checks = [.optional(offset: 0, payload: payload, checks: layout.checks)]
    default:
      return nil
    }
  }

  private mutating func add(_ fields: [(type: TypeMetadata, offset: Int)]) -> Bool {
    for field in fields {
      guard let layout = BitwiseLayout(of: field.type) else { return false }
      checks += layout.checks.map { $0.moved(by: field.offset) }
    }
    return true
  }

  private static func isVectorOfNumbers<Vector: SIMD>(_: Vector.Type) -> Bool {
    // The standard library's own vectors and masks: `SIMD` is a public protocol, and another
    // conforming type could hold anything.
    let name = _typeName(Vector.self, qualified: true)
    return name.hasPrefix("Swift.SIMD") && numbers.contains(TypeMetadata(Vector.Scalar.self))
  }

  // MARK: Checking

  /// Throws when the bytes at `address` are not those of a value of the type.
  @unsafe func validate(_ address: UnsafeRawPointer) throws(TransferError) {
    guard unsafe checks.isEmpty || Self.hold(checks, at: address) else {
      throw .decodingFailed(
        type: type.name, path: "", reason: "the bytes are not those of one of its values")
    }
  }

  // SAFETY, for both functions: the caller has a whole value's bytes at `address`; offsets and
  // sizes come from the type's own metadata and lie inside it.
  private static func hold(_ checks: [Check], at address: UnsafeRawPointer) -> Bool {
    for check in checks {
      guard unsafe holds(check, at: address) else { return false }
    }
    return true
  }

  private static func holds(_ check: Check, at address: UnsafeRawPointer) -> Bool {
    switch check {
    case .atMost(let offset, let size, let maximum):
      var value: UInt64 = 0
      for index in 0..<size {
        value |=
          unsafe UInt64((address + offset + index).load(as: UInt8.self)) << (8 * UInt64(index))
      }
      return value <= maximum
    case .scalar(let offset):
      return unsafe Unicode.Scalar((address + offset).loadUnaligned(as: UInt32.self)) != nil
    case .optional(let offset, let payload, let checks):
      let place = unsafe address + offset
      // Without spare bit patterns in the payload, a byte after it is the tag.
      let tag =
        unsafe payload.extraInhabitantCount == 0
        ? Int((place + payload.size).load(as: UInt8.self)) : payload.optionalTag(at: place)
      if tag != 0 { return tag == 1 }
      return unsafe hold(checks, at: place)
    }
  }
}
