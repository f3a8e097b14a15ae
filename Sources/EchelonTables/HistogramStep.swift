package import EchelonFiles

/// `histogram EXPRESSION [bins N]`: a row for each bin, with its edges and how many values it has.
///
/// Missing and infinite values are left out. Without a number of bins there are as many as NumPy's `auto` takes.
struct HistogramStep: TableStep {
  private let expression: ColumnExpression
  private let bins: Int?

  init(_ argument: String) throws(ExpressionFault) {
    // What stands behind the expression is no part of one: two words beside each other never are.
    let words = argument.split(whereSeparator: \.isWhitespace)
    guard words.count > 2, words[words.count - 2] == "bins" else {
      expression = try ColumnExpression(argument)
      bins = nil
      return
    }
    guard let bins = Int(words[words.count - 1]), 1...ColumnHistogram.binLimit ~= bins else {
      let start = argument.distance(
        from: argument.startIndex, to: words[words.count - 1].startIndex)
      throw ExpressionFault(
        "the number of bins must be a whole number, 1 to \(ColumnHistogram.binLimit)",
        at: start..<start + words[words.count - 1].count, of: argument)
    }
    expression = try ColumnExpression(
      String(argument[..<words[words.count - 2].startIndex]).trimmed)
    self.bins = bins
  }

  func apply(to table: DataTable) throws -> DataTable { try apply(in: TablePasses(table)) }

  var takesPasses: Bool { true }

  func apply(in passes: TablePasses) throws -> DataTable {
    let bound = try expression.bound(to: passes.columns)
    return try ColumnHistogram(valueCount: passes.rowCount, bins: bins) { take in
      var rowsBefore = 0
      try passes.pass { piece in
        take(bound.values(in: piece, rowsBefore: rowsBefore))
        rowsBefore += piece.rowCount
      }
    }.table
  }
}

extension ColumnHistogram {
  /// A row for each bin.
  package var table: DataTable {
    DataTable(columns: [
      Column(name: "from", numbers: edges.dropLast()),
      Column(name: "to", numbers: Array(edges.dropFirst())),
      Column(name: "count", numbers: counts.map(Double.init)),
    ])
  }
}
