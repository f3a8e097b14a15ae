/// Standard types that know their own plan, given those of their parts.
protocol SelfPlanned {
  static func makePlan() -> TransferPlan
}

extension Array: SelfPlanned {
  static func makePlan() -> TransferPlan {
    if let layout = BitwiseLayout(of: TypeMetadata(Element.self)) {
      return BitwiseArrayPlan<Element>(layout)
    }
    return ArrayPlan<Element>()
  }
}

extension Optional: SelfPlanned {
  static func makePlan() -> TransferPlan { OptionalPlan<Wrapped>() }
}

extension Dictionary: SelfPlanned {
  static func makePlan() -> TransferPlan { DictionaryPlan<Key, Value>() }
}

extension Set: SelfPlanned {
  static func makePlan() -> TransferPlan { SetPlan<Element>() }
}

/// Arrays whose elements are their bytes: a count, then one copy.
final class BitwiseArrayPlan<Element>: TypedPlan<[Element]>, @unchecked Sendable {
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
            try unsafe layout.validate(element)
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
final class ArrayPlan<Element>: TypedPlan<[Element]>, @unchecked Sendable {
  private let element = TransferPlan.plan(for: Element.self)
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
    for _ in 0..<count { array.append(try element.decode(Element.self, from: &reader)) }
    return array
  }
}

/// Optionals of what is not bitwise: a byte says whether there is something.
final class OptionalPlan<Wrapped>: TypedPlan<Wrapped?>, @unchecked Sendable {
  private let wrapped = TransferPlan.plan(for: Wrapped.self)
  override var refusal: TransferError? { wrapped.refusal }

  override func encode(_ value: Wrapped?, into writer: inout ByteWriter) throws(TransferError) {
    writer.append(UInt8(value == nil ? 0 : 1))
    if let value { try wrapped.encode(value, into: &writer) }
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Wrapped? {
    switch try reader.read(UInt8.self) {
    case 0: return nil
    case 1: return .some(try wrapped.decode(Wrapped.self, from: &reader))
    default: throw .malformed(what: "an optional is neither nil nor a value")
    }
  }
}

/// Dictionaries: a count, then keys and values in turn.
final class DictionaryPlan<Key: Hashable, Element>: TypedPlan<[Key: Element]>, @unchecked Sendable {
  private let key = TransferPlan.plan(for: Key.self)
  private let element = TransferPlan.plan(for: Element.self)
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
      let name = try key.decode(Key.self, from: &reader)
      guard
        dictionary.updateValue(try element.decode(Element.self, from: &reader), forKey: name) == nil
      else {
        throw .malformed(what: "a dictionary has the same key twice")
      }
    }
    return dictionary
  }
}

/// Sets: a count, then the members.
final class SetPlan<Element: Hashable>: TypedPlan<Set<Element>>, @unchecked Sendable {
  private let element = TransferPlan.plan(for: Element.self)
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
      guard set.insert(try element.decode(Element.self, from: &reader)).inserted else {
        throw .malformed(what: "a set has the same member twice")
      }
    }
    return set
  }
}

/// Tuples that are not bitwise: their elements in order.
final class TuplePlan: TransferPlan, @unchecked Sendable {
  private let elements: [(plan: TransferPlan, offset: Int)]
  override var refusal: TransferError? { elements.lazy.compactMap(\.plan.refusal).first }

  init(_ type: TypeMetadata) {
    elements = type.tupleElements.map { (TransferPlan.plan(for: $0.type.type), $0.offset) }
  }

  // SAFETY, for all three: the caller has a tuple at `address`, or room for one; offset and type of
  // each plan are those of the tuple's element.
  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    for element in elements {
      try unsafe element.plan.encode(at: address + element.offset, into: &writer)
    }
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    var done = 0
    do throws(TransferError) {
      for element in elements {
        try unsafe element.plan.decode(to: address + element.offset, from: &reader)
        done += 1
      }
    } catch {
      for element in elements[..<done] { unsafe element.plan.destroy(at: address + element.offset) }
      throw error
    }
  }

  override func destroy(at address: UnsafeMutableRawPointer) {
    for element in elements { unsafe element.plan.destroy(at: address + element.offset) }
  }
}
