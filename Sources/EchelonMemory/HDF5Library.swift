internal import CEchelon

/// The system's HDF5 library, opened when it is first needed.
package enum HDF5Library {
  /// A dataset of a file.
  package struct Dataset: Sendable {
    /// The path from the root, without a slash before it.
    package let name: String
    /// -1 where it has no simple shape.
    package let rank: Int
    /// 1 where it has no such axis.
    package let rows: Int
    package let columns: Int
    /// Whether the library can open it, which is then said of what only newer ones can.
    package let isReadable: Bool
    package let isNumeric: Bool
    /// Of what kind its integers are, if they have 64 bits; nil of other numbers.
    package let integers: Integers?
  }

  /// Integers of 64 bits.
  package enum Integers: Int32, Sendable { case signed = 1, unsigned = 2 }

  /// Whether the system has it.
  package static var isAvailable: Bool { echelon_hdf5_is_available() != 0 }

  /// What a call failed with.
  package enum Failure: Error, Sendable {
    case noLibrary
    case damaged
    /// None that would read the file.
    case noProcess
  }

  /// Types of elements that are written; the raw values are those of the shim.
  package enum ElementType: Int32, Sendable {
    case int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64
  }

  /// A file that is made in memory.
  package struct Output: ~Copyable {
    private let file: Int64

    /// Begins an empty file.
    package init() throws(Failure) {
      let file = echelon_hdf5_create()
      guard file >= 0 else { throw file == -1 ? .noLibrary : .damaged }
      self.file = file
    }

    /// Adds a dataset of one axis.
    /// - Parameter elements: as they lie in the file, the least significant byte of each first.
    package func add(
      _ name: String, _ elements: Span<UInt8>, count: Int, of type: ElementType
    ) throws(Failure) {
      // SAFETY: the library reads `count` elements of the type, which the span has.
      let result = unsafe elements.withUnsafeBytes {
        unsafe echelon_hdf5_add(file, name, type.rawValue, $0.baseAddress, Int64(count))
      }
      try HDF5Library.check(result)
    }

    /// The bytes of the file.
    package func bytes() throws(Failure) -> [UInt8] {
      // SAFETY: nothing is copied to no memory.
      let count = unsafe echelon_hdf5_image(file, nil, 0)
      guard count > 0 else { throw .damaged }
      var bytes = [UInt8](repeating: 0, count: Int(count))
      // SAFETY: the library copies `count` bytes, which the array has.
      let copied = unsafe bytes.withUnsafeMutableBytes {
        unsafe echelon_hdf5_image(file, $0.baseAddress, count)
      }
      guard copied == count else { throw .damaged }
      return bytes
    }

    deinit { echelon_hdf5_close(file) }
  }

  /// A file that is read, by a child process: what the library does over a damaged one is not done to this process.
  @safe package final class Input {
    private let reader: OpaquePointer

    /// Opens the file at `path`. One without a name is copied into memory by the library.
    package init(path: String) throws(Failure) {
      var reader: OpaquePointer?
      // SAFETY: a terminated copy of the path, alive during the call.
      try HDF5Library.check(unsafe echelon_hdf5_open(path, &reader))
      guard let reader = unsafe reader else { throw .damaged }
      unsafe self.reader = reader
    }

    /// The datasets, in the order of their creation if the file has kept it, else by name.
    package func datasets() throws(Failure) -> [Dataset] {
      let list = DatasetList()
      // SAFETY: the list lives until the call is over, which is as long as the function is called; names are C strings that
      // are copied there.
      let result = unsafe echelon_hdf5_visit(reader, Unmanaged.passUnretained(list).toOpaque()) {
        context, dataset in
        guard let context = unsafe context, let dataset = unsafe dataset else { return }
        let list = unsafe Unmanaged<DatasetList>.fromOpaque(context).takeUnretainedValue()
        unsafe list.datasets.append(
          Dataset(
            name: String(cString: dataset.pointee.name), rank: Int(dataset.pointee.rank),
            rows: Int(dataset.pointee.rows), columns: Int(dataset.pointee.columns),
            isReadable: dataset.pointee.is_readable != 0,
            isNumeric: dataset.pointee.is_numeric != 0,
            integers: Integers(rawValue: dataset.pointee.integers)))
      }
      withExtendedLifetime(list) {}
      try HDF5Library.check(result)
      return list.datasets
    }

    /// All numbers of a dataset, column by column.
    package func read(_ dataset: Dataset) throws(Failure) -> [[Double]] {
      let columns = NumberColumns(dataset, Array(0..<dataset.columns), 0.0)
      try read(dataset, integers: 0, into: columns)
      return columns.columns
    }

    /// The bits of the integers of some columns of a dataset that has some of 64 bits; nothing of the others.
    package func readIntegers(
      _ dataset: Dataset, columns wanted: [Int]
    ) throws(Failure) -> [[UInt64]] {
      guard let integers = dataset.integers else { throw .damaged }
      let columns = NumberColumns(dataset, wanted, 0 as UInt64)
      try read(dataset, integers: integers.rawValue, into: columns)
      return columns.columns
    }

    private func read(
      _ dataset: Dataset, integers: Int32, into target: NumberTarget
    ) throws(Failure) {
      // SAFETY: the target lives until the call is over, which is as long as the function is called; it is given as many
      // numbers of 8 bytes as it is told of.
      let result = unsafe echelon_hdf5_read(
        reader, dataset.name, integers, Int64(dataset.rows * dataset.columns),
        Unmanaged.passUnretained(target).toOpaque()
      ) { context, numbers, first, count in
        guard let context = unsafe context, let numbers = unsafe numbers else { return }
        let target = unsafe Unmanaged<NumberTarget>.fromOpaque(context).takeUnretainedValue()
        unsafe target.take(
          UnsafeRawBufferPointer(start: numbers, count: Int(count) * 8), first: Int(first))
      }
      withExtendedLifetime(target) {}
      try HDF5Library.check(result)
    }

    // SAFETY: nothing uses it any more.
    deinit { unsafe echelon_hdf5_finish(reader) }
  }

  fileprivate static func check(_ result: Int32) throws(Failure) {
    switch result {
    case 0: break
    case 1: throw .noLibrary
    case 3: throw .noProcess
    default: throw .damaged
    }
  }
}

