/// Reads the Python dictionary in an NPY header.
///
///     {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
///
/// Exactly these three keys, in any order, once each. A `descr` that is a list belongs to a
/// structured array, which has no single kind of number and is refused.
struct NPYHeaderParser {
  struct Fields {
    var descriptor: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  let path: String
  private(set) var offset: Int
  let end: Int

  /// A parser for the bytes from `offset` to `end`.
  init(path: String, offset: Int, end: Int) {
    self.path = path
    self.offset = offset
    self.end = end
  }

  /// The three entries of the dictionary.
  mutating func parse(_ bytes: Span<UInt8>) throws(FileError) -> Fields {
    var descriptor: String?
    var isFortranOrder: Bool?
    var shape: [Int]?

    try expect("{", in: bytes)
    while peek(bytes) != UInt8(ascii: "}") {
      let keyOffset = offset
      let key = try string(bytes)
      try expect(":", in: bytes)
      switch key {
      case "descr" where descriptor == nil:
        if peek(bytes) == UInt8(ascii: "[") {
          throw .unsupportedNPY(path: path, what: "a structured array")
        }
        descriptor = try string(bytes)
      case "fortran_order" where isFortranOrder == nil:
        isFortranOrder = try boolean(bytes)
      case "shape" where shape == nil:
        shape = try tuple(bytes)
      default:
        throw malformed(
          at: keyOffset, expected: "the keys descr, fortran_order and shape, once each",
          found: "'\(key)'")
      }
      if peek(bytes) != UInt8(ascii: ",") { break }
      offset += 1
    }
    try expect("}", in: bytes)
    if let surplus = peek(bytes) {
      throw malformed(expected: "blanks to the end of the header", found: Self.quoted(surplus))
    }
    guard let descriptor, let isFortranOrder, let shape else {
      throw malformed(expected: "the keys descr, fortran_order and shape", found: "fewer")
    }
    return Fields(descriptor: descriptor, isFortranOrder: isFortranOrder, shape: shape)
  }

  /// The next byte that is not blank, which stays unread; nil at the end.
  private mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
    while offset < end, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
    return offset < end ? bytes[offset] : nil
  }

  private mutating func expect(_ character: Unicode.Scalar, in bytes: Span<UInt8>)
    throws(FileError)
  {
    let found = peek(bytes)
    guard let found, found == UInt8(ascii: character) else {
      throw malformed(expected: "'\(character)'", found: Self.quoted(found))
    }
    offset += 1
  }

  private mutating func string(_ bytes: Span<UInt8>) throws(FileError) -> String {
    let quote = peek(bytes)
    guard let quote, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed(expected: "a quoted string", found: Self.quoted(quote))
    }
    let start = offset + 1
    var position = start
    // None of the strings of a plain array is longer; a hostile one need not be copied.
    while position < end, bytes[position] != quote, position - start < 64 { position += 1 }
    guard position < end, bytes[position] == quote else {
      throw malformed(expected: "a closing quote within 64 bytes", found: "none")
    }
    offset = position + 1
    return bytes.text(start..<position)
  }

  private mutating func boolean(_ bytes: Span<UInt8>) throws(FileError) -> Bool {
    let found = peek(bytes)
    for (word, value) in [("True" as StaticString, true), ("False", false)]
    where word.utf8CodeUnitCount <= end - offset && bytes.matches(word, at: offset) {
      offset += word.utf8CodeUnitCount
      return value
    }
    throw malformed(expected: "True or False", found: Self.quoted(found))
  }

  private mutating func tuple(_ bytes: Span<UInt8>) throws(FileError) -> [Int] {
    var lengths: [Int] = []
    try expect("(", in: bytes)
    while peek(bytes) != UInt8(ascii: ")") {
      guard lengths.count < NPYHeader.mostAxes else {
        throw malformed(expected: "at most \(NPYHeader.mostAxes) axes", found: "more")
      }
      lengths.append(try length(bytes))
      if peek(bytes) != UInt8(ascii: ",") { break }
      offset += 1
    }
    try expect(")", in: bytes)
    return lengths
  }

  private mutating func length(_ bytes: Span<UInt8>) throws(FileError) -> Int {
    let start = offset
    var value = 0
    while offset < end {
      let digit = bytes[offset] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit))
      guard !overflow, !carry else {
        throw malformed(at: start, expected: "a length below 2^63", found: "a longer number")
      }
      value = sum
      offset += 1
    }
    guard offset > start else {
      throw malformed(expected: "a length", found: Self.quoted(peek(bytes)))
    }
    if offset < end, bytes[offset] == UInt8(ascii: "L") { offset += 1 }  // written by Python 2
    return value
  }

  private func malformed(
    at place: Int? = nil, expected: String, found: String
  ) -> FileError {
    .malformedNPY(path: path, offset: place ?? offset, expected: expected, found: found)
  }

  private static func quoted(_ byte: UInt8?) -> String {
    guard let byte else { return "the end of the header" }
    return 0x21...0x7E ~= byte ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
  }
}
