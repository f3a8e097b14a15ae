import EchelonFiles
import EchelonMemory
import Foundation

/// All that a journal says, read without its lock.
///
/// Lines that are not what a journal has (torn, overwritten, made to do harm) are passed over: their
/// files are done again, which costs time and nothing else.
struct JournalContents {
  /// The name of the journal in its folder.
  static let fileName = ".echelon-journal.jsonl"

  /// The run that was begun last.
  private(set) var header: JournalHeader?
  /// What became of files in runs of the same plan as the last, by index.
  private(set) var entriesOfPlan: [Int: JournalEntry] = [:]
  /// Files that were done, the last time of each job.
  private(set) var done: [String: JournalEntry] = [:]
  /// The same, of each path as `InputName` has it.
  private var doneByPath: [String: JournalEntry] = [:]

  /// Nothing.
  init() {}

  /// The journal in a folder; nothing when there is none.
  init(folder: String) throws(FileError) {
    let path = "\(folder)/\(Self.fileName)"
    guard Folder.entry(at: path) != .unknown else {
      self.init()
      return
    }
    guard let text = FileManager.default.contents(atPath: path) else {
      throw .permissionDenied(path: path)
    }
    self.init(text: text)
  }

  /// The bytes of a journal.
  init(text: Data) {
    let decoder = JSONDecoder()
    for line in text.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? decoder.decode(JournalLine.self, from: line) else { continue }
      if let header = line.run, header.isPossible { begin(header) }
      if let entry = line.file, entry.isPossible { add(entry) }
    }
  }

  /// A run begins.
  mutating func begin(_ header: JournalHeader) {
    if header.plan != self.header?.plan { entriesOfPlan = [:] }
    self.header = header
  }

  /// Something has become of a file.
  mutating func add(_ entry: JournalEntry) {
    entriesOfPlan[entry.index] = entry
    guard entry.failure == nil else { return }
    done[entry.job] = entry
    doneByPath[InputName(entry.path).path] = entry
  }

  /// One of the files of the last run, to show what its paths look like; nil where there is none.
  var example: JournalEntry? { entriesOfPlan.min { $0.key < $1.key }?.value }

  /// The last time that this was done; nil when it never was.
  func entry(ofJob job: String) -> JournalEntry? { done[job] }

  /// The last time that something was done with the file.
  func entry(ofPath path: String) -> JournalEntry? { doneByPath[InputName(path).path] }
}
