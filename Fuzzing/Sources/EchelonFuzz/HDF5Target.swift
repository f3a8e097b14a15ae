import EchelonFiles
import EchelonMemory
import Glibc

/// HDF5 files: by the system's library, which has no coverage, and what is made of its answers here, which has.
final class HDF5Target: FuzzTarget {
  /// Tables are small ones: a file of a kilobyte can say that it has gigabytes of one number.
  private static let limit = 1 << 20

  let seeds: [[UInt8]]
  private let descriptor: Int32
  private let path: String

  init() throws {
    guard HDF5Library.isAvailable else {
      throw MissingLibrary(description: "no HDF5 library; install libhdf5-103 or libhdf5-dev")
    }
    // Nothing here writes the format: the files are those that h5py made for the tests.
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let folder = "/\(root)/Tests/EchelonFilesTests/Resources/hdf5"
    seeds = try ["single", "mixed"].map {
      try SharedFile.read("\(folder)/\($0).h5", limit: 1 << 16)
    }
    var name = Array("/tmp/echelon-fuzz-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&name)
    unsafe unlink(name)
    precondition(descriptor >= 0, "no file in /tmp")
    path = "/proc/self/fd/\(descriptor)"
  }

  func run(_ bytes: [UInt8]) {
    ftruncate(descriptor, 0)
    _ = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    check(nil)
    let file = try? HDF5Library.Input(path: path)
    guard let datasets = try? file?.datasets() else { return }
    for dataset in datasets.prefix(16) { check(dataset.name) }
  }

  private func check(_ group: String?) {
    guard let file = try? HDF5File(path: path, group: group, limit: Self.limit) else { return }
    precondition(file.table.columns.allSatisfy { $0.numbers?.count == file.table.rowCount })
    precondition(
      file.table.columns.count * file.table.rowCount * 8 <= Self.limit, "beyond the limit")
  }
}
