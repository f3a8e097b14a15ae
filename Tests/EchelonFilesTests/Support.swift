import EchelonFiles
import Foundation
import Testing

/// SplitMix64: small, and the same numbers from a seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The repository's data folder and the files beside these tests.
enum Fixtures {
  private static let here = URL(filePath: #filePath).deletingLastPathComponent()

  static let data = here.appending(path: "../../data").standardizedFileURL.path

  static func npy(_ name: String) -> String {
    here.appending(path: "Resources/npy/\(name).npy").path
  }

  static func dataFiles() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: data)
      .filter { name in [".csv", ".tsv", ".npy"].contains { name.hasSuffix($0) } }.sorted()
  }
}

/// A folder of its own for a test, gone afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// The names in a folder, hidden ones included.
func names(in folder: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}

func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

extension CSVFile {
  init(_ text: String, dialect: CSVDialect? = nil, chunkByteCount: Int = 1 << 20) throws(FileError)
  {
    try self.init(
      name: "test.csv", bytes: Array(text.utf8), dialect: dialect, chunkByteCount: chunkByteCount)
  }
}

/// The table in `text`.
func table(_ text: String, dialect: CSVDialect? = nil) throws -> DataTable {
  try CSVFile(text, dialect: dialect).table()
}

/// What `body` throws, which must be a `FileError`.
func fileError(
  _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) -> FileError? {
  #expect(throws: FileError.self, sourceLocation: sourceLocation) { try body() }
}

/// Bit patterns, with every NaN the same: equality of numbers that tells -0 from 0.
func bits(_ values: [Double]) -> [UInt64] {
  values.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern }
}
