import EchelonMemory

/// The header of an NPY file: what its elements are, how many, and where they begin.
///
///     offset  bytes
///          0  93 'N' 'U' 'M' 'P' 'Y'
///          6  version, major and minor: 1.0, 2.0 or 3.0
///          8  length of the rest of the header, 2 bytes in version 1, else 4; little-endian
///      10/12  {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }, blanks, a line feed
///             then the elements
///
/// Nothing here is trusted: every length is checked against the file before it is used.
///
/// Source: NumPy, `numpy/lib/format.py`, NEP 1.
struct NPYHeader: Sendable, Equatable {
  var elementType: NPYElementType
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: [Int]
  var dataOffset: Int

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }

  /// Whether a file with these first bytes is an NPY file.
  static func isPresent(in bytes: Span<UInt8>) -> Bool {
    bytes.count >= 6 && bytes[0] == 0x93 && bytes.matches("NUMPY", at: 1)
  }

  /// Longer headers belong to structured arrays with thousands of fields; numpy asks at 10,000.
  private static let longestHeader = 65_536

  /// numpy's own limit on the number of axes.
  static let mostAxes = 64

  /// What an NPY header would say of a file that has none.
  init(_ format: RawFormat, byteCount: Int, path: String) throws(FileError) {
    let rowByteCount = format.elementType.byteCount * format.columnCount
    let dataByteCount = byteCount - format.headerByteCount
    guard dataByteCount >= 0, dataByteCount % rowByteCount == 0 else {
      throw .notWholeRows(
        path: path, byteCount: max(dataByteCount, 0), rowByteCount: rowByteCount,
        format: format.description)
    }
    elementType = format.elementType
    isBigEndian = format.isBigEndian
    isFortranOrder = false
    let rowCount = dataByteCount / rowByteCount
    shape = format.columnCount == 1 ? [rowCount] : [rowCount, format.columnCount]
    dataOffset = format.headerByteCount
  }

  /// Reads the header at the start of `bytes`, and checks that exactly its data follow.
  init(_ bytes: Span<UInt8>, path: String) throws(FileError) {
    guard Self.isPresent(in: bytes) else {
      let found = bytes.count < 6 ? "\(bytes.count) bytes" : "other bytes"
      throw .malformedNPY(path: path, offset: 0, expected: "the NPY signature", found: found)
    }
    guard bytes.count >= 12 else {
      throw .malformedNPY(
        path: path, offset: 6, expected: "a version and a length", found: "the end of the file")
    }
    let (major, minor) = (bytes[6], bytes[7])
    guard 1...3 ~= major, minor == 0 else {
      throw .unsupportedNPY(path: path, what: "NPY format version \(major).\(minor)")
    }
    let textOffset = major == 1 ? 10 : 12
    let textLength =
      major == 1
      ? Int(UInt16(littleEndian: bytes.loadInteger(at: 8)))
      : Int(UInt32(littleEndian: bytes.loadInteger(at: 8)))
    guard textLength <= min(Self.longestHeader, bytes.count - textOffset) else {
      throw .malformedNPY(
        path: path, offset: 8, expected: "a header inside the file, of at most 65536 bytes",
        found: "a length of \(textLength), with \(bytes.count - textOffset) bytes left")
    }
    dataOffset = textOffset + textLength

    var parser = NPYHeaderParser(path: path, offset: textOffset, end: dataOffset)
    let fields = try parser.parse(bytes)
    let descriptor = fields.descriptor
    guard let order = descriptor.first, "<>|=".contains(order),
      let type = NPYElementType(rawValue: String(descriptor.dropFirst())),
      order != "|" || type.byteCount == 1
    else {
      let code = descriptor.drop { "<>|=".contains($0) }
      throw .unsupportedNPY(path: path, what: NPYElementType.meaning(ofUnsupported: code))
    }
    elementType = type
    isBigEndian = order == ">"
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape

    var size = type.byteCount
    for length in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else {
        throw .malformedNPY(
          path: path, offset: textOffset, expected: "a shape that fits in memory",
          found: "\(shape)")
      }
      size = product
    }
    guard size == bytes.count - dataOffset else {
      throw .wrongSize(path: path, expected: size, found: bytes.count - dataOffset)
    }
  }
}
