public import Echelon
public import EchelonFiles

extension ProcessPool {
  /// Reads a file of delimited text with all workers into shared memory.
  ///
  /// Each worker reads some of its bytes. Numbers are the bits that `strtod` gives, and everything is
  /// the same for any number of workers. The numbers must fit into memory; the text need not.
  ///
  /// - Parameters:
  ///   - path: a file, also compressed with gzip or zstd.
  ///   - location: where the bytes are if not at `path`, which errors then only show.
  ///   - dialect: how the text is written; nil is `CSVDialect.detecting`.
  /// - Throws: `FileError` for the first fault of the file, with line and column; `ArenaError` when
  ///   memory runs out; what `submit` throws.
  public func table(
    reading path: String, contentsAt location: String? = nil, dialect: CSVDialect? = nil
  ) async throws -> SharedTable {
    guard let plan = DataFileReader.plan(path, contentsAt: location, dialect: dialect) else {
      return try await table(
        of: CSVFile(
          path: path, contentsAt: location, dialect: dialect, chunkByteCount: chunkByteCount))
    }
    return try await table(plan)
  }

  /// Reads the file that the plan is of.
  public func table(_ plan: CSVPlan) async throws -> SharedTable {
    let chunks = try await chunks(of: plan)
    return try await table(plan, chunks: chunks)
  }

  /// The same when it is known where the rows lie.
  /// - Parameter chunks: nil if the file has to be read from its beginning.
  package func table(_ plan: CSVPlan, chunks: [CSVChunk]?) async throws -> SharedTable {
    if let chunks, let table = try await table(plan, by: chunks) { return table }
    return try await table(of: plan.scanned(chunkByteCount: chunkByteCount))
  }

  /// A task is to be long against its dispatch, and short against the file.
  private var chunkByteCount: Int { 2 << 20 }

  /// Where the rows of a file lie.
  /// - Parameter byteCount: about how long the chunks are; nil is what suits tasks.
  /// - Returns: nil if the file has to be read from its beginning.
  package func chunks(
    of plan: CSVPlan, byteCount: Int? = nil
  ) async throws -> [CSVChunk]? {
    let counting = try plan.parts(of: byteCount ?? chunkByteCount).map { part in
      try submit(retries: retries, { try $0.count() }, part)
    }
    var counts: [CSVPart.Count] = []
    do {
      for count in counting { counts.append(try await count.value) }
    } catch is RemoteError {
      return nil
    }
    return try plan.chunks(counts)
  }

  /// What reading all rows shows of a file, whose numbers are not kept.
  /// - Returns: nil if the file has to be read from its beginning.
  package func outcome(
    of plan: CSVPlan, _ chunks: [CSVChunk]
  ) async throws -> CSVPlan.Outcome? {
    guard let reader = plan.parts(of: chunkByteCount).first else { return nil }
    let reading = try chunks.map { chunk in
      try submit(retries: retries, { part, chunk in try part.kinds(of: chunk) }, reader, chunk)
    }
    guard let kinds = try await kinds(reading) else { return nil }
    return try plan.outcome(chunks, kinds)
  }

  /// What reading chunks has shown; nil if one could not be read.
  private func kinds(_ reading: [Future<CSVPart.Kinds?>]) async throws -> [CSVPart.Kinds]? {
    var kinds: [CSVPart.Kinds] = []
    var isRead = true
    for part in reading {
      do {
        if let found = try await part.value { kinds.append(found) } else { isRead = false }
      } catch is RemoteError {
        isRead = false
      }
    }
    return isRead ? kinds : nil
  }

  /// - Returns: nil if the file has to be read from its beginning.
  private func table(_ plan: CSVPlan, by chunks: [CSVChunk]) async throws -> SharedTable? {
    let parts = plan.parts(of: chunkByteCount)
    let rowCount = chunks.last?.rows.upperBound ?? 0
    let numbers: SharedArray<Double> = try uninitializedArray(count: plan.slotCount * rowCount)
    // Every part knows how the file is read; where is the chunk's to say.
    guard let reader = parts.first else { return nil }
    let reading = try chunks.map { chunk in
      try submit(
        retries: retries,
        { part, chunk, rowCount, numbers in
          try numbers.withMutableSpan { span in
            try part.read(chunk, rowCount: rowCount, into: &span)
          }
        }, reader, chunk, rowCount, numbers)
    }
    guard let kinds = try await kinds(reading), let outcome = try plan.outcome(chunks, kinds) else {
      return nil
    }
    return SharedTable(
      outcome.outline, missingCounts: outcome.missingCounts, numbers, slots: outcome.slots)
  }

  /// Reads a file that was scanned from its beginning, chunk by chunk.
  public func table(of file: CSVFile) async throws -> SharedTable {
    let numbers: SharedArray<Double> = try uninitializedArray(
      count: file.numberColumns.count * file.rowCount)
    let outline = file.outline
    let reading = try outline.chunks.indices.map { index in
      try submit(
        retries: retries, { try fill($0, $1) }, outline.selecting(index..<index + 1), numbers)
    }
    var missing = [Int](repeating: 0, count: file.columns.count)
    for part in reading {
      do {
        for (column, count) in try await part.value.enumerated() { missing[column] += count }
      } catch is RemoteError {
        // What the scan accepted can only have changed since.
        throw FileError.changed(path: file.path)
      }
    }
    return SharedTable(
      outline, missingCounts: missing, numbers, slots: Array(file.numberColumns.indices))
  }
}

private let retries: RetryPolicy = 2

/// Reads the numbers of the outline's chunks, and counts what is missing by column when there are
/// columns of text (those of numbers show it as NaN).
@Sendable private func fill(
  _ outline: CSVOutline, _ numbers: SharedArray<Double>
) throws -> [Int] {
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
}
