import Echelon
import EchelonFiles

/// Summarizes one file with all workers: for files that would otherwise keep one worker busy while
/// the others have nothing to do.
///
/// Text is scanned here, once, while workers do other files; then every worker parses runs of records
/// straight into one array in shared memory; then every worker summarizes some of the columns. The
/// columns of an NPY array are read from the mapped file itself, without the array in between.
///
/// Each step writes only where it did not read, so a worker that dies in it costs a repetition.
struct LargeFileSummary {
  let pool: ProcessPool

  /// Files from this size on are worth dividing.
  static let smallestByteCount = 16 << 20

  private static let retries: RetryPolicy = 2
  /// A task should be long against its dispatch, and there should be several per worker.
  private static let elementsPerTask = 1 << 16
  private static let tasksPerFile = 32

  func callAsFunction(_ input: InputFile) async throws -> FileSummary {
    let share = input.byteCount / Self.tasksPerFile
    let reader = try input.open(chunkByteCount: max(4096, min(share, 4 << 20)))
    switch reader.format {
    case .csv(let file): return try await summarize(file, reader)
    case .npy(let array): return try await summarizeArray(reader, at: array.location, input.raw)
    // Read whole already: what is left is little.
    case .npz, .matrixMarket, .jsonLines: return try FileSummary(reader)
    }
  }

  // MARK: Text

  private func summarize(_ file: CSVFile, _ reader: DataFileReader) async throws -> FileSummary {
    let rowCount = file.rowCount
    let numbers: SharedArray<Double> = try pool.uninitializedArray(
      count: file.numberColumns.count * rowCount)
    let outline = file.outline
    let parsing = try split(outline.chunks.count, size: 1).map { range in
      try pool.submit(
        retries: Self.retries,
        { outline, numbers in try parse(outline, into: numbers) },
        outline.selecting(range), numbers)
    }
    var missing = [Int](repeating: 0, count: file.columns.count)
    for part in parsing {
      for (column, count) in try await part.value.enumerated() { missing[column] += count }
    }

    let names = file.numberColumns.map { file.columns[$0].name }
    let summarizing = try split(names.count, size: columnsPerTask(rowCount)).map { range in
      try pool.submit(
        retries: Self.retries,
        { names, rowCount, numbers in
          try summarizeColumns(names, rowCount: rowCount, numbers)
        }, Array(names[range]), rowCount,
        numbers[range.lowerBound * rowCount..<range.upperBound * rowCount])
    }
    var ready: [ColumnSummary] = []
    for part in summarizing { ready += try await part.value }
    var next = ready.makeIterator()
    let columns = file.columns.enumerated().map { index, column in
      column.kind == .number
        ? next.next()!  // one for each column of numbers
        : ColumnSummary(
          text: column.name, count: rowCount - missing[index], missing: missing[index])
    }
    return FileSummary(
      file: file.path, rowCount: rowCount, columns: columns, raggedRows: file.raggedRows)
  }

  // MARK: Arrays

  private func summarizeArray(
    _ reader: DataFileReader, at location: String?, _ raw: RawFormat?
  ) async throws -> FileSummary {
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

/// Reads the numbers of the outline's chunks, and counts what is missing by column when there are
/// columns of text (those of numbers show it as NaN).
@Sendable private func parse(
  _ outline: CSVOutline, into numbers: SharedArray<Double>
) throws -> [Int] {
  do {
    let file = try CSVFile(outline)
    var missing = [Int](repeating: 0, count: file.columns.count)
    let hasText = file.numberColumns.count < file.columns.count
    for chunk in file.chunks {
      try numbers.withMutableSpan { span throws(FileError) in
        try file.readNumbers(of: chunk, into: &span)
      }
      guard hasText else { continue }
      for (column, count) in try file.missingCounts(of: chunk).enumerated() {
        missing[column] += count
      }
    }
    return missing
  } catch {
    throw InputFailure(error, path: outline.path)
  }
}

/// Summarizes columns that lie one after the other in shared memory, and leaves them as they are.
@Sendable private func summarizeColumns(
  _ names: [String], rowCount: Int, _ numbers: SharedArray<Double>
) throws -> [ColumnSummary] {
  try names.enumerated().map { index, name in
    try numbers[index * rowCount..<(index + 1) * rowCount].withSpan { values in
      try ColumnSummary(name: name, values: values)
    }
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
