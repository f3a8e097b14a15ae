extension CSVFile {
  /// The values of one of `chunks`, in memory.
  ///
  /// - Throws: `FileError.malformedText` for a word that is not UTF-8, with its place.
  public func table(of chunk: CSVChunk) throws(FileError) -> DataTable {
    let rows = chunk.rows
    let stored = numbers
    let own = stored == nil ? try readNumbers(of: chunk) : []
    let wordColumns = columns.indices.filter { columns[$0].kind == .text }
    var words = try readText(columns: wordColumns, of: chunk).makeIterator()
    var slot = 0
    return DataTable(
      columns: columns.map { column in
        guard column.kind == .number else {
          return Column(name: column.name, text: words.next() ?? [])
        }
        defer { slot += 1 }
        if let stored {
          let first = slot * rowCount
          return Column(
            name: column.name,
            numbers: Array(stored[first + rows.lowerBound..<first + rows.upperBound]))
        }
        return Column(
          name: column.name, numbers: Array(own[slot * rows.count..<(slot + 1) * rows.count]))
      })
  }

  /// The columns of numbers of a chunk, one after the other, each as long as the chunk.
  public func readNumbers(of chunk: CSVChunk) throws(FileError) -> [Double] {
    let reader = CSVNumberReader(
      tokenizer: tokenizer, raggedRows: dialect.raggedRows, missing: missing, columns: columns,
      rowCount: chunk.rows.count)
    var values = [Double](repeating: 0, count: numberColumns.count * chunk.rows.count)
    var storage = values.mutableSpan
    let moved = CSVChunk(byteRange: chunk.byteRange, rows: 0..<chunk.rows.count)
    try read { (bytes) throws(CSVFault) in try reader.read(moved, of: bytes, into: &storage) }
    return values
  }

  /// The values of some columns in a chunk as text, whatever their kinds; nil where one is missing.
  ///
  /// - Throws: `FileError.malformedText` for a word that is not UTF-8, with its place.
  public func readText(
    columns wanted: [Int], of chunk: CSVChunk
  ) throws(FileError) -> [[String?]] {
    var values = wanted.map { _ in [String?]() }
    if wanted.isEmpty { return values }
    for index in values.indices { values[index].reserveCapacity(chunk.rows.count) }
    try read { (bytes) throws(CSVFault) in
      var position = chunk.byteRange.lowerBound
      var fields: [CSVField] = []
      for _ in chunk.rows {
        try readRow(of: bytes, at: &position, into: &fields)
        for (index, column) in wanted.enumerated() {
          guard column < fields.count else {
            values[index].append(nil)
            continue
          }
          values[index].append(try text(of: fields[column], column: column, in: bytes))
        }
      }
    }
    return values
  }
}
