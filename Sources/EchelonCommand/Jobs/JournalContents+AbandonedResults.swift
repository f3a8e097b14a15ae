import EchelonFiles
import EchelonMemory

extension JournalContents {
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
}