private final class DatasetList {
  var datasets: [HDF5Library.Dataset] = []
}

/// What takes the numbers of a dataset, some at a time: a function in C knows no type of numbers.
private class NumberTarget {
  /// - Parameter first: the place of the first of them in the dataset.
  func take(_ numbers: UnsafeRawBufferPointer, first: Int) {}
}

/// The columns of a dataset, which get their numbers as they come, so that there is no second copy of all of them.
private final class NumberColumns<Number: BitwiseCopyable>: NumberTarget {
  /// Those that are not wanted are empty.
  private(set) var columns: [[Number]]
  private let isWanted: [Bool]

  init(_ dataset: HDF5Library.Dataset, _ wanted: [Int], _ zero: Number) {
    var isWanted = [Bool](repeating: false, count: dataset.columns)
    for column in wanted { isWanted[column] = true }
    self.isWanted = isWanted
    columns = isWanted.map { $0 ? [Number](repeating: zero, count: dataset.rows) : [] }
  }

  override func take(_ numbers: UnsafeRawBufferPointer, first: Int) {
    let size = MemoryLayout<Number>.size
    let count = numbers.count / size
    let width = columns.count
    for offset in 0..<min(width, count) where isWanted[(first + offset) % width] {
      // In place, without a look at who else has the column for every number.
      var column = columns[(first + offset) % width].mutableSpan
      var row = (first + offset) / width
      var place = offset
      while place < count {
        // SAFETY: `place` is below `count`, and numbers of this size may have any bits.
        column[row] = unsafe numbers.loadUnaligned(fromByteOffset: place * size, as: Number.self)
        row += 1
        place += width
      }
    }
  }
}
