import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// `echelon merge`: the shards of a batch as one.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Puts together what the shards of a batch have written, on whatever machines.",
    discussion: """
      'echelon batch --shard i/n' does every n-th file from the i-th on; each shard has an output folder of its \
      own. Merged, they are what a single run would have written: the same files with the same bytes, and a \
      journal, so that 'echelon batch --resume' goes on from there.

      Shards are refused that are not complete, or not of one job; also those of another release of Echelon, \
      another BLAS or another instruction set, since their results may differ in the last digits. Where machines \
      differ, set ECHELON_ISA (such as avx2) to a level that all have, and OPENBLAS_CORETYPE (such as \
      Haswell), for all shards. See examples/slurm.sh.

      EXAMPLES
        echelon batch --do standardize data --output out/1 --shard 1/2
        echelon batch --do standardize data --output out/2 --shard 2/2
        echelon merge out/1 out/2 --output out/all
      """)

  @Argument(
    help: ArgumentHelp("The output folders of all shards, in any order.", valueName: "folder"),
    completion: .directory)
  var folders: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder for the results, made if missing.", valueName: "dir"),
    completion: .directory)
  var output: String

  @OptionGroup var format: FormatOptions

  mutating func validate() { folders = FoldedWords.unfolded(folders) }

  func run() throws {
    let places = folders.compactMap { Folder.identity(of: $0) }
    if let place = Folder.identity(of: output), places.contains(place) {
      throw WrongUse("\(output) is one of the shards; name another --output", command: "merge")
    }
    let shards = try ShardSet(folders: folders)
    let protection = InputProtection(shards.entries.map(\.entry.path))
    for result in shards.entries.flatMap(\.entry.outputs) {
      try protection.check(
        "\(output)/\(result.name)", command: "merge", advice: "choose another --output folder")
    }
    do { try Folder.create(output) } catch { throw FileError(error, path: output) }
    let journal = try JobJournal(folder: output)
    try journal.begin(shards.header)
    for (folder, entry) in shards.entries {
      for result in entry.outputs { try copy(result, from: folder) }
      try journal.add(entry)
      if let failure = entry.failure { Console.writeError("echelon: \(failure)") }
    }
    try journal.synchronize()

    let run = BatchRun(
      tasks: shards.entries.map { _, entry in
        BatchTask(
          input: InputFile(path: entry.path), steps: [],
          outputs: entry.outputs.map { "\(output)/\($0.name)" }, index: entry.index)
      },
      outcomes: shards.entries.map { _, entry in
        entry.result.map { .done($0) }
          ?? .failed(InputFailure(text: entry.failure ?? ""))
      })
    try run.writeResults(format.format)
    Console.writeError(
      run.summary(folder: output) + " from \(NumberText.count(folders.count, "shard"))")
    if run.failureCount > 0 { throw Exit.someInputFailed }
  }

  /// Copies a result as it is, unless it is there already.
  private func copy(_ result: JournalEntry.Output, from folder: String) throws {
    if JournalEntry.Output(result.name, in: output) == result { return }
    let source = "\(folder)/\(result.name)"
    let target = "\(output)/\(result.name)"
    let file: MappedFile
    do { file = try MappedFile(path: source) } catch { throw FileError(error, path: source) }
    guard file.byteCount == result.byteCount,
      ContentHash(contentsOf: file).description == result.hash
    else {
      throw CommandError(
        "\(source): is not what the shard wrote; run its command again with --resume")
    }
    do throws(FileSystemError) {
      let staged = try StagedFile(replacing: target)
      try file.withBytes { (bytes) throws(FileSystemError) in try staged.write(bytes) }
      try staged.publish()
    } catch {
      throw FileError(error, path: target)
    }
  }
}
