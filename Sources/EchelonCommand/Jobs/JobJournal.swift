import EchelonFiles
import EchelonMemory
import Foundation

/// The journal of an output folder: which files have been done, from what, and with which results.
///
/// A line is written when a worker has said that the results of a file are on the disk. Whatever is lost
/// of the journal is done again: it says nothing that is not checked against the files.
final class JobJournal {
  private let file: LineFile
  private(set) var contents: JournalContents
  private let encoder = JSONEncoder()
  private var lastSynchronized = ContinuousClock.now

  /// Takes the journal of a folder for this process, and removes what killed runs left there half written.
  /// - Throws: `CommandError` when another run writes there.
  init(folder: String) throws {
    file = try LineFile("\(folder)/\(JournalContents.fileName)") {
      let run = (try? JournalContents(folder: folder))?.header
      let name = run.map { "process \($0.processID) on \($0.host)" } ?? "another process"
      return CommandError(
        "\(folder): another run writes to this folder (\(name)); wait for its end, or choose another --output folder"
      )
    }
    if !file.isLocked {
      Console.writeError(
        "echelon: \(folder): this file system has no locks; see to it that no other run writes there"
      )
    }
    contents = try JournalContents(folder: folder)
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do throws(FileSystemError) {
      let count = try StagedFile.removeLeftovers(in: folder)
      if count > 0 {
        Console.writeError(
          "echelon: removed \(NumberText.count(count, "file")) that a killed run left half written in \(folder)"
        )
      }
    } catch {
      throw FileError(error, path: folder)
    }
  }

  /// A run begins.
  func begin(_ header: JournalHeader) throws {
    contents.begin(header)
    try write(JournalLine(run: header))
    try file.synchronize()
  }

  /// Something has become of a file.
  func add(_ entry: JournalEntry) throws {
    contents.add(entry)
    try write(JournalLine(file: entry))
    // Results are on the disk before; a line that a power cut takes costs doing its file again.
    if ContinuousClock.now - lastSynchronized > .seconds(1) { try synchronize() }
  }

  /// Brings all lines to the disk.
  func synchronize() throws {
    try file.synchronize()
    lastSynchronized = .now
  }

  private func write(_ line: JournalLine) throws {
    try file.append(String(decoding: encoder.encode(line), as: UTF8.self))
  }
}
