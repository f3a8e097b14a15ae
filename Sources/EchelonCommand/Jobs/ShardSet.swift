import EchelonFiles
import EchelonLinearAlgebra

/// The shards of a run, checked to be all of them, done, and of one kind.
struct ShardSet {
  /// What the journal of the whole run begins with.
  let header: JournalHeader
  /// What became of every file, in the order of the whole run, and where its results are.
  let entries: [(folder: String, entry: JournalEntry)]

  /// - Throws: `CommandError` that names the shard which is missing, not done, or of another kind.
  init(folders: [String]) throws {
    let journals = try folders.map { ($0, try JournalContents(folder: $0)) }
    let shards = try journals.map { folder, journal in
      guard let header = journal.header, let shard = header.shard else {
        throw CommandError(
          "\(folder): holds no shard; 'echelon batch --shard i/n --output \(folder)' makes one")
      }
      return (folder: folder, journal: journal, header: header, shard: shard)
    }
    guard let first = shards.first else { throw CommandError("no shards are named") }
    for other in shards.dropFirst() {
      try Self.refuseDifference(
        (first.folder, first.header, first.journal.example),
        (other.folder, other.header, other.journal.example))
    }
    try Self.refuseGaps(shards.map { ($0.folder, $0.shard) })

    var entries: [(folder: String, entry: JournalEntry)] = []
    for shard in shards {
      // Of what is there: how many files there are to be is only said by a journal, which may be damaged.
      let own = shard.journal.entriesOfPlan.values.filter { entry in
        entry.index < first.header.total && shard.shard.contains(entry.index)
      }
      let count = shard.shard.fileCount(of: first.header.total)
      guard own.count == count else {
        throw CommandError(
          "\(shard.folder): \(NumberText.grouped(count - own.count)) of \(NumberText.count(count, "file")) of shard "
            + "\(shard.shard) have not been done; run the same command with --resume")
      }
      entries += own.map { (shard.folder, $0) }
    }
    self.entries = entries.sorted { $0.entry.index < $1.entry.index }
    let header = first.header
    self.header = JournalHeader(
      version: header.version, basis: header.basis, plan: header.plan,
      operations: header.operations, inputs: header.inputs, total: header.total, shard: nil,
      host: JobLog.hostName, processID: JournalHeader.ownProcessID)
  }

  /// A shard beside another, with one of its files.
  private typealias Side = (folder: String, header: JournalHeader, example: JournalEntry?)

  /// Shards of different kinds would not have the bits of any one run.
  private static func refuseDifference(
    _ a: Side, _ b: Side
  ) throws {
    func check<Value: Equatable>(
      _ what: String, _ advice: String, _ value: (JournalHeader) -> Value
    ) throws {
      let (x, y) = (value(a.header), value(b.header))
      guard x != y else { return }
      throw CommandError(
        "\(a.folder) and \(b.folder) do not belong together: \(what) is \(x) there and \(y) here; \(advice)"
      )
    }
    let version = "run all shards with the same release of Echelon"
    try check("the layout of the journal", version) { $0.version }
    try check("the release of Echelon", version) { $0.basis.echelon }
    try check("the version of results", version) { $0.basis.results }
    try check(
      "the instruction set",
      "run all shards with \(InstructionSet.environmentVariable) set to the lesser of the two, with --resume"
    ) { $0.basis.level }
    try check(
      "the BLAS",
      "use the same library on all machines, and with OpenBLAS one OPENBLAS_CORETYPE for all, with --resume"
    ) { $0.basis.blas }
    try check("the number of shards", "give all of them the same n in --shard i/n") {
      $0.shard?.count ?? 0
    }
    try check("the number of all files", "give all of them the same files") { $0.total }
    guard a.header.plan != b.header.plan else { return }
    let pair = "\(a.folder) and \(b.folder) do not belong together: "
    guard a.header.operations == b.header.operations else {
      throw CommandError(
        pair
          + "their steps are not the same, or the options on how files are read, or another file that a step reads; "
          + "give all of them the same")
    }
    let examples = [a, b].compactMap { $0.example?.path }
    throw CommandError(
      pair + "their files are not the same"
        + (examples.count == 2 ? ", such as \(examples[0]) there and \(examples[1]) here" : "")
        + "; give all of them the same files in the same order, by paths that are the same from where the command runs"
    )
  }

  private static func refuseGaps(_ shards: [(folder: String, shard: Shard)]) throws {
    var folders: [Int: String] = [:]
    for (folder, shard) in shards {
      if let other = folders.updateValue(folder, forKey: shard.number) {
        throw CommandError("\(other) and \(folder) are both shard \(shard); name one of them")
      }
    }
    let count = shards.first?.shard.count ?? 0
    let missing = (1...max(1, count)).filter { folders[$0] == nil }
    guard missing.isEmpty else {
      let names = missing.prefix(10).map { "\($0)/\(count)" }.joined(separator: ", ")
      throw CommandError(
        "\(NumberText.count(missing.count, "shard")) missing: \(names)\(missing.count > 10 ? ", …" : ""); "
          + "name the folders of all shards")
    }
  }
}
