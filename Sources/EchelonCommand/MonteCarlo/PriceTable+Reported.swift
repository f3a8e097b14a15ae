import EchelonFiles

extension PriceTable {
  /// Prices of a table, with errors as commands have them.
  static func reported(
    _ table: DataTable, path: String, columns: PriceColumns
  ) throws -> PriceTable {
    do {
      return try PriceTable(table, path: path, columns: columns)
    } catch let error as PriceTableError {
      throw CommandError(error.description)
    }
  }

  /// - Throws: `CommandError` for an asset whose returns have no normal distribution.
  func requireNormalReturns(path: String) throws(CommandError) {
    guard let flat = flatAsset else { return }
    throw CommandError(
      "\(path): the returns of \(flat) are all the same, and no normal ones; leave it out, as cash that is missing "
        + "to 1 in --weights, or take --model historical")
  }
}
