import EchelonFiles
import EchelonMemory
import Foundation

/// What a plan has to do with journals.
extension BatchPlan {
  /// All that decides what is done with any file, but for its name.
  private struct Operation: Encodable {
    let steps: [BatchStep]
    let dialect: CSVDialect?
    let raw: RawFormat?
    let basis: ResultBasis
    /// Hashes of what else results depend on, by path: files that steps read, and the program of a user's operation.
    let others: [String: String]
  }

  /// The hash of the operations with all their parameters, and of what the bits of results depend on.
  private func operationHash(_ basis: ResultBasis) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let operation = Operation(
      steps: tasks.first?.steps ?? [], dialect: tasks.first?.input.dialect,
      raw: tasks.first?.input.raw, basis: basis, others: otherHashes)
    return ContentHash(String(decoding: try encoder.encode(operation), as: UTF8.self)).description
  }

  private var otherHashes: [String: String] {
    var hashes: [String: String] = [:]
    for case .table(let operation) in tasks.first?.steps ?? [] {
      let path = operation.isUserDefined ? "/proc/self/exe" : operation.otherFile
      if let path { hashes[path] = InputFile(path: path).contentHash ?? "" }
    }
    return hashes
  }

  /// The head of the journal of a run that does all of the plan, or a share of it.
  func header(_ basis: ResultBasis, shard: Shard?) throws -> JournalHeader {
    let operations = try operationHash(basis)
    let inputs = Self.hash(tasks.map { InputName($0.path).path })
    return JournalHeader(
      version: JournalHeader.currentVersion, basis: basis,
      plan: Self.hash([operations, inputs]), operations: operations, inputs: inputs,
      total: tasks.count, shard: shard, host: JobLog.hostName,
      processID: JournalHeader.ownProcessID)
  }

  /// Tells every task what to say for the journal of a folder.
  /// - Parameter contents: where what was done before is found; nil does everything anew.
  mutating func order(
    for folder: String, _ basis: ResultBasis, resuming contents: JournalContents?
  ) throws {
    let operation = try operationHash(basis)
    for index in tasks.indices {
      let names = tasks[index].outputs.map { InputFiles.name($0) }
      let path = tasks[index].path
      // The folder of a file has no part in what becomes of it, and its bytes are compared.
      let job = Self.hash([operation, InputName(path).last] + names)
      let previous =
        contents?.entry(ofJob: job)
        // Those of a journal of the first layout, whose keys have the path as it was written then.
        ?? contents?.entry(ofJob: Self.hash([operation, path] + names))
        ?? contents?.entry(ofPath: path).flatMap { entry in
          entry.job == Self.hash([operation, entry.path] + names) ? entry : nil
        }
      tasks[index].order = JournalOrder(folder: folder, job: job, previous: previous)
    }
  }

  /// The hash of several words; none has a zero in it.
  private static func hash(_ words: [String]) -> String {
    ContentHash(words.joined(separator: "\0")).description
  }

  /// Keeps the tasks of a share.
  mutating func take(_ shard: Shard) { tasks.removeAll { !shard.contains($0.index) } }
}
