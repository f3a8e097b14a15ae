import EchelonFiles
import EchelonMemory
import FlightReading
import Glibc

/// Delimited text: read whole and cut into chunks, with the same outcome.
final class CSVTarget: FuzzTarget {
  let seeds: [[UInt8]] = [
    "a,b,c\n1,2.5,x\n-3e5,NA,\"y,\n\"\"z\"\"\"\n,inf,\r\n4, 5 ,6",
    "\u{FEFF}\"x\"\t\"y\"\r\n1\t\"2\"\r\n\t\r\n12345678901234567890.5e-300\tnull",
    "n\n1.7976931348623157e308\n0.000000000000000000000000000001\n\"\"\n-\n?\n",
    "a;b\r1;\"\"\r\"q\"\"\";2", "x\n9007199254740993\n0x1p3\n4.9e-324\n", "",
    "# c\na;b\n1,5;-999\n#\n2\n,5;2;3\n7;8",
  ].map { Array($0.utf8) }

  /// The dialect that the first byte chooses, so that the fuzzer finds its way to each.
  static func dialect(_ choice: UInt8) -> CSVDialect {
    var dialect = CSVDialect.detecting
    dialect.raggedRows = RaggedRowPolicy.allCases[Int(choice & 3)]
    dialect.hasDecimalComma = choice & 4 != 0
    dialect.comment = choice & 8 != 0 ? UInt8(ascii: "#") : nil
    dialect.hasHeader = choice & 16 == 0
    if choice & 32 != 0 { dialect.missingSpellings = ["", "-999", "2"] }
    if choice & 128 != 0 { dialect.comment = UInt8(ascii: ",") }
    if choice & 64 != 0 { dialect.kinds = [dialect.hasHeader ? "a" : "col0": .number] }
    return dialect
  }

  func run(_ bytes: [UInt8]) {
    run(bytes, .detecting)
    if let choice = bytes.first { run(Array(bytes.dropFirst()), Self.dialect(choice)) }
  }

  private func run(_ bytes: [UInt8], _ dialect: CSVDialect) {
    guard let whole = try? CSVFile(name: "m.csv", bytes: bytes, dialect: dialect) else { return }
    do {
      let table = try Self.table(of: whole)
      precondition(
        (table?.columns ?? []).allSatisfy { $0.count == whole.rowCount }, "ragged")
      let cut = try CSVFile(name: "m.csv", bytes: bytes, dialect: dialect, chunkByteCount: 1)
      let other = try Self.table(of: cut)
      precondition(table == other, "another table when cut into chunks")
    } catch {
      fatalError("accepted by the scan, refused by the reader: \(error)")
    }
  }

  /// Nil where a word is not UTF-8, which the scan does not look into.
  private static func table(of file: CSVFile) throws(FileError) -> DataTable? {
    do throws(FileError) { return try file.table() } catch {
      guard case .malformedText = error else { throw error }
      return nil
    }
  }
}

/// NumPy's arrays.
final class NPYTarget: FuzzTarget {
  let seeds: [[UInt8]] = [
    NPYTarget.file("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", 48),
    NPYTarget.file("{'descr': '>i2', 'fortran_order': True, 'shape': (3,), }", 6),
    NPYTarget.file("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", 1, major: 3),
    NPYTarget.file("{'descr': '<c16', 'fortran_order': False, 'shape': (0, 4), }", 0, major: 2),
    NPYTarget.file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", 8),
  ]

  private static func file(_ text: String, _ count: Int, major: UInt8 = 1) -> [UInt8] {
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [major, 0]
    for byte in 0..<(major == 1 ? 2 : 4) {
      bytes.append(UInt8(truncatingIfNeeded: text.utf8.count >> (8 * byte)))
    }
    return bytes + Array(text.utf8) + (0..<count).map { UInt8(truncatingIfNeeded: $0) }
  }

  func run(_ bytes: [UInt8]) {
    guard let array = try? MappedNPY(name: "h.npy", bytes: bytes) else { return }
    if let numbers = try? array.numbers() { precondition(numbers.count == array.numberCount) }
    guard let table = try? DataFileReader(array) else { return }
    precondition(table.columns.count <= DataFileReader.maximumColumnCount)
    // Not of an array that has rows without columns.
    if array.numberCount > 0 { precondition((try? table.table())?.rowCount == table.rowCount) }
  }
}

/// Matrices as text.
final class MatrixMarketTarget: FuzzTarget {
  let seeds: [[UInt8]] = [
    "%%MatrixMarket matrix array real general\n2 2\n1\n-2.5e3\nnan\ninf\n",
    "%%MatrixMarket matrix coordinate complex hermitian\n% c\n3 3 2\n1 1 1 0\n3 1 -2.5 1e3\n",
    "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n",
    "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n2\n3\n",
  ].map { Array($0.utf8) }

  func run(_ bytes: [UInt8]) {
    guard let file = try? MatrixMarketFile(name: "m.mtx", bytes: bytes, limit: 1 << 16) else {
      return
    }
    let numbers = file.table.columns.count * file.table.rowCount
    precondition(numbers <= 1 << 16, "more numbers than the limit")
    precondition(file.table.columns.allSatisfy { $0.numbers != nil })
  }
}

