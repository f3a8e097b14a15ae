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
  private func dialect(_ choice: UInt8) -> CSVDialect {
    var dialect = CSVDialect.detecting
    dialect.raggedRows = RaggedRowPolicy.allCases[Int(choice & 3)]
    dialect.hasDecimalComma = choice & 4 != 0
    dialect.comment = choice & 8 != 0 ? UInt8(ascii: "#") : nil
    dialect.hasHeader = choice & 16 == 0
    if choice & 32 != 0 { dialect.missingSpellings = ["", "-999", "2"] }
    if choice & 64 != 0 { dialect.kinds = [dialect.hasHeader ? "a" : "col0": .number] }
    return dialect
  }

  func run(_ bytes: [UInt8]) {
    run(bytes, .detecting)
    if let choice = bytes.first { run(Array(bytes.dropFirst()), dialect(choice)) }
  }

  private func run(_ bytes: [UInt8], _ dialect: CSVDialect) {
    guard let whole = try? CSVFile(name: "m.csv", bytes: bytes, dialect: dialect) else { return }
    do {
      let table = try whole.table()
      precondition(table.columns.allSatisfy { $0.count == whole.rowCount }, "ragged")
      let cut = try CSVFile(name: "m.csv", bytes: bytes, dialect: dialect, chunkByteCount: 1)
      let other = try cut.table()
      precondition(table == other, "another table when cut into chunks")
    } catch {
      fatalError("accepted by the scan, refused by the reader: \(error)")
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
    if let numbers = try? array.numbers() { precondition(numbers.count == array.count) }
    guard let table = try? DataFileReader(array) else { return }
    precondition(table.columns.count <= DataFileReader.maximumColumnCount)
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
