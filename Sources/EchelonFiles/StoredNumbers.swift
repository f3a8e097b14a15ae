/// The numbers of a table as elements of one type, for formats that name it.
///
/// A number becomes the nearest one of a type that has fractions, and has to be one of a type that has none. Two columns
/// side by side are the parts of a complex one.
struct StoredNumbers {
  let type: NPYElementType
  let isBigEndian: Bool
  let rowCount: Int
  /// The columns that are written: each has a name, and as many parts as an element.
  let columns: [(name: String, parts: [Part])]
  private let path: String

  /// A column, and all digits of its numbers, if they are integers that it has not beside them.
  struct Part {
    let column: Column
    let digits: [String]?
  }

  /// - Parameters:
  ///   - integers: all digits of columns with integers that are no `Double`, by the index of the column.
  ///   - path: the file that is written, for errors.
  /// - Throws: `FileError.unwritable` for text, truth values, and an odd number of columns of a complex type.
  init(
    _ table: DataTable, as type: NPYElementType, isBigEndian: Bool = false,
    integers: [Int: [String]] = [:], path: String
  ) throws(FileError) {
    if let text = table.columns.first(where: { $0.numbers == nil }) {
      throw .unwritable(path: path, what: "column '\(text.name)' is text; leave it out")
    }
    guard type != .bool else {
      throw .unwritable(path: path, what: "tables have numbers and no truth values; choose u1")
    }
    let parts = type.partCount
    guard table.columns.count % parts == 0 else {
      throw .unwritable(
        path: path,
        what: "\(table.columns.count) columns are not pairs of real and imaginary parts")
    }
    self.type = type
    self.isBigEndian = isBigEndian
    self.path = path
    rowCount = table.rowCount
    columns = stride(from: 0, to: table.columns.count, by: parts).map { first in
      let all = (first..<first + parts).map {
        Part(column: table.columns[$0], digits: integers[$0])
      }
      let name = all[0].column.name
      let isNamedAsPart = parts == 2 && name.hasSuffix(".real")
      return (isNamedAsPart ? String(name.dropLast(5)) : name, all)
    }
  }

  /// The type of a column in a format where each has its own: that of `Column.integers` where a `Double` has not all digits.
  func type(ofColumn column: Int) -> NPYElementType {
    guard type == .float64, let integers = columns[column].parts[0].column.integers,
      integers.isRounded
    else { return type }
    return integers.isSigned ? .int64 : .uint64
  }

  /// The elements of a column, one behind the other, of `type(ofColumn:)`.
  func bytes(ofColumn column: Int) throws(FileError) -> [UInt8] {
    try bytes(of: columns[column...column], rows: 0..<rowCount, as: type(ofColumn: column))
  }

  /// The elements of some rows, those of a row side by side.
  func bytes(ofRows rows: Range<Int>) throws(FileError) -> [UInt8] {
    try bytes(of: columns[...], rows: rows, as: type)
  }