/// JSON lines.
final class JSONLinesTarget: FuzzTarget {
  let seeds: [[UInt8]] = [
    "{\"a\": 1.5e3, \"b\\u00e9\": \"x\\n\", \"c\": true}\n{\"a\": null, \"d\": \"\\ud83d\\ude00\"}\n",
    "[1, -2, \"é\"]\n[null, 0.5, \"\"]\n", "{}\n\r\n{\"\": false}",
  ].map { Array($0.utf8) }

  func run(_ bytes: [UInt8]) {
    let file: JSONLinesFile
    do throws(FileError) { file = try JSONLinesFile(name: "t.json", bytes: bytes) } catch {
      var found: FileError?
      do throws(FileError) {
        guard try LongJSONLines(name: "t.json", bytes: bytes, chunkByteCount: 1) != nil else {
          return
        }
      } catch { found = error }
      precondition(found?.description == error.description, "another error in pieces")
      return
    }
    if let long = try? LongJSONLines(name: "t.json", bytes: bytes, chunkByteCount: 1) {
      let reader = DataFileReader(long)
      precondition(reader.rowCount == file.table.rowCount, "other rows in pieces")
      let rows = reader.pieces().map { try! reader.table(of: $0) }
      for (index, column) in file.table.columns.enumerated() {
        precondition(
          rows.flatMap { $0.columns[index].text ?? [] } == column.text ?? [],
          "other words in pieces")
        precondition(
          rows.flatMap { ($0.columns[index].numbers ?? []).map(\.bitPattern) }
            == (column.numbers ?? []).map(\.bitPattern), "other numbers in pieces")
      }
    }
    precondition(file.table.columns.allSatisfy { $0.count == file.table.rowCount }, "ragged")
    let names = Set(file.table.columns.map { Array($0.name.utf8) })
    precondition(names.count == file.table.columns.count, "two columns of one name")
  }
}

/// Archives of NumPy's arrays.
final class NPZTarget: FuzzTarget {
  let seeds: [[UInt8]]

  init() throws {
    let path = "/tmp/echelon-fuzz-\(getpid()).npz"
    defer { unsafe unlink(path) }
    var writer = try NPZWriter(path: path)
    let (numbers, bytes): ([Double], [UInt8]) = ([1, -2, 3], [1, 2, 3, 4, 5, 6])
    try writer.add("x", numbers.span)
    try writer.add("y", bytes.span, shape: [3, 2])
    try writer.commit()
    seeds = [try SharedFile.read(path, limit: 1 << 16)]
  }

  func run(_ bytes: [UInt8]) {
    guard let file = try? NPZFile(name: "a.npz", bytes: bytes),
      let reader = try? DataFileReader(file), !reader.columns.isEmpty,
      let table = try? reader.table()
    else { return }
    precondition(table.rowCount == reader.rowCount && table.columns.count == reader.columns.count)
  }
}

/// Plain numbers: the text of their format up to a line feed, then what they are said to lie in.
final class RawTarget: FuzzTarget {
  let seeds: [[UInt8]] = ["f8le\n12345678", "i2be:3@2\nab123456", "c8le@0\n12345678", "b1:2\n1234"]
    .map {
      Array($0.utf8)
    }

  func run(_ bytes: [UInt8]) {
    guard let end = bytes.firstIndex(of: 0x0A) else { return }
    guard let format = RawFormat(String(decoding: bytes[..<end], as: UTF8.self)) else { return }
    precondition(RawFormat(format.description) == format, "another format in its own words")
    let data = Array(bytes[(end + 1)...])
    guard let array = try? MappedNPY(name: "r.bin", bytes: data, raw: format) else { return }
    let byteCount = array.count * format.elementType.byteCount
    precondition(byteCount == data.count - format.headerByteCount, "bytes are left out")
    precondition((try? array.numbers())?.count == array.numberCount)
  }
}

/// Recordings of processes that died while they wrote, and of others.
final class FlightTarget: FuzzTarget {
  private let descriptor: Int32
  private let path: String
  let seeds: [[UInt8]]

  init() throws {
    var name = Array("/tmp/echelon-fuzz-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&name)
    unsafe unlink(name)
    precondition(descriptor >= 0, "no file in /tmp")
    path = "/proc/self/fd/\(descriptor)"
    seeds = try FlightSeeds.make()
  }

  func run(_ bytes: [UInt8]) {
    // Small inputs stand for large files: a header that says so makes room for its rings.
    ftruncate(descriptor, 0)
    ftruncate(descriptor, off_t(max(bytes.count, 1)))
    _ = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard let recording = try? FlightRecording(contentsOf: path) else { return }
    precondition(recording.lostEvents >= 0 && recording.workerCount >= 0)
    precondition(recording.events.allSatisfy { $0.nanoseconds >= 0 }, "a time before the beginning")
  }
}
