import EchelonFiles
import EchelonMemory
import Foundation
import Testing

private func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// The bits of a checksum, one after the other: slow and obvious.
private func plainChecksum(_ bytes: [UInt8]) -> UInt32 {
  var state = UInt32.max
  for byte in bytes {
    for bit in 0..<8 {
      let isSet = (state ^ UInt32(byte) >> UInt32(bit)) & 1 == 1
      state = state >> 1 ^ (isSet ? 0xEDB8_8320 : 0)
    }
  }
  return ~state
}

/// A member of an archive that is put together by hand, with everything that can be wrong in it.
private struct Part {
  var name: String
  var content: [UInt8]
  /// As it lies in the archive.
  var data: [UInt8]
  var method = 0
  var flags = 0
  var localName: String?
  var checksum: UInt32?
  var byteCount: Int?
  var isWide = false

  init(_ name: String, _ content: [UInt8], deflated: [UInt8]? = nil) {
    self.name = name
    self.content = content
    data = deflated ?? content
    method = deflated == nil ? 0 : 8
  }
}

private func archive(_ parts: [Part], isWide: Bool = false, comment: String = "") -> [UInt8] {
  var bytes: [UInt8] = []
  var directory: [UInt8] = []
  for part in parts {
    let offset = bytes.count
    let checksum = little(Int(part.checksum ?? plainChecksum(part.content)), 4)
    let size = part.byteCount ?? part.content.count
    let sizes =
      checksum
      + (part.isWide
        ? [UInt8](repeating: 0xFF, count: 8) : little(part.data.count, 4) + little(size, 4))
    let name = Array(part.name.utf8)
    let local = Array((part.localName ?? part.name).utf8)
    let extra =
      part.isWide ? little(1, 2) + little(16, 2) + little(size, 8) + little(part.data.count, 8) : []
    let kind = little(part.flags, 2) + little(part.method, 2) + [0, 0, 0x21, 0]
    bytes += [0x50, 0x4B, 3, 4] + little(45, 2) + kind + sizes + little(local.count, 2)
    bytes += little(extra.count, 2) + local + extra + part.data
    directory += [0x50, 0x4B, 1, 2] + little(45, 2) + little(45, 2) + kind + sizes
    directory += little(name.count, 2) + little(extra.count, 2) + [UInt8](repeating: 0, count: 10)
    directory += little(offset, 4) + name + extra
  }
  let start = bytes.count
  bytes += directory
  if isWide {
    let end = bytes.count
    bytes += [0x50, 0x4B, 6, 6] + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
    bytes +=
      little(parts.count, 8) + little(parts.count, 8) + little(directory.count, 8)
      + little(start, 8)
    bytes += [0x50, 0x4B, 6, 7] + little(0, 4) + little(end, 8) + little(1, 4)
  }
  let count = isWide ? [0xFF, 0xFF] : little(parts.count, 2)
  bytes += [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count
  bytes +=
    isWide ? [UInt8](repeating: 0xFF, count: 8) : little(directory.count, 4) + little(start, 4)
  return bytes + little(comment.utf8.count, 2) + Array(comment.utf8)
}

/// An NPY file of bytes: `u1`, so that a deflate stream of it can be written by hand.
private func small(_ values: [UInt8], shape: String? = nil) -> [UInt8] {
  let text =
    "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape ?? "(\(values.count),)"), }\n"
  return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(text.utf8.count, 2) + Array(text.utf8)
    + values
}

/// A deflate stream of one stored block.
private func block(_ bytes: [UInt8]) -> [UInt8] {
  [1] + little(bytes.count, 2) + little(~bytes.count, 2) + bytes
}

private func open(_ bytes: [UInt8], member: String? = nil) throws -> NPZFile {
  try NPZFile(name: "a.npz", bytes: bytes, member: member)
}

@Suite struct `An NPZ file` {
  @Test func `is read stored and deflated, with numbers of every width`() throws {
    let (x, y) = (small([1, 2, 3]), small([4, 5, 6, 7, 8, 9], shape: "(3, 2)"))
    for isWide in [false, true] {
      var parts = [Part("x.npy", x), Part("y.npy", y, deflated: block(y))]
      for index in parts.indices { parts[index].isWide = isWide }
      let file = try open(archive(parts, isWide: isWide, comment: "PK\u{5}\u{6} and more"))
      #expect(file.members.map(\.name) == ["x", "y"])
      let table = try DataFileReader(file).table()
      #expect(table.columns.map(\.name) == ["x", "y.0", "y.1"])
      #expect(table.columns.map(\.numbers) == [[1, 2, 3], [4, 6, 8], [5, 7, 9]])
    }
  }

  @Test func `is expanded by the system's zlib`() throws {
    // zlib.compressobj(9, zlib.DEFLATED, -15) of 300 bytes 7.
    let data: [UInt8] = [0x63, 0x67, 0x1F, 0x05, 0xC4, 0x02, 0x00]
    let expanded = [UInt8](repeating: 7, count: 300)
    guard let found = try? data.span.inflated(byteCount: 300) else {
      Issue.record("no zlib, or the stream above is none")
      return
    }
    #expect(found == expanded)
    for count in [0, 299, 301] {
      #expect(throws: InflationError.damaged) { try data.span.inflated(byteCount: count) }
    }
    let surplus = data + [0]
    #expect(throws: InflationError.damaged) { try surplus.span.inflated(byteCount: 300) }
    let none: [UInt8] = []
    #expect(throws: InflationError.damaged) { try none.span.inflated(byteCount: 0) }
    let empty: [UInt8] = [3, 0]
    #expect(try empty.span.inflated(byteCount: 0) == [])
  }

  @Test func `has the checksum that the standard gives`() {
    var check = CRC32()
    let digits = Array("123456789".utf8)
    check.append(digits.span)
    #expect(check.value == 0xCBF4_3926)  // the check value of CRC-32/ISO-HDLC
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for count in [0, 1, 7, 8, 9, 15, 16, 17, 100] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      var found = CRC32()
      let cut = count / 3
      let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
      found.append(first.span)
      found.append(second.span)
      #expect(found.value == plainChecksum(bytes), "\(count) bytes, seed \(seed)")
    }
  }

  @Test func `gives one of its arrays by name`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.npz"
      let bytes = archive([
        Part("x.npy", small([1, 2])), Part("a/y.npy", small([3])), Part("readme.txt", [65]),
      ])
      try Data(bytes).write(to: URL(filePath: path))
      for (name, values) in [("x", [1.0, 2]), ("a/y", [3]), ("x.npy", [1, 2])] {
        let file = try DataFileReader.open("\(path):\(name)")
        #expect(file.path == "\(path):\(name)")
        #expect(try file.table().columns.map(\.numbers) == [values])
      }
      #expect(
        fileError { _ = try DataFileReader.open("\(path):z") }
          == .noMember(path: path, name: "z", names: ["x", "a/y", "readme.txt"]))
      #expect(
        fileError { _ = try DataFileReader.open("\(folder)/b.npz:x") }
          == .notFound(path: "\(folder)/b.npz"))
      #expect(
        fileError { _ = try DataFileReader.open(path) }?.description.contains("readme.txt") == true)
    }
  }

  @Test func `with different numbers of rows is no table, and says how to pick`() throws {
    let file = try open(archive([Part("x.npy", small([1, 2])), Part("y.npy", small([3]))]))
    #expect(
      fileError { _ = try DataFileReader(file) }?.description
        == "a.npz: arrays with different numbers of rows, or more than two axes, are no table: x [2], y [1]; pick one by a.npz:x"
    )
  }

  @Test func `is read without arrays of what is no number, which is said`() throws {
    for (name, what) in [
      ("strings", "Unicode strings"), ("objects", "Python objects"), ("structured", "structured"),
      ("long", "extended floating point"), ("bytes", "byte strings"), ("dates", "dates"),
    ] {
      let odd = Part("odd.npy", try bytes(of: Fixtures.npy("refused-\(name)")))
      let all = archive([odd, Part("x.npy", small([1, 2])), Part("y.npy", small([3, 4]))])
      let file = try open(all)
      #expect(file.members.map(\.name) == ["x", "y"], "\(name)")
      #expect(file.leftOut.count == 1 && file.leftOut[0].hasPrefix("'odd', "), "\(file.leftOut)")
      #expect(file.leftOut[0].contains(what), "\(file.leftOut)")
      #expect(try open(all, member: "x").leftOut.isEmpty)
      // Nothing is left out of what was asked for, nor where nothing would be left.
      for refused in [{ try open(all, member: "odd") }, { try open(archive([odd])) }] {
        #expect(fileError { _ = try refused() }?.description.contains("a.npz:odd: ") == true)
      }
    }
  }

  @Test func `is a table without arrays of three axes, which is said`() throws {
    let cube = Part("cube.npy", small([1, 2], shape: "(1, 1, 2)"))
    let other = Part("other.npy", small([3, 4], shape: "(2, 1, 1)"))
    let file = try open(archive([cube, Part("x.npy", small([1, 2]))]))
    #expect(file.members.map(\.name) == ["cube", "x"] && file.leftOut.isEmpty)
    let reader = try DataFileReader(file)
    #expect(try reader.table() == DataTable(columns: [Column(name: "x", numbers: [1, 2])]))
    if case .npz(let table) = reader.format {
      #expect(table.leftOut == ["'cube', 3 axes"])
    } else {
      Issue.record("no archive: \(reader.format)")
    }
    // Nothing is left out of what was asked for, nor where nothing would be left.
    let both = archive([cube, other])
    for refused in [try open(both), try open(both, member: "cube")] {
      let error = fileError { _ = try DataFileReader(refused) }
      #expect(error?.description.contains("axes") == true, "\(error as Any)")
    }
  }

  @Test func `that is wrong is refused`() {
    let x = small([1, 2, 3])
    func expect(_ what: String, _ bytes: [UInt8], _ place: SourceLocation = #_sourceLocation) {
      let error = fileError({ _ = try open(bytes) }, sourceLocation: place)
      #expect(error?.description.contains(what) == true, "\(error as Any)", sourceLocation: place)
      #expect(error?.description.hasPrefix("a.npz") == true, sourceLocation: place)
    }
    func part(_ change: (inout Part) -> Void) -> [UInt8] {
      var part = Part("x.npy", x)
      change(&part)
      return archive([part])
    }
    expect("holds no data", [])
    expect("holds no data", archive([]))
    expect("no end record", x)
    expect("another checksum", part { $0.checksum = 1 })
    expect("encrypted", part { $0.flags = 1 })
    expect("method 12", part { $0.method = 12 })
    expect("another length", part { $0.byteCount = 5 })
    expect("another name", part { $0.localName = "y.npy" })
    expect("no array", part { $0.name = "x.txt" })
    expect("two members", archive([Part("x.npy", x), Part("x.npy", x)]))
    expect("signature", archive([Part("x.npy", [1, 2, 3])]))
    expect("expand as deflated", archive([Part("x.npy", x, deflated: [7, 7])]))
    expect("expand as deflated", archive([Part("x.npy", x, deflated: block(x) + [0])]))
    expect(
      "as long as the directory",
      part {
        $0.method = 8; $0.byteCount = 1 << 30
      })
    expect(
      "more than 2^63",
      part {
        $0.method = 8; $0.isWide = true; $0.byteCount = -1
      })
    expect("no end record", Array(archive([Part("x.npy", x)]).dropLast()))

    // Two entries for the same bytes, as archives have that expand without end.
    var twice = archive([Part("x.npy", x), Part("y.npy", x)])
    let second = twice.count - 22 - 51 + 42
    let offset = Int(twice[second])
    for index in 0..<4 { twice[second + index] = 0 }
    for (index, byte) in Array("x".utf8).enumerated() { twice[second + 4 + index] = byte }
    #expect(offset > 0)
    expect("shares bytes", twice)
  }

  @Test func `that was written is read back to the same bits, and has numpy's bytes of arrays`()
    throws
  {
    try withTemporaryFolder { folder in
      let path = "\(folder)/w.npz"
      let table = DataTable(columns: [
        Column(name: "größe", numbers: [1, -0.0, .infinity, 5e-324]),
        Column(name: "y.1", numbers: [.nan, 2, 3, 4]),
      ])
      try NPZWriter.write(table, to: path)
      #expect(try DataFileReader.open(path).table() == table)
      let first = try bytes(of: path)
      try NPZWriter.write(table, to: path)
      #expect(try bytes(of: path) == first)

      let (numbers, halves): ([Int16], [Float]) = ([1, 2, 3, 4, 5, 6], [0.5, 1.5])
      var writer = try NPZWriter(path: path)
      try writer.add("n", numbers.span, shape: [2, 3], isFortranOrder: true)
      try writer.add("h", halves.span)
      try writer.commit()
      #expect(
        try DataFileReader.open(path).table().columns.map(\.numbers) == [
          [1, 2], [3, 4], [5, 6], [0.5, 1.5],
        ])
      let single = "\(folder)/n.npy"
      try NPYWriter.write(numbers.span, shape: [2, 3], isFortranOrder: true, to: single)
      let alone = try bytes(of: single)
      #expect(Array(try bytes(of: path)[35..<35 + alone.count]) == alone)

      let words = DataTable(columns: [Column(name: "a", text: ["x"])])
      #expect(throws: FileError.self) { try NPZWriter.write(words, to: "\(folder)/t.npz") }
      let twice = DataTable(columns: [
        Column(name: "a", numbers: [1]), Column(name: "a", numbers: [1]),
      ])
      #expect(throws: FileError.self) { try NPZWriter.write(twice, to: "\(folder)/t.npz") }
    }
  }

  @Test func `changed anywhere is read or refused, and never traps`() throws {
    let (x, y) = (small([1, 2, 3]), small([4, 5, 6]))
    var wide = Part("x.npy", x)
    wide.isWide = true
    try expectNoTrap(
      of: [
        archive([Part("x.npy", x), Part("y.npy", y, deflated: block(y))]),
        archive([wide], isWide: true),
        archive([Part("x.npy", small([1, 2], shape: "(1, 2)"))], comment: "c"),
      ], alphabet: "PK\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\0\u{7F}.npy", named: "a.npz"
    ) { bytes in _ = try DataFileReader(open(bytes)).table() }
  }
}

