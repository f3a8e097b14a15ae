import EchelonMemory

/// The arrays in an NPZ file, as `numpy.savez` and `numpy.savez_compressed` write it.
///
///     let file = try NPZFile(path: "run.npz")               // x: [100], basis: [100, 3]
///     let file = try NPZFile(path: "run.npz", member: "x")  // one of them
///
/// Arrays of words, records and objects are left out where there are others; see `leftOut`.
///
/// As a table, arrays of one axis are a column of their own name, those of two have `basis.0`, `basis.1`,
/// …, and complex ones `x.real` and `x.imag`; those of more axes are left out where there are others.
/// All must have as many rows; otherwise one is picked, by `member` or, where a path is asked for, by `run.npz:x`, of a compressed archive by `run.npz.gz:x`.
///
/// Arrays that are stored are used where they lie in the file; those that are deflated are expanded in
/// memory, with the system's zlib. The checksum of every array is compared when the file is opened.
///
/// - Limits: deflated arrays of `maximumInflatedByteCount` bytes together; the columns of a table.
/// - Errors: `FileError.malformedZip` with the byte where the archive is damaged, `missingLibrary` where
///   zlib is needed and not installed, `membersDiffer`, `noMember`, and those of `MappedNPY`.
public struct NPZFile: Sendable {
  /// An array with its name.
  public struct Member: Sendable {
    /// The name without `.npy`.
    public let name: String

    /// The array.
    public let array: MappedNPY
  }

  /// The most bytes that deflated arrays may have when they are expanded: 8 GiB.
  public static let maximumInflatedByteCount = 8 << 30

  /// The path as it was given.
  public let path: String

  /// The arrays, in the order of the file.
  public private(set) var members: [Member]

  /// Arrays that are not read, as they have no plain numbers, while others do: their names, and what they are. In a
  /// `DataFileReader` also those of too many axes.
  public private(set) var leftOut: [String]

  /// Maps the file at `path`, and expands what is deflated.
  /// - Parameter member: the name of the only array to be read, with or without `.npy`; nil for all.
  public init(path: String, member: String? = nil) throws(FileError) {
    let source = try ByteSource(path: path)
    try self.init(path: path, source: source, member: member)
  }

  /// Reads a file that is already in memory; `name` stands for the path in errors.
  public init(name: String, bytes: [UInt8], member: String? = nil) throws(FileError) {
    try self.init(path: name, source: .memory(bytes), member: member)
  }

  init(path: String, source: ByteSource, member wanted: String? = nil) throws(FileError) {
    guard source.byteCount > 0 else { throw .empty(path: path) }
    let archive = try source.withBytes(path: path) { (bytes) throws(FileError) in
      try ZipArchive(bytes, path: path)
    }
    guard !archive.members.isEmpty else { throw .empty(path: path) }
    var names: Set<String> = []
    for member in archive.members where !names.insert(Self.arrayName(member.name)).inserted {
      throw .malformedZip(
        path: path, offset: member.range.lowerBound, what: "two members are called '\(member.name)'"
      )
    }
    let chosen = archive.members.filter {
      wanted == nil || wanted == $0.name || wanted == Self.arrayName($0.name)
    }
    guard !chosen.isEmpty else {
      throw .noMember(
        path: path, name: wanted ?? "", names: archive.members.map { Self.arrayName($0.name) })
    }
    var inflatedByteCount = 0
    var members: [Member] = []
    var leftOut: [String] = []
    var refusal: FileError?
    for member in chosen {
      let name = Self.arrayName(member.name)
      guard name != member.name else {
        throw .malformedZip(
          path: path, offset: member.range.lowerBound,
          what: "'\(member.name)' is no array, whose name would end in .npy; "
            + "pick one by \(path):NAME")
      }
      let data = try Self.data(of: member, in: source, path: path, &inflatedByteCount)
      do throws(FileError) {
        members.append(
          Member(name: name, array: try MappedNPY(path: "\(path):\(name)", source: data)))
      } catch {
        guard case .unsupportedNPY(_, let what) = error else { throw error }
        refusal = refusal ?? error
        leftOut.append("'\(name)', \(what)")
      }
    }
    if members.isEmpty, let refusal { throw refusal }
    self.members = members
    self.leftOut = leftOut
    self.path = path
  }

  /// Whether a file with these first bytes is a zip archive that begins with an array.
  static func isPresent(in bytes: Span<UInt8>) -> Bool {
    guard ZipArchive.isPresent(in: bytes), bytes.count >= 30 else { return false }
    let end = 30 + Int(UInt16(littleEndian: bytes.loadInteger(at: 26)))
    return end <= bytes.count && bytes.matches(".npy", at: end - 4)
  }

  private static func arrayName(_ name: String) -> String {
    name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
  }

