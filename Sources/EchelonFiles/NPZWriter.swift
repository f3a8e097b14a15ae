import EchelonMemory

/// Writes arrays as an NPZ file, as `numpy.savez` does: stored, not compressed.
///
///     var writer = try NPZWriter(path: "run.npz")
///     try writer.add("x", x.span)
///     try writer.add("basis", basis.span, shape: [100, 3])
///     try writer.commit()              // without this the target stays as it was
///
/// The same arrays give the same bytes: the archive has no times.
public struct NPZWriter: ~Copyable {
  private struct Entry {
    let name: [UInt8]
    let checksum: UInt32
    let byteCount: UInt64
    let offset: UInt64
  }

  private var file: AtomicFileWriter
  private var entries: [Entry] = []
  private var names: Set<[UInt8]> = []
  private var offset: UInt64 = 0

  /// Begins to replace the file at `path`, or to make it.
  public init(path: String) throws(FileError) { file = try AtomicFileWriter(path: path) }

  /// Adds an array; `elements` and `shape` are those of `NPYWriter.write`.
  /// - Throws: `FileError.unwritable` for a second array of that name, or a name of more than 65,531 bytes.
  public mutating func add<Element: NPYElement>(
    _ name: String, _ elements: Span<Element>, shape: [Int]? = nil, isFortranOrder: Bool = false
  ) throws(FileError) {
    let head = NPYWriter.header(
      of: Element.npyType, shape: NPYWriter.shape(shape, of: elements.count),
      isFortranOrder: isFortranOrder)
    try add(name, head, elements)
  }

  private mutating func add<Value: Numeric & BitwiseCopyable>(
    _ name: String, _ head: [UInt8], _ elements: Span<Value>
  ) throws(FileError) {
    let path = Array((name + ".npy").utf8)
    guard names.insert(path).inserted else {
      throw .unwritable(path: file.path, what: "two arrays are called '\(name)'; rename one")
    }
    guard path.count <= 0xFFFF else {
      throw .unwritable(path: file.path, what: "a name of \(name.utf8.count) bytes; shorten it")
    }
    var checksum = CRC32()
    checksum.append(head.span)
    let dataByteCount = elements.count * MemoryLayout<Value>.stride
    elements.withElementBytes { checksum.append($0) }
    let entry = Entry(
      name: path, checksum: checksum.value, byteCount: UInt64(head.count + dataByteCount),
      offset: offset)
    try write(Self.header(of: entry))
    try write(head)
    try file.write(elements: elements)
    offset += UInt64(dataByteCount)
    entries.append(entry)
  }

  /// Writes the directory, and puts the file in place in one step.
  public consuming func commit() throws(FileError) {
    let start = offset
    for entry in entries { try write(Self.directoryEntry(of: entry)) }
    try write(Self.end(count: UInt64(entries.count), offset: start, byteCount: offset - start))
    try file.commit()
  }

  /// Writes the columns of `table` to `path`, an array of one axis for each.
  /// - Parameters:
  ///   - type: of the elements, as in `NPYWriter.write`.
  ///   - integers: as in `NPYWriter.write`.
  /// - Throws: `FileError.unwritable` for a column of text, for two columns of one name, and for numbers that the type does
  ///   not have.
  public static func write(
    _ table: DataTable, as type: NPYElementType = .float64, integers: [Int: [String]] = [:],
    to path: String
  ) throws(FileError) {
    let numbers = try StoredNumbers(table, as: type, integers: integers, path: path)
    var writer = try NPZWriter(path: path)
    for (index, column) in numbers.columns.enumerated() {
      let head = NPYWriter.header(
        of: numbers.type(ofColumn: index), shape: [numbers.rowCount], isFortranOrder: false)
      let bytes = try numbers.bytes(ofColumn: index)
      try writer.add(column.name, head, bytes.span)
    }
    try writer.commit()
  }

  private mutating func write(_ bytes: [UInt8]) throws(FileError) {
    try file.write(elements: bytes.span)
    offset += UInt64(bytes.count)
  }

  // MARK: Records

  /// The method of members that are not compressed.
  private static let stored: [UInt8] = [0, 0]

  /// Time and date of every member: 1980-01-01, the first that there is.
  private static let date: [UInt8] = [0, 0, 0x21, 0]

  /// Numbers from here on are in a zip64 field.
  private static let wide: UInt64 = 0xFFFF_FFFF

  private static func version(_ isWide: Bool) -> UInt16 { isWide ? 45 : 20 }

  /// Whether the name is UTF-8 and not ASCII.
  private static func flags(_ entry: Entry) -> UInt16 {
    entry.name.contains { $0 >= 0x80 } ? 0x800 : 0
  }

  private static func header(of entry: Entry) -> [UInt8] {
    let size = little(UInt32(min(entry.byteCount, wide)))
    var extra: [UInt8] = []
    if entry.byteCount >= wide {
      extra = joined(
        little(1 as UInt16), little(16 as UInt16), little(entry.byteCount), little(entry.byteCount))
    }
    return joined(
      [0x50, 0x4B, 3, 4], little(version(!extra.isEmpty)), little(flags(entry)), stored, date,
      little(entry.checksum), size, size, little(UInt16(entry.name.count)),
      little(UInt16(extra.count)), entry.name, extra)
  }

  private static func directoryEntry(of entry: Entry) -> [UInt8] {
    let size = little(UInt32(min(entry.byteCount, wide)))
    var extra: [UInt8] = []
    if entry.byteCount >= wide { extra += little(entry.byteCount) + little(entry.byteCount) }
    if entry.offset >= wide { extra += little(entry.offset) }
    if !extra.isEmpty { extra = joined(little(1 as UInt16), little(UInt16(extra.count)), extra) }
    let needed = little(version(!extra.isEmpty))
    return joined(
      [0x50, 0x4B, 1, 2], needed, needed, little(flags(entry)), stored, date,
      little(entry.checksum), size, size, little(UInt16(entry.name.count)),
      little(UInt16(extra.count)), [UInt8](repeating: 0, count: 10),
      little(UInt32(min(entry.offset, wide))), entry.name, extra)
  }

  private static func end(count: UInt64, offset: UInt64, byteCount: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    if count >= 0xFFFF || offset >= wide || byteCount >= wide {
      bytes = joined(
        [0x50, 0x4B, 6, 6], little(44 as UInt64), little(version(true)), little(version(true)),
        little(0 as UInt64), little(count), little(count), little(byteCount), little(offset),
        [0x50, 0x4B, 6, 7], little(0 as UInt32), little(offset + byteCount), little(1 as UInt32))
    }
    let short = little(UInt16(min(count, 0xFFFF)))
    return joined(
      bytes, [0x50, 0x4B, 5, 6, 0, 0, 0, 0], short, short, little(UInt32(min(byteCount, wide))),
      little(UInt32(min(offset, wide))), [0, 0])
  }

  private static func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

  private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
  }
}