@Suite struct `A file of plain numbers` {
  @Test(arguments: [
    "f8le", "f8be", "i2be:3", "f4le:2@128", "b1", "u1:7", "i1@5", "c16le", "c8be:2", "f2le",
    "u8be:65536",
  ])
  func `has a format that is its text`(_ text: String) throws {
    let format = try #require(RawFormat(text))
    #expect(format.description == text)
    #expect(
      try JSONDecoder().decode([RawFormat].self, from: JSONEncoder().encode([format])) == [format])
  }

  @Test(arguments: [
    "", "f8", "f8xe", "le", "u1le", "f3le", "f8le:", "f8le:0", "f8le:-1", "f8le:65537", "f8le@",
    "f8le@-1",
    "f8le:3@1@2", "f8le@1:3", "f8le:3:3", "f8le:99999999999999999999", "f8le:+3", " f8le", "F8LE",
    "f16le",
  ])
  func `has no other format`(_ text: String) {
    #expect(RawFormat(text) == nil)
  }

  @Test func `is read in every type and byte order`() throws {
    func columns(_ bytes: [UInt8], _ format: String) throws -> [[Double]?] {
      let array = try MappedNPY(name: "r.bin", bytes: bytes, raw: #require(RawFormat(format)))
      return try DataFileReader(array).table().columns.map(\.numbers)
    }
    #expect(try columns([1, 0, 0xFE, 0xFF], "i2le") == [[1, -2]])
    #expect(try columns([0, 1, 0xFF, 0xFE], "i2be:2") == [[1], [-2]])
    #expect(try columns([9, 9, 9, 1, 2, 3, 4], "u1:2@3") == [[1, 3], [2, 4]])
    #expect(try columns([0x3C, 0, 0xC0, 0], "f2be") == [[1, -2]])
    #expect(try columns([0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0], "c8be") == [[1], [-2]])
    #expect(try columns([0, 0, 0, 0, 0, 0, 0xF0, 0x3F], "f8le") == [[1]])
    #expect(try columns([1, 2, 3], "u1@3") == [[]])
  }

  @Test func `is opened by path, and refused when its rows are not whole`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/r.csv"  // the name does not count
      try Data([1, 2, 3, 4, 5, 6]).write(to: URL(filePath: path))
      let format = try #require(RawFormat("u1:3"))
      #expect(
        try DataFileReader.open(path, raw: format).table().columns.map(\.numbers) == [
          [1, 4], [2, 5], [3, 6],
        ])
      for (text, count, row) in [
        ("u1:4", 6, 4), ("f8le", 6, 8), ("u1@7", 0, 1), ("i2le@9223372036854775807", 0, 2),
      ] {
        let format = try #require(RawFormat(text))
        #expect(
          fileError { _ = try DataFileReader.open(path, raw: format) }
            == .notWholeRows(path: path, byteCount: count, rowByteCount: row, format: text))
      }
    }
  }
}
