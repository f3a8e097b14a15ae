/// Standard types that know their own plan, given those of their parts.
protocol SelfPlanned {
  static func makePlan() -> AnyTransferPlan
}

extension Array: SelfPlanned {
  static func makePlan() -> AnyTransferPlan {
    if let layout = BitwiseLayout(of: TypeMetadata(Element.self)) {
      return BitwiseArrayPlan<Element>(layout)
    }
    return ArrayPlan<Element>()
  }
}

extension Optional: SelfPlanned {
  static func makePlan() -> AnyTransferPlan { OptionalPlan<Wrapped>() }
}

extension Dictionary: SelfPlanned {
  static func makePlan() -> AnyTransferPlan { DictionaryPlan<Key, Value>() }
}

extension Set: SelfPlanned {
  static func makePlan() -> AnyTransferPlan { SetPlan<Element>() }
}

/// Arrays whose elements are their bytes: a count, then one copy.
final class BitwiseArrayPlan<Element>: TransferPlan<[Element]>, @unchecked Sendable {
  let layout: BitwiseLayout

  init(_ layout: BitwiseLayout) { self.layout = layout }

  override func encode(_ value: [Element], into writer: inout ByteWriter) throws(TransferError) {
    writer.append(count: value.count)
    unsafe value.withUnsafeBytes { unsafe writer.append(bytes: $0) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> [Element] {
    let stride = MemoryLayout<Element>.stride
    let count = try reader.readCount(ofThingsTaking: stride)
    let bytes = try unsafe reader.read(byteCount: count * stride)
    let array = unsafe [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // SAFETY: `count` elements of `stride` bytes on both sides; what is not a value of `Element`
      // is found below, and bytes need no destruction.
      if let source = bytes.baseAddress, count > 0 {
        unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
          .copyMemory(from: source, byteCount: count * stride)
      }
      initializedCount = count
    }
    if !layout.checks.isEmpty {
      let failure: TransferError? = unsafe array.withUnsafeBytes { buffer in
        for index in 0..<count {
          // SAFETY: inside the array, at a whole element.
          let element = unsafe buffer.baseAddress.unsafelyUnwrapped + index * stride
          do throws(TransferError) {
            try unsafe layout.validate(element, as: "\(Element.self)")
          } catch {
            return error
          }
        }
        return nil
      }
      if let failure { throw failure }
    }
    return array
  }
}

/// Arrays of other things, one after the other.
final class ArrayPlan<Element>: TransferPlan<[Element]>, @unchecked Sendable {
  private let element = TransferPlan<Element>.current
  override var refusal: TransferError? { element.refusal }

  override func encode(_ value: [Element], into writer: inout ByteWriter) throws(TransferError) {
    writer.append(count: value.count)
    for item in value { try element.encode(item, into: &writer) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> [Element] {
    // What is not bitwise takes a byte at least: bitwise elements have the other plan.
    let count = try reader.readCount(ofThingsTaking: 1)
    var array: [Element] = []
    array.reserveCapacity(min(count, 4096))  // a false count costs this much at most
    for _ in 0..<count { array.append(try element.decode(from: &reader)) }
    return array
  }
}

/// Optionals of what is not bitwise: a byte says whether there is something.
final class OptionalPlan<Wrapped>: TransferPlan<Wrapped?>, @unchecked Sendable {
  private let wrapped = TransferPlan<Wrapped>.current
  override var refusal: TransferError? { wrapped.refusal }

  override func encode(_ value: Wrapped?, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(UInt8(value == nil ? 0 : 1))
    if let value { try wrapped.encode(value, into: &writer) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Wrapped? {
    switch try reader.read(UInt8.self) {
    case 0: return nil
    case 1: return .some(try wrapped.decode(from: &reader))
    default: throw .malformed(what: "an optional is neither nil nor a value")
    }
  }
}

/// Dictionaries: a count, then keys and values in turn.
final class DictionaryPlan<Key: Hashable, Element>: TransferPlan<[Key: Element]>, @unchecked Sendable
{
  private let key = TransferPlan<Key>.current
  private let element = TransferPlan<Element>.current
  override var refusal: TransferError? { key.refusal ?? element.refusal }

  override func encode(_ value: [Key: Element], into writer: inout ByteWriter)
    throws(TransferError)
  {
    writer.append(count: value.count)
    for (name, item) in value {
      try key.encode(name, into: &writer)
      try element.encode(item, into: &writer)
    }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> [Key: Element] {
    let count = try reader.readCount()
    var dictionary: [Key: Element] = [:]
    dictionary.reserveCapacity(min(count, 4096))
    for _ in 0..<count {
      // Keys are unique, so a repetition is damage; it also ends a false count of empty keys.
      let name = try key.decode(from: &reader)
      guard dictionary.updateValue(try element.decode(from: &reader), forKey: name) == nil else {
        throw .malformed(what: "a dictionary has the same key twice")
      }
    }
    return dictionary
  }
}

/// Sets: a count, then the members.
final class SetPlan<Element: Hashable>: TransferPlan<Set<Element>>, @unchecked Sendable {
  private let element = TransferPlan<Element>.current
  override var refusal: TransferError? { element.refusal }

  override func encode(_ value: Set<Element>, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(count: value.count)
    for item in value { try element.encode(item, into: &writer) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Set<Element> {
    let count = try reader.readCount()
    var set: Set<Element> = []
    set.reserveCapacity(min(count, 4096))
    for _ in 0..<count {
      guard set.insert(try element.decode(from: &reader)).inserted else {
        throw .malformed(what: "a set has the same member twice")
      }
    }
    return set
  }
}

/// Tuples that are not bitwise: their elements in order.
final class TuplePlan<Value>: TransferPlan<Value>, @unchecked Sendable {
  private let elements: [(plan: AnyTransferPlan, offset: Int)]
  override var refusal: TransferError? { elements.lazy.compactMap(\.plan.refusal).first }

  private init(_ elements: [(plan: AnyTransferPlan, offset: Int)]) { self.elements = elements }

  static func make(_ type: TypeMetadata) -> TransferPlan<Value> {
    TuplePlan(type.tupleElements.map { (transferPlan(for: $0.type.type), $0.offset) })
  }

  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    var failure: TransferError?
    unsafe withUnsafeBytes(of: value) { bytes in
      do throws(TransferError) {
        for element in elements {
          // SAFETY: offset and type of the plan are those of the tuple's element.
          let address = unsafe bytes.baseAddress.unsafelyUnwrapped + element.offset
          try unsafe element.plan.encode(at: address, into: &writer)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    let outcome: Result<Value, TransferError> = unsafe withUnsafeTemporaryAllocation(
      byteCount: MemoryLayout<Value>.size, alignment: MemoryLayout<Value>.alignment
    ) { buffer in
      let base = unsafe buffer.baseAddress.unsafelyUnwrapped
      var done = 0
      do throws(TransferError) {
        for element in elements {
          // SAFETY: as in `encode`; `done` counts the elements that are initialised.
          try unsafe element.plan.decode(to: base + element.offset, from: &reader)
          done += 1
        }
      } catch {
        for element in elements[..<done] { unsafe element.plan.destroy(at: base + element.offset) }
        return .failure(error)
      }
      return unsafe .success(base.assumingMemoryBound(to: Value.self).move())
    }
    return try outcome.get()
  }
}
