import Echelon
import EchelonData
import EchelonFiles
import EchelonMemory

/// Summarizes one file with all workers: for files that would otherwise keep one worker busy while
/// the others have nothing to do.
///
/// Every worker reads some of the text into one array in shared memory; then every worker summarizes
/// some of the columns. Where the numbers take too much memory, the text is read several times, in pieces. The
/// columns of an NPY array are read from the mapped file itself, without the array in between, and long ones in pieces.
///
/// Each step writes only where it did not read, so a worker that dies in it costs a repetition.
struct LargeFileSummary {
  let pool: ProcessPool
  /// Columns with more rows are read in pieces of so many; nil is what suits them.
  var rowsPerPiece: Int?
  /// Text is read in pieces of about this size; nil leaves that to how many numbers there are.
  var bytesPerPiece: Int?
  /// Called with the name of a stage and how many seconds it took.
  var report: (String, Double) -> Void = { _, _ in }

  /// Files from this size on are worth dividing.
  static let smallestByteCount = 16 << 20

  private static let retries: RetryPolicy = 2
  /// A task should be long against its dispatch, and there should be several per worker.
  private static let elementsPerTask = 1 << 16
  /// Columns up to this length are summarized in the memory of a worker, which takes two copies of one.
  private static let mostRowsInMemory = 1 << 20
  /// Numbers of text up to this size are read into shared memory, in one pass: a quarter of the memory that is left, as
  /// there are copies of some columns then.
  private static let mostBytesInMemory = max(128 << 20, MachineLimits.memory().availableBytes / 4)

  func callAsFunction(_ input: InputFile) async throws -> FileSummary {
    if input.raw == nil,
      let plan = DataFileReader.plan(
        input.path, contentsAt: input.location, dialect: input.dialect)
    {
      let head = try plan.beginning()
      return try await noted(summarize(plan), input, head)
    }
    let reader = try input.open(chunkByteCount: bytesPerPiece ?? 2 << 20)
    switch reader.format {
    case .csv(let file): return try await noted(summarize(file), input, file)
    case .npy(let array):
      return try await noted(summarizeArray(reader, array, input.raw), input, nil)
    case .longJSONLines(let file):
      let outline = file.outline
      let numberCount = outline.columns.count { $0.kind == .number }
      guard isLarge(numberCount, rowCount: outline.rowCount) else { return try FileSummary(reader) }
      defer { withExtendedLifetime(file) {} }
      var summary = try await summarize(FilePieces(outline), outline.columns, outline.missingCounts)
      summary.oddWords = file.oddWords
      try summary.noteRounded { reader }
      return summary
    // Read whole already: what is left is little.
    case .npz, .hdf5, .matrixMarket, .jsonLines: return try FileSummary(reader)
    }
  }

  /// The summary with what is to be said of numbers that were rounded, and of words that are numbers.
  /// - Parameter head: text that has at least the first rows; nil of arrays.
  private func noted(
    _ summary: FileSummary, _ input: InputFile, _ head: CSVFile?
  ) throws -> FileSummary {
    var summary = summary
    try summary.noteRounded { try input.open() }
    if summary.columns.contains(where: { $0.kind == .text }), let head {
      let commas = (try? DecimalCommaHint.columns(of: DataFileReader(head))) ?? []
      summary.decimalCommaColumns = commas
      summary.oddWords.removeAll { commas.contains($0.column) }
    }
    return summary
  }

  // MARK: Text

  private func summarize(_ plan: CSVPlan) async throws -> FileSummary {
    let (chunks, seconds) = try await timed {
      try await pool.chunks(of: plan, byteCount: bytesPerPiece)
    }
    // What was decompressed is there for as long as the plan is.
    defer { withExtendedLifetime(plan) {} }
    if let chunks {
      guard isLarge(plan.slotCount, rowCount: chunks.last?.rows.upperBound ?? 0) else {
        return try await summarize(after: seconds) { try await pool.table(plan, chunks: chunks) }
      }
      let (outcome, readSeconds) = try await timed { try await pool.outcome(of: plan, chunks) }
      report("reading", seconds + readSeconds)
      if let outcome {
        return try await summarize(outcome.outline, missing: outcome.missingCounts)
      }
    }
    return try await summarize(plan.scanned(chunkByteCount: bytesPerPiece ?? 2 << 20))
  }

  private func summarize(_ file: CSVFile) async throws -> FileSummary {
    defer { withExtendedLifetime(file) {} }
    guard isLarge(file.numberColumns.count, rowCount: file.rowCount) else {
      return try await summarize { try await pool.table(of: file) }
    }
    var missing = [Int](repeating: 0, count: file.columns.count)
    if file.numberColumns.count < file.columns.count {
      for chunk in file.chunks {
        for (column, count) in try file.missingCounts(of: chunk).enumerated() {
          missing[column] += count
        }
      }
    }
    return try await summarize(file.outline, missing: missing)
  }

  private func isLarge(_ columnCount: Int, rowCount: Int) -> Bool {
    columnCount > 0
      && (bytesPerPiece != nil
        || columnCount * rowCount > Self.mostBytesInMemory / MemoryLayout<Double>.stride)
  }

