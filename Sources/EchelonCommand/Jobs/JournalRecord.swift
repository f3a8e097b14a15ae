import EchelonFiles
import EchelonMemory
import Foundation

/// The beginning of a run in a journal.
struct JournalHeader: Codable, Equatable, Sendable {
  /// Of the layout of the journal. In the first one, hashes had paths in them as they were written.
  static let currentVersion = 2

  let version: Int
  let basis: ResultBasis
  /// The hash of all that is to be done: inputs, steps, basis. Shards of one run have the same.
  let plan: String
  /// The hashes of its two halves: steps with options and basis, and the paths of inputs. Nil in the first layout.
  var operations: String?
  var inputs: String?
  /// Files of the whole run, all shards together.
  let total: Int
  let shard: Shard?
  let host: String
  let processID: Int32

  /// Whether its numbers are those of a run.
  var isPossible: Bool { total >= 0 && shard?.isPossible != false }

  /// That of this process.
  static let ownProcessID = ProcessInfo.processInfo.processIdentifier
}

/// What became of one file, as a journal has it.
struct JournalEntry: Codable, Equatable, Sendable {
  /// A result that was written.
  struct Output: Codable, Equatable, Sendable {
    /// In the folder of the journal.
    let name: String
    let byteCount: Int
    let hash: String
  }

  /// The place of the file among all of the run, from 0.
  let index: Int
  let path: String
  /// The hash of what is done with the file: its name without folders, operations, options and basis, names of results.
  let job: String
  /// The hash of what was in the file; nil when it failed.
  let input: String?
  var outputs: [Output] = []
  /// Nil when it failed.
  var result: BatchResult?
  /// The text of the failure.
  var failure: String?

  /// Whether its numbers are those of a file, and its results in the folder of the journal and no other.
  var isPossible: Bool {
    index >= 0 && (result?.isPossible ?? true)
      && outputs.allSatisfy { output in
        !["", ".", ".."].contains(output.name)
          && !output.name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
      }
  }

  /// Whether every result is in the folder as it was written.
  func isIntact(in folder: String) -> Bool {
    outputs.allSatisfy { Output($0.name, in: folder) == $0 }
  }
}

extension JournalEntry.Output {
  /// What is in the folder under that name now; nil for nothing that can be read.
  init?(_ name: String, in folder: String) {
    guard let file = try? MappedFile(path: "\(folder)/\(name)") else { return nil }
    self.init(
      name: name, byteCount: file.byteCount, hash: ContentHash(contentsOf: file).description)
  }
}

/// One line of a journal: one of the two.
struct JournalLine: Codable {
  var run: JournalHeader?
  var file: JournalEntry?
}
