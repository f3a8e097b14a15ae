import EchelonMemory

/// The numbers in an HDF5 file as a table, read by the system's HDF5 library, which is opened when it is first needed.
///
///     let file = try HDF5File(path: "run.h5")                   // the only dataset, or vectors of one length
///     let file = try HDF5File(path: "run.h5", group: "day1/x")  // a dataset, or those of a group
///
/// A dataset of two axes has columns `col0`, `col1`, …; vectors are columns with the names of their datasets, in the order in
/// which they were made if the file has kept it, else by name. Every number becomes a `Double`.
///
/// Datasets of other things than numbers, and those with more than two axes, are left out where there are others, unless they
/// are asked for by their name; see `leftOut`.
///
/// - Limits: datasets of whole and floating-point numbers with up to two axes, `maximumByteCount` bytes together.
/// - Errors: `FileError.missingLibrary` without the library; `noMember`, `membersDiffer` where datasets have different numbers of
///   rows or several have two axes.
public struct HDF5File: Sendable {
  /// The most bytes that the numbers of a table may have: 8 GiB.
  public static let maximumByteCount = 8 << 30

  /// The path as it was given.
  public let path: String

  /// The numbers; integers of 64 bits of columns with some from 2^53 on have all digits beside them.
  public let table: DataTable

  /// Datasets that are not read, as they have no plain numbers or too many axes, while others are: their names, and how many
  /// axes those have that have too many.
  public let leftOut: [String]

  /// Reads the file at `path`.
  /// - Parameters:
  ///   - group: the path of a dataset or a group in the file; nil is the whole.
  ///   - limit: the most bytes that the numbers of the table may have.
  public init(
    path: String, group: String? = nil, limit: Int = maximumByteCount
  ) throws(FileError) {
    try self.init(path: path, source: ByteSource(path: path), group: group, limit: limit)
  }

  init(
    path: String, source: ByteSource, group: String? = nil, limit: Int = maximumByteCount
  ) throws(FileError) {
    self.path = path
    let place: String
    switch source {
    case .mapped(let file), .decompressed(_, let file): place = file.path
    case .memory, .part: preconditionFailure("the library reads files")
    }
    defer { withExtendedLifetime(source) {} }
    let (file, all) = try Self.checked(path) { () throws(HDF5Library.Failure) in
      let file = try HDF5Library.Input(path: place)
      return (file, try file.datasets())
    }
    let prefix = Self.trimmed(group ?? "") + "/"
    var columns: [Column] = []
    let (chosen, leftOut) = try Self.chosen(from: all, group, path, limit)
    self.leftOut = leftOut
    for dataset in chosen {
      let numbers = try Self.checked(path) { () throws(HDF5Library.Failure) in
        try file.read(dataset)
      }
      // Also those that a `Double` has: their shortest digits may be those of another integer.
      let large =
        dataset.integers == nil
        ? [] : numbers.indices.filter { numbers[$0].contains { abs($0) >= 0x1p53 } }
      let bits = try Self.checked(path) { () throws(HDF5Library.Failure) in
        large.isEmpty ? [] : try file.readIntegers(dataset, columns: large)
      }
      let isInside = dataset.name.hasPrefix(prefix)
      let name = isInside ? String(dataset.name.dropFirst(prefix.count)) : dataset.name
      var next = large[...]
      for (index, numbers) in numbers.enumerated() {
        let isLarge = next.first == index
        if isLarge { next.removeFirst() }
        columns.append(
          Column(
            name: dataset.rank < 2 ? name : "col\(index)", numbers: numbers,
            integers: isLarge
              ? StoredIntegers(isSigned: dataset.integers == .signed, bits: bits[index]) : nil))
      }
    }
    table = DataTable(columns: columns)
  }

