/// Writes arrays as NPY files of format version 1.0, byte for byte as `numpy.save` does.
public enum NPYWriter {
  /// Writes `elements` to `path`, replacing the file in one step.
  ///
  /// - Parameters:
  ///   - elements: in C order, the last axis running fastest, unless `isFortranOrder`.
  ///   - shape: the length of each axis; their product must be `elements.count`. Nil is one axis.
  public static func write<Element: NPYElement>(
    _ elements: Span<Element>, shape: [Int]? = nil, isFortranOrder: Bool = false,
    to path: String
  ) throws(FileError) {
    let shape = Self.shape(shape, of: elements.count)
    var writer = try AtomicFileWriter(path: path)
    let head = header(of: Element.npyType, shape: shape, isFortranOrder: isFortranOrder)
    try writer.write(elements: head.span)
    try writer.write(elements: elements)
    try writer.commit()
  }

  /// Writes the columns of `table` to `path`: an array of one axis for a single one, else of rows and columns, in Fortran's
  /// order, which is that of columns.
  ///
  /// - Parameters:
  ///   - type: of the elements. Numbers are rounded to one that has fractions and have to be in one that has none; two columns
  ///     are the parts of a complex one.
  ///   - integers: all digits of columns with integers that are no `Double`, by the index of the column; a type that has no
  ///     fractions has them all.
  /// - Throws: `FileError.unwritable` for a column of text and for numbers that the type does not have.
  public static func write(
    _ table: DataTable, as type: NPYElementType = .float64, integers: [Int: [String]] = [:],
    to path: String
  ) throws(FileError) {
    let numbers = try StoredNumbers(table, as: type, integers: integers, path: path)
    let count = numbers.columns.count
    var writer = try AtomicFileWriter(path: path)
    let shape = count == 1 ? [numbers.rowCount] : [numbers.rowCount, count]
    let head = header(of: type, shape: shape, isFortranOrder: true)
    try writer.write(elements: head.span)
    for column in 0..<count {
      let bytes = try numbers.bytes(ofColumn: column)
      try writer.write(elements: bytes.span)
    }
    try writer.commit()
  }

  /// The lengths of the axes of `count` elements, one axis if none are given.
  static func shape(_ shape: [Int]?, of count: Int) -> [Int] {
    let shape = shape ?? [count]
    precondition(
      shape.reduce(1, *) == count && shape.allSatisfy { $0 >= 0 },
      "shape \(shape) does not hold \(count) elements")
    return shape
  }

  /// The bytes before the data, with numpy's padding: room for the growing axis to become 21 digits
  /// long in place, then blanks to a multiple of 64, so that the data can be used where they lie.
  static func header(
    of type: NPYElementType, shape: [Int], isFortranOrder: Bool
  ) -> [UInt8] {
    precondition(
      shape.count <= NPYHeader.mostAxes, "\(shape.count) axes, numpy reads \(NPYHeader.mostAxes)")
    let order = type.byteCount == 1 ? "|" : 1.littleEndian == 1 ? "<" : ">"
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    // numpy calls an array of one axis C-ordered, which it is.
    let isFortran = isFortranOrder && shape.count > 1
    var text =
      "{'descr': '\(order)\(type.rawValue)', 'fortran_order': \(isFortran ? "True" : "False"), "
      + "'shape': (\(lengths)), }"
    if let growing = isFortran ? shape.last : shape.first {
      text += String(repeating: " ", count: 21 - String(growing).utf8.count)
    }
    let prefix = 10
    let unpadded = prefix + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
      + text.utf8
  }
}
