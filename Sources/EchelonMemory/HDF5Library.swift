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

    /// All numbers of a dataset, the last axis running fastest.
    package func read(_ dataset: Dataset) throws(Failure) -> [Double] {
      let count = dataset.rows * dataset.columns
      var values = [Double](repeating: 0, count: count)
      // SAFETY: the library writes `count` numbers, which it compares with the dataset before.
      let result = unsafe values.withUnsafeMutableBufferPointer { values in
        unsafe echelon_hdf5_read(reader, dataset.name, values.baseAddress, Int64(count))
      }
      try HDF5Library.check(result)
      return values
    }

    /// The bits of the integers of a dataset that has some of 64 bits, in the order of `read`.
    package func readIntegers(_ dataset: Dataset) throws(Failure) -> [UInt64] {
      guard let integers = dataset.integers else { throw .damaged }
      let count = dataset.rows * dataset.columns
      var values = [UInt64](repeating: 0, count: count)
      // SAFETY: the library writes `count` numbers of 64 bits, which it compares with the dataset before.
      let result = unsafe values.withUnsafeMutableBufferPointer { values in
        unsafe echelon_hdf5_read_integers(
          reader, dataset.name, integers.rawValue, values.baseAddress, Int64(count))
      }
      try HDF5Library.check(result)
      return values
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
