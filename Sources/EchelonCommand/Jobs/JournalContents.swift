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
  private var done: [String: JournalEntry] = [:]
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

  /// Results that are in the folder and no task writes, of files that are not among those of the tasks, in the order of
  /// their names.
  func abandonedResults(
    besides tasks: [BatchTask], in folder: String
  ) -> [(name: String, path: String)] {
    let written = Set(tasks.flatMap(\.outputs).map { InputFiles.name($0) })
    let inputs = Set(tasks.map { InputName($0.path).path })
    var found: [String: String] = [:]
    for entry in done.values where !inputs.contains(InputName(entry.path).path) {
      for output in entry.outputs
      where !written.contains(output.name)
        && Folder.entry(at: "\(folder)/\(output.name)") != .unknown
      {
        found[output.name] = entry.path
      }
    }
    return found.sorted { $0.key < $1.key }.map { (name: $0.key, path: $0.value) }
  }

  /// What is to be said of them; nil where there are none.
  func noteOfAbandonedResults(besides tasks: [BatchTask], in folder: String) -> String? {
    let results = abandonedResults(besides: tasks, in: folder)
    guard let first = results.first else { return nil }
    return results.count == 1
      ? "\(first.name) stays, a result of \(first.path), which is not among the files any more; "
        + "remove it if it is not wanted"
      : "\(NumberText.grouped(results.count)) results stay of files that are not among those of this run any more, such as "
        + "\(first.name) of \(first.path); remove them if they are not wanted"
  }

  /// One of the files of the last run, to show what its paths look like; nil where there is none.
  var example: JournalEntry? { entriesOfPlan.min { $0.key < $1.key }?.value }

  /// The last time that this was done; nil when it never was.
  func entry(ofJob job: String) -> JournalEntry? { done[job] }

  /// The last time that something was done with the file.
  func entry(ofPath path: String) -> JournalEntry? { doneByPath[InputName(path).path] }
}