  private func bytes(
    of columns: ArraySlice<(name: String, parts: [Part])>, rows: Range<Int>, as type: NPYElementType
  ) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: rows.count * columns.count * type.byteCount)
    let parts = columns.flatMap(\.parts)
    for (place, part) in parts.enumerated() {
      switch type {
      case .int8: try put(part, Int8.self, type, place, of: parts.count, rows, &bytes)
      case .int16: try put(part, Int16.self, type, place, of: parts.count, rows, &bytes)
      case .int32: try put(part, Int32.self, type, place, of: parts.count, rows, &bytes)
      case .int64: try put(part, Int64.self, type, place, of: parts.count, rows, &bytes)
      case .uint8: try put(part, UInt8.self, type, place, of: parts.count, rows, &bytes)
      case .uint16: try put(part, UInt16.self, type, place, of: parts.count, rows, &bytes)
      case .uint32: try put(part, UInt32.self, type, place, of: parts.count, rows, &bytes)
      case .uint64: try put(part, UInt64.self, type, place, of: parts.count, rows, &bytes)
      case .float16:
        #if os(macOS) && arch(x86_64)
          throw .unwritable(path: path, what: "this processor's Swift has no f2; choose f4")
        #else
          try put(part, Float16.self, type, place, of: parts.count, rows, &bytes)
        #endif
      case .float32, .complex64:
        try put(part, Float.self, type, place, of: parts.count, rows, &bytes)
      case .float64, .complex128:
        try put(part, Double.self, type, place, of: parts.count, rows, &bytes)
      case .bool: preconditionFailure("refused when the numbers were taken")
      }
    }
    return bytes
  }

  /// Stores a column at its place in every row.
  private func put<Element: StoredNumber>(
    _ part: Part, _: Element.Type, _ type: NPYElementType, _ place: Int, of count: Int,
    _ rows: Range<Int>, _ bytes: inout [UInt8]
  ) throws(FileError) {
    let column = part.column
    guard let numbers = column.numbers else { preconditionFailure("text was refused") }
    let (integers, digits) = Element.hasDigits ? (column.integers, part.digits) : (nil, nil)
    let size = MemoryLayout<Element>.size
    var offset = place * size
    for row in rows {
      let element =
        if let integer = integers?[row] { Element(integer) } else if let digits {
          Element(digits: digits[row])
        } else { Element(storing: numbers[row]) }
      guard let element else {
        throw .unwritable(
          path: path,
          what: Self.refusal(
            numbers[row], integers?.text(row) ?? digits?[row], row, column.name, type,
            isAsked: type == self.type))
      }
      let bits = element.bits
      for byte in 0..<size {
        let digit = isBigEndian ? size - 1 - byte : byte
        bytes[offset + byte] = UInt8(truncatingIfNeeded: bits >> Element.Bits(8 * digit))
      }
      offset += count * size
    }
  }

  private static func refusal(
    _ number: Double, _ digits: String?, _ row: Int, _ name: String, _ type: NPYElementType,
    isAsked: Bool
  ) -> String {
    let place = "row \(row + 1) of '\(name)'"
    if number.isNaN, !isAsked {
      return
        "\(place) is missing, which \(type.rawValue) cannot say, and f8 has not all digits of the others; make a .csv or .jsonl, "
        + "leave such rows out, or round them by 'echelon convert' with --type f8"
    }
    if number.isNaN {
      return
        "\(place) is missing, which \(type.rawValue) cannot say; leave such rows out, or choose f4 or f8"
    }
    return
      "\(place) is \(digits ?? "\(number)"), which is no number of \(type.rawValue); choose a wider type"
  }
}

/// A type of elements that numbers of tables are stored as.
private protocol StoredNumber {
  associatedtype Bits: FixedWidthInteger & BitwiseCopyable
  /// Nil where the type has no such number.
  init?(storing number: Double)
  /// Whether whole numbers have all digits that are given.
  static var hasDigits: Bool { get }
  /// Nil where the type has no such number.
  init?(digits: String)
  /// Nil where the type has no such number.
  init?(_ integer: StoredInteger)
  var bits: Bits { get }
}

extension StoredNumber {
  static var hasDigits: Bool { false }
  init?(digits: String) { nil }
  init?(_ integer: StoredInteger) { nil }
}

extension StoredNumber where Self: FixedWidthInteger {
  static var hasDigits: Bool { true }
  init?(digits: String) { self.init(digits, radix: 10) }
  init?(_ integer: StoredInteger) {
    if integer.isSigned {
      self.init(exactly: Int64(bitPattern: integer.bits))
    } else {
      self.init(exactly: integer.bits)
    }
  }
  init?(storing number: Double) { self.init(exactly: number) }
  var bits: Self { self }
}

extension Int8: StoredNumber {}
extension Int16: StoredNumber {}
extension Int32: StoredNumber {}
extension Int64: StoredNumber {}
extension UInt8: StoredNumber {}
extension UInt16: StoredNumber {}
extension UInt32: StoredNumber {}
extension UInt64: StoredNumber {}

extension Double: StoredNumber {
  fileprivate init?(storing number: Double) { self = number }
  fileprivate var bits: UInt64 { bitPattern }
}

extension Float: StoredNumber {
  fileprivate init?(storing number: Double) {
    self = Float(number)
    if isInfinite, number.isFinite { return nil }
  }
  fileprivate var bits: UInt32 { bitPattern }
}

#if !(os(macOS) && arch(x86_64))
  extension Float16: StoredNumber {
    fileprivate init?(storing number: Double) {
      self = Float16(number)
      if isInfinite, number.isFinite { return nil }
    }
    fileprivate var bits: UInt16 { bitPattern }
  }
#endif
