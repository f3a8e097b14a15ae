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

/// Writes text, and returns the path.
func write(_ text: String, to path: String) throws -> String {
  try Data(text.utf8).write(to: URL(filePath: path))
  return path
}

/// Changes well-formed inputs at random: `read` takes them or throws an error that names the file, and
/// does both.
func expectNoTrap(
  of seeds: [[UInt8]], alphabet: String, named name: String, rounds: Int = 20_000,
  sourceLocation: SourceLocation = #_sourceLocation, _ read: ([UInt8]) throws -> Void
) throws {
  for bytes in seeds { try read(bytes) }
  let seed = UInt64.random(in: 0...UInt64.max)
  var generator = SeededGenerator(seed: seed)
  var refused = 0
  for round in 0..<rounds {
    var bytes = seeds[round % seeds.count]
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] = Array(alphabet.utf8).randomElement(using: &generator)!
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place...)
      default: bytes.insert(Array(alphabet.utf8).randomElement(using: &generator)!, at: place)
      }
    }
    do { try read(bytes) } catch {
      #expect(
        "\(error)".hasPrefix(name), "seed \(seed), round \(round): \(error)",
        sourceLocation: sourceLocation)
      refused += 1
    }
  }
  #expect(
    refused > rounds / 20 && refused < rounds, "\(refused) refused, seed \(seed)",
    sourceLocation: sourceLocation)
}