  /// The bytes of a member: a part of the file, or expanded; with their checksum compared.
  private static func data(
    of member: ZipArchive.Member, in source: ByteSource, path: String,
    _ inflatedByteCount: inout Int
  ) throws(FileError) -> ByteSource {
    func malformed(_ what: String) -> FileError {
      .malformedZip(path: path, offset: member.range.lowerBound, what: "'\(member.name)' \(what)")
    }
    guard !member.isEncrypted else { throw malformed("is encrypted; decrypt the archive") }
    let data: ByteSource
    switch member.method {
    case 0:
      guard member.byteCount == member.range.count else {
        throw malformed("is stored, but has another length in the directory")
      }
      data = .part(source, member.range)
    case 8:
      // No deflate stream expands further: what the directory says needs no memory before.
      guard member.byteCount / 1032 <= member.range.count else {
        throw malformed("cannot be as long as the directory says")
      }
      guard member.byteCount <= maximumInflatedByteCount - inflatedByteCount else {
        throw malformed(
          "and the arrays before it are longer than the \(maximumInflatedByteCount) bytes that are "
            + "expanded; save them with numpy.savez, or pick one by \(path):NAME")
      }
      inflatedByteCount += member.byteCount
      data = .memory(
        try source.withBytes(path: path) { (bytes) throws(FileError) in
          do throws(InflationError) {
            return try bytes.extracting(member.range).inflated(byteCount: member.byteCount)
          } catch {
            switch error {
            case .noLibrary:
              throw .missingLibrary(
                path: path, what: "deflated arrays need zlib", package: "zlib1g")
            case .damaged:
              throw malformed("does not expand as deflated data do; copy the file again")
            case .outOfMemory:
              throw .system(
                path: path, operation: "expand '\(member.name)'", reason: "out of memory")
            }
          }
        })
    default:
      throw malformed(
        "is compressed by method \(member.method); save it with numpy.savez_compressed")
    }
    var checksum = CRC32()
    try data.withBytes(path: path) { (bytes) throws(FileError) in checksum.append(bytes) }
    guard checksum.value == member.checksum else {
      throw malformed("has another checksum than when it was written; copy the file again")
    }
    return data
  }
}

extension NPZFile {
  /// The arrays that a table can have, or all to be refused where there is none.
  func forTable() -> NPZFile {
    let flat = members.filter { $0.array.shape.count <= 2 }
    guard !flat.isEmpty, flat.count < members.count else { return self }
    var file = self
    file.leftOut += members.filter { $0.array.shape.count > 2 }.map {
      "'\($0.name)', \($0.array.shape.count) axes"
    }
    file.members = flat
    return file
  }

  /// The path of the archive and the name of a member in `run.npz:x` or `run.npz.gz:x`; nil for other paths.
  static func split(_ path: String) -> (path: String, member: String)? {
    let found = path.part(ofFileEndingIn: ["", ".gz", ".zst"].map { ".npz" + $0 })
    guard let found, !found.part.isEmpty else { return nil }
    return (found.file, found.part)
  }

  /// Rows, and the names of the columns, of all arrays as one table.
  func tableShape() throws(FileError) -> (rowCount: Int, columns: [ColumnDescription]) {
    var columns: [ColumnDescription] = []
    var rowCount: Int?
    func differ() -> FileError {
      let example = members.first { $0.array.shape.count <= 2 } ?? members[0]
      return .membersDiffer(
        path: path, shapes: members.map { "\($0.name) \($0.array.shape)" }, example: example.name)
    }
    for member in members {
      // Where there are several, none is the table's: `forTable` has left none out.
      if members.count > 1, member.array.shape.count > 2 { throw differ() }
      let shape = try member.array.tableShape()
      guard rowCount == nil || rowCount == shape.rowCount else { throw differ() }
      rowCount = shape.rowCount
      guard shape.columnCount <= DataFileReader.maximumColumnCount - columns.count else {
        throw .tooManyColumns(path: path, limit: DataFileReader.maximumColumnCount)
      }
      for column in 0..<shape.columnCount {
        columns.append(
          ColumnDescription(name: member.columnName(column), kind: .number))
      }
    }
    return (rowCount ?? 0, columns)
  }

  /// Converts all arrays as one table into `storage`, column after column.
  func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    var start = 0
    for member in members {
      let end = start + member.array.numberCount
      var part = storage._mutatingExtracting(start..<end)
      try member.array.readNumbers(into: &part)
      start = end
    }
    precondition(
      start == storage.count, "storage has \(storage.count) elements, the arrays \(start)")
  }
}

extension NPZFile.Member {
  /// The name of a column of the array: `x`, `x.0` of two axes; with `.real` or `.imag` if it is complex.
  fileprivate func columnName(_ column: Int) -> String {
    let parts = array.elementType.partCount
    return name + (array.shape.count == 2 ? ".\(column / parts)" : "")
      + (parts == 1 ? "" : column % 2 == 0 ? ".real" : ".imag")
  }
}
