/// A step of `echelon batch`.
///
/// A new operation is a case here, a line of help, and its branch in `BatchOperation+Apply.swift`.
enum BatchOperation: String, CaseIterable, Codable, Sendable {
  case abs, log, sqrt, difference, standardize, normalize
  case dropMissing = "drop-missing"
  case stats, correlation
  case toCSV = "to-csv"
  case toTSV = "to-tsv"
  case toNPY = "to-npy"
  case toNPZ = "to-npz"
  case toMatrixMarket = "to-mtx"
  case toHDF5 = "to-h5"
  case toNumbers = "to-bin"
  case toJSON = "to-json"
  case toJSONLines = "to-jsonl"

  /// The extension of the file that the operation writes; nil for those that compute.
  var outputExtension: String? {
    switch self {
    case .toCSV: "csv"
    case .toTSV: "tsv"
    case .toNPY: "npy"
    case .toNPZ: "npz"
    case .toMatrixMarket: "mtx"
    case .toHDF5: "h5"
    case .toNumbers: "bin"
    case .toJSON: "json"
    case .toJSONLines: "jsonl"
    default: nil
    }
  }

  /// Whether the type of the numbers can be chosen.
  var hasElementType: Bool { [.toNPY, .toNPZ, .toHDF5, .toNumbers].contains(self) }

  /// One line of the help.
  var help: String {
    switch self {
    case .abs: "the magnitude of every number"
    case .log: "natural logarithms; those of negative numbers are missing"
    case .sqrt: "square roots; those of negative numbers are missing"
    case .difference: "each value less the one before; the first row goes"
    case .standardize: "(x − mean) / SD, by column"
    case .normalize: "(x − min) / (max − min), by column: 0 to 1"
    case .dropMissing: "only the rows in which no value is missing"
    case .stats: "the statistics of every column, as `echelon stats` has them"
    case .correlation: "Pearson's correlation of every two columns of numbers"
    case .toCSV: "write the table as it is at this point as CSV"
    case .toTSV: "the same as TSV"
    case .toNPY:
      "the same as NPY, numbers only; 'to-npy f4' in another type, as --do 'to-npz i2', 'to-h5 u1' and 'to-bin f4be'"
    case .toNPZ: "the same as NPZ, an array for every column of numbers"
    case .toMatrixMarket: "the same as Matrix Market, numbers only"
    case .toHDF5: "the same as HDF5, a dataset for every column of numbers"
    case .toNumbers:
      "the same as plain numbers, row after row, without a header; 3 columns are read with --raw f8le:3"
    case .toJSON: "the same as JSON"
    case .toJSONLines: "the same as JSON lines, an object for every row"
    }
  }

  /// All of them, one to a line.
  static var list: String {
    let width = allCases.map(\.rawValue.count).max() ?? 0
    return allCases.map { operation in
      let padding = String(repeating: " ", count: width - operation.rawValue.count)
      return "  \(operation.rawValue)\(padding)  \(operation.help)"
    }.joined(separator: "\n")
  }
}
