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