  /// The datasets that make the table: the one that is named, or all of a group that can; and the others of the group.
  private static func chosen(
    from all: [HDF5Library.Dataset], _ group: String?, _ path: String, _ limit: Int
  ) throws(FileError) -> (found: [HDF5Library.Dataset], leftOut: [String]) {
    let name = trimmed(group ?? "")
    var found = all.filter { name.isEmpty || $0.name == name || $0.name.hasPrefix(name + "/") }
    guard !found.isEmpty else {
      if all.isEmpty { throw .empty(path: path) }
      throw .noMember(path: path, name: name, names: all.map(\.name))
    }
    // All of them are left to be refused where none can be read; what is damaged always is.
    let odd = found.filter { $0.isReadable && !$0.isTable }
    let isOnlyPart = odd.count < found.count
    if isOnlyPart { found.removeAll { $0.isReadable && !$0.isTable } }
    let leftOut =
      isOnlyPart
      ? odd.map { "'\($0.name)'" + ($0.isNumeric && $0.rank > 2 ? ", \($0.rank) axes" : "") } : []
    let advice =
      split("\(path):/") == nil
      ? "save it as FILE.h5, and choose another dataset with FILE.h5:/NAME"
      : "choose another dataset with \(path):/NAME"
    for dataset in found {
      guard dataset.isReadable else {
        throw .system(
          path: path, operation: "read '\(dataset.name)'",
          reason:
            "it is damaged, or written for a newer HDF5 library than the one that is installed; "
            + advice)
      }
      guard dataset.isTable else {
        throw .system(
          path: path, operation: "read '\(dataset.name)'",
          reason: dataset.isNumeric && dataset.rank > 2
            ? "it has \(dataset.rank) axes, and a table has two; \(advice)"
            : "it has no plain numbers; \(advice)")
      }
    }
    let shapes = found.map {
      $0.rank < 2 ? "\($0.name) [\($0.rows)]" : "\($0.name) [\($0.rows), \($0.columns)]"
    }
    guard found.count == 1 || found.allSatisfy({ $0.rank < 2 && $0.rows == found[0].rows }) else {
      throw .membersDiffer(path: path, shapes: shapes, example: "/" + found[0].name)
    }
    var byteCount = 0
    for dataset in found {
      guard dataset.columns <= DataFileReader.maximumColumnCount || dataset.rank < 2 else {
        throw .tooManyColumns(path: path, limit: DataFileReader.maximumColumnCount)
      }
      // A damaged file can say any lengths.
      let count = dataset.rows.multipliedReportingOverflow(by: dataset.columns)
      let bytes = count.partialValue.multipliedReportingOverflow(by: 8)
      let sum = byteCount.addingReportingOverflow(bytes.partialValue)
      let isTooLarge = count.overflow || bytes.overflow || sum.overflow
      guard !isTooLarge, sum.partialValue <= limit else {
        throw .tooLargeForMemory(path: path, byteCount: isTooLarge ? .max : sum.partialValue)
      }
      byteCount = sum.partialValue
    }
    return (found, leftOut)
  }

  /// Without slashes around it.
  private static func trimmed(_ group: String) -> String {
    var group = group[...]
    while group.hasPrefix("/") { group.removeFirst() }
    while group.hasSuffix("/") { group.removeLast() }
    return String(group)
  }

  private static func checked<R>(
    _ path: String, _ body: () throws(HDF5Library.Failure) -> R
  ) throws(FileError) -> R {
    do { return try body() } catch {
      switch error {
      case .noLibrary: throw missingLibrary(path)
      case .damaged:
        throw .system(
          path: path, operation: "read it as HDF5",
          reason: "it is damaged, cut short, or compressed by a filter that is not installed")
      case .noProcess:
        throw .system(
          path: path, operation: "read it as HDF5",
          reason: "no process can be started to do it; end others, or raise the limit (ulimit -u)")
      }
    }
  }

  static func missingLibrary(_ path: String) -> FileError {
    .missingLibrary(path: path, what: "the HDF5 library", package: "libhdf5-103 or libhdf5-dev")
  }

  static func isPresent(in bytes: Span<UInt8>) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    return bytes.count >= 8 && signature.indices.allSatisfy { bytes[$0] == signature[$0] }
  }

  /// The file and the group of `run.h5:/group` or `run.h5.gz:/group`; nil for other paths.
  public static func split(_ path: String) -> (path: String, group: String)? {
    let endings = [".h5", ".hdf5"].flatMap { name in ["", ".gz", ".zst"].map { name + $0 } }
    return path.part(ofFileEndingIn: endings).map { (path: $0.file, group: $0.part) }
  }
}

extension HDF5Library.Dataset {
  /// Whether it is numbers with no more axes than a table has. One without a simple shape has none.
  fileprivate var isTable: Bool { isNumeric && (0...2).contains(rank) }
}