  /// Summarizes text without its numbers ever being in memory together.
  private func summarize(_ outline: CSVOutline, missing: [Int]) async throws -> FileSummary {
    var summary = try await summarize(
      FilePieces(outline), outline.columns, missing, raggedRows: outline.raggedRows)
    summary.oddWords = try CSVFile(outline).oddWords()
    return summary
  }

  /// - Parameter missing: by column, how many values are.
  private func summarize(
    _ source: FilePieces, _ all: [ColumnDescription], _ missing: [Int],
    raggedRows: RaggedRowCounts = RaggedRowCounts()
  ) async throws -> FileSummary {
    let numbers = all.enumerated().filter { $0.element.kind == .number }
    let (found, seconds) = try await timed {
      try await PiecewiseSummary(pool: pool, source: source)(
        numbers.map { ($0.offset, $0.element.name) })
    }
    report("statistics", seconds)
    var summaries = found.makeIterator()
    let columns = all.enumerated().map { index, column in
      column.kind == .number
        ? summaries.next()!  // one for each column of numbers
        : ColumnSummary(
          text: column.name, count: source.rowCount - missing[index], missing: missing[index])
    }
    return FileSummary(
      file: source.path, rowCount: source.rowCount, columns: columns, raggedRows: raggedRows)
  }

  /// - Parameter before: how many seconds of the reading are over.
  private func summarize(
    after before: Double = 0, _ read: () async throws -> SharedTable
  ) async throws -> FileSummary {
    let (table, readSeconds) = try await timed { try await read() }
    report("reading", before + readSeconds)
    let (summary, seconds) = try await timed { try await summarize(table) }
    report("statistics", seconds)
    return summary
  }

  private func summarize(_ table: SharedTable) async throws -> FileSummary {
    let rowCount = table.rowCount
    let indices = table.columns.indices.filter { table.columns[$0].kind == .number }
    let summarizing = try split(indices.count, size: columnsPerTask(rowCount)).map { range in
      try pool.submit(
        retries: Self.retries, { try summarizeColumns($0, $1) },
        indices[range].map { table.columns[$0].name },
        indices[range].compactMap { table.numbers($0) })
    }
    var ready: [ColumnSummary] = []
    for part in summarizing { ready += try await part.value }
    var next = ready.makeIterator()
    let columns = table.columns.enumerated().map { index, column in
      let missing = table.missingCounts[index]
      return column.kind == .number
        ? next.next()!  // one for each column of numbers
        : ColumnSummary(text: column.name, count: rowCount - missing, missing: missing)
    }
    var summary = FileSummary(
      file: table.path, rowCount: rowCount, columns: columns, raggedRows: table.raggedRows)
    summary.oddWords = try CSVFile(table.outline).oddWords()
    return summary
  }

  // MARK: Arrays

  private func summarizeArray(
    _ reader: DataFileReader, _ array: MappedNPY, _ raw: RawFormat?
  ) async throws -> FileSummary {
    if reader.rowCount > rowsPerPiece ?? Self.mostRowsInMemory, !reader.columns.isEmpty {
      let pieces = try FilePieces(
        array, raw: raw,
        rowsPerPiece: rowsPerPiece ?? max(4_096, ColumnScan.runLength / reader.columns.count))
      let columns = try await PiecewiseSummary(pool: pool, source: pieces)(
        reader.columns.enumerated().map { ($0, $1.name) })
      return FileSummary(file: reader.path, rowCount: reader.rowCount, columns: columns)
    }
    let location = array.location
    let parts = try split(reader.columns.count, size: columnsPerTask(reader.rowCount)).map {
      try pool.submit(
        retries: Self.retries,
        { path, location, raw, range in try summarizeArrayColumns(path, at: location, raw, range) },
        reader.path, location, raw, [$0.lowerBound, $0.upperBound])
    }
    var columns: [ColumnSummary] = []
    for part in parts { columns += try await part.value }
    return FileSummary(file: reader.path, rowCount: reader.rowCount, columns: columns)
  }

  private func columnsPerTask(_ rowCount: Int) -> Int {
    max(1, Self.elementsPerTask / max(1, rowCount))
  }

  private func split(_ count: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }
}

// MARK: In a worker

/// Summarizes columns in shared memory, and leaves them as they are.
@Sendable private func summarizeColumns(
  _ names: [String], _ columns: [SharedArray<Double>]
) throws -> [ColumnSummary] {
  try zip(names, columns).map { name, column in
    try column.withSpan { try ColumnSummary(name: name, values: $0) }
  }
}

/// Summarizes some columns of an array in a file.
@Sendable private func summarizeArrayColumns(
  _ path: String, at location: String?, _ raw: RawFormat?, _ bounds: [Int]
) throws -> [ColumnSummary] {
  do {
    let array =
      if let raw {
        try MappedNPY(path: path, contentsAt: location, raw: raw)
      } else {
        try MappedNPY(path: path, contentsAt: location)
      }
    let rowCount = try array.tableShape().rowCount
    var values = [Double](repeating: 0, count: rowCount)
    return try (bounds[0]..<bounds[1]).map { column in
      var span = values.mutableSpan
      try array.readColumn(column, into: &span)
      return try ColumnSummary(name: array.columnName(column), values: values.span)
    }
  } catch {
    throw InputFailure(error, path: path)
  }
}
