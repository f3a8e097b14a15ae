package import EchelonMemory
import Glibc

/// A place in a text file, as editors count: lines and columns from 1.
public struct FilePlace: Equatable, Sendable, Codable, CustomStringConvertible {
  /// The path as it was given.
  public let path: String

  /// The line, from 1; the header is on the first one that is not blank.
  public let line: Int

  /// The column, from 1, in characters (Unicode scalars).
  public let column: Int

  /// A place in the file at `path`.
  public init(path: String, line: Int, column: Int) {
    self.path = path
    self.line = line
    self.column = column
  }

  /// `path:line:column`, which editors and terminals turn into a link.
  public var description: String { "\(path):\(line):\(column)" }
}

/// Why a data file could not be read or written.
public enum FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is nothing at the path, or a folder on the way to it is missing.
  case notFound(path: String)

  /// The permissions of the file or of its folder forbid what was tried.
  case permissionDenied(path: String)

  /// The path names a folder.
  case isDirectory(path: String)

  /// The path names a pipe, a device or a socket.
  case notRegularFile(path: String)

  /// There are no data: no byte at all, or nothing but blank lines.
  case empty(path: String)

  /// The first bytes of a known binary format where there should be text.
  case notText(path: String, offset: Int, what: String)

  /// A row with more or fewer fields than the header.
  case raggedRow(place: FilePlace, expected: Int, found: Int)

  /// A value that is not a number, in a column that the caller gave as numbers.
  case notANumber(place: FilePlace, column: String, found: String)

  /// A dialect that cannot be read at all, or that does not fit the columns of the file.
  case unusableDialect(path: String, what: String)

  /// A quoted field that never ends, or that goes on after its closing quote.
  case malformedQuote(place: FilePlace, what: String)

  /// Text that is not as its format has it.
  case malformedText(place: FilePlace, what: String)

  /// An archive whose records are not as zip has them, or with members that are not read.
  case malformedZip(path: String, offset: Int, what: String)

  /// An archive without the member that was asked for.
  case noMember(path: String, name: String, names: [String])

  /// Arrays of an archive that make no table, since they have different numbers of rows.
  case membersDiffer(path: String, shapes: [String], example: String)

  /// A library of the system that the file needs.
  case missingLibrary(path: String, what: String, package: String)

  /// A file of plain numbers that ends within a row.
  case notWholeRows(path: String, byteCount: Int, rowByteCount: Int, format: String)

  /// A table that the format to be written does not have.
  case unwritable(path: String, what: String)

  /// More columns than a table may have; usually the delimiter is not the one assumed, or an
  /// array is transposed.
  case tooManyColumns(path: String, limit: Int)

  /// An NPY header that does not say what it must.
  case malformedNPY(path: String, offset: Int, expected: String, found: String)

  /// An NPY array of a kind that has no numbers this module can give.
  case unsupportedNPY(path: String, what: String)

  /// Fewer or more bytes of data than the shape in the header asks for.
  case wrongSize(path: String, expected: Int, found: Int)

  /// An array with a number of axes that does not make a table.
  case notATable(path: String, shape: [Int])

  /// A gzip or zstd file that is cut short or does not follow its format, at a byte of the file.
  case damagedCompression(path: String, format: String, offset: Int, what: String)

  /// The library that reads and writes a compressed format is not installed.
  case noCompressionLibrary(path: String, library: String, packages: String)

  /// A file that has to be in memory, because it is compressed or comes through a pipe, and takes more
  /// of it than what is then left.
  case tooLargeForMemory(path: String, byteCount: Int)

  /// There is less room on the disk of a folder for temporary files than the bytes of the file take, which have no room in
  /// memory; so many were there already.
  case tooLargeForDisk(path: String, byteCount: Int, folder: String)

  /// The file changed between the scan that measured it and this read.
  case changed(path: String)

  /// The disk, or the quota on it, is full.
  case noSpace(path: String)

  /// Any other refusal of the operating system.
  case system(path: String, operation: String, reason: String)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .notFound(let path):
      path.unicodeScalars.contains("\u{FFFD}")
        ? "\(path): no such file; if its name is not UTF-8, which \u{FFFD} stands for here, rename it"
        : path.contains("*")
          ? "\(path): no such file; * stands for names where a shell reads it, outside of quotes, and in job files"
          : "\(path): no such file; check the name and the folders on the way to it"
    case .permissionDenied(let path):
      "\(path): permission denied; check the permissions of the file and of its folder"
    case .isDirectory(let path):
      "\(path): is a directory; name a file in it"
    case .notRegularFile(let path):
      "\(path): is not a regular file; save its contents to a file first"
    case .empty(let path):
      "\(path): holds no data, not even the name of a column; make it again, or leave it out"
    case .notText(let path, let offset, let what):
      "\(path): is not a text file: \(what) at byte \(offset); convert it to UTF-8 text or NPY"
    case .raggedRow(let place, let expected, let found):
      "\(place): the header has \(expected) fields, this row has \(found); "
        + (found > expected ? "quote fields that contain the delimiter" : "add the missing fields")
    case .notANumber(let place, let column, let found):
      "\(place): '\(found)' is not a number, as column '\(column)' should have; correct it, add it "
        + "to the spellings of missing values, or read the column as text"
    case .unusableDialect(let path, let what):
      "\(path): \(what)"
    case .malformedQuote(let place, let what):
      "\(place): \(what); inside quotes, write a quote as two"
    case .malformedText(let place, let what):
      "\(place): \(what)"
    case .malformedZip(let path, let offset, let what):
      "\(path): byte \(offset): \(what)"
    case .noMember(let path, let name, let names):
      "\(path): has no array '\(name)'; it has \(Self.list(names))"
    case .membersDiffer(let path, let shapes, let example):
      "\(path): arrays with different numbers of rows, or more than two axes, are no table: \(Self.list(shapes)); "
        + Self.picking(example, from: path)
    case .missingLibrary(let path, let what, let package):
      "\(path): \(what), and it is not installed; install \(package) (apt-get install \(package))"
    case .notWholeRows(let path, let byteCount, let rowByteCount, let format):
      "\(path): \(byteCount) bytes of data are no whole rows of \(rowByteCount) bytes, which '\(format)' has; "
        + "check type, columns and header"
    case .unwritable(let path, let what):
      "\(path): not written: \(what)"
    case .tooManyColumns(let path, let limit):
      "\(path): the first row has more than \(limit) columns; check the delimiter, or transpose"
    case .malformedNPY(let path, let offset, let expected, let found):
      "\(path): malformed NPY header at byte \(offset): expected \(expected), found \(found); "
        + "write the file again with numpy.save"
    case .unsupportedNPY(let path, let what):
      "\(path): \(what) cannot be read; convert the array with .astype(float) before saving"
    case .wrongSize(let path, let expected, let found):
      "\(path): the header promises \(expected) bytes of data, the file has \(found); "
        + (found < expected ? "copy it again, it was cut short" : "save one array per file")
    case .notATable(let path, let shape):
      "\(path): an array with \(shape.count) axes \(shape) is not a table; "
        + "reshape it to one or two axes"
    case .damagedCompression(let path, let format, let offset, let what):
      "\(path): damaged \(format) file at byte \(offset): \(what); copy it again, or make it again"
    case .noCompressionLibrary(let path, let library, let packages):
      "\(path): needs \(library), which is not installed; install the package \(packages)"
    case .tooLargeForMemory(let path, let byteCount):
      "\(path): takes more memory than is left, at \(byteCount >> 20) MiB; decompress it to a file, "
        + "or set TMPDIR to a folder on a disk"
    case .tooLargeForDisk(let path, let byteCount, let folder):
      "\(path): takes more of the disk of \(folder) than is left, at \(byteCount >> 20) MiB; free some, "
        + "or set TMPDIR to a folder on another disk"
    case .changed(let path):
      "\(path): changed while it was being read; run again when nothing writes to it"
    case .noSpace(let path):
      "\(path): no space left on the disk or in the quota; free some, or write elsewhere"
    case .system(let path, let operation, let reason):
      "\(path): could not \(operation): \(reason)"
    }
  }
}

extension FileError {
  /// The same of a file that could not be written, under the name that whoever asked for it knows.
  package func naming(_ path: String) -> FileError {
    switch self {
    case .notFound: .notFound(path: path)
    case .permissionDenied: .permissionDenied(path: path)
    case .notRegularFile: .notRegularFile(path: path)
    case .missingLibrary(_, let what, let package):
      .missingLibrary(path: path, what: what, package: package)
    case .unwritable(_, let what): .unwritable(path: path, what: what)
    case .noCompressionLibrary(_, let library, let packages):
      .noCompressionLibrary(path: path, library: library, packages: packages)
    case .tooLargeForMemory(_, let byteCount):
      .tooLargeForMemory(path: path, byteCount: byteCount)
    case .tooLargeForDisk(_, let byteCount, let folder):
      .tooLargeForDisk(path: path, byteCount: byteCount, folder: folder)
    case .noSpace: .noSpace(path: path)
    case .system(_, let operation, let reason):
      .system(path: path, operation: operation, reason: reason)
    default: self
    }
  }

  /// How one of several arrays is picked, which the name of a file has to allow, as that of standard input does not.
  private static func picking(_ example: String, from path: String) -> String {
    if DataFileReader.container(of: "\(path):\(example)") != nil {
      return "pick one by \(path):\(example)"
    }
    let file = example.hasPrefix("/") ? "FILE.h5" : "FILE.npz"
    return "save it as \(file), and pick one by \(file):\(example)"
  }

  /// Some of many words.
  private static func list(_ words: [String]) -> String {
    words.prefix(8).joined(separator: ", ")
      + (words.count > 8 ? " and \(words.count - 8) more" : "")
  }

  /// The meaning of a failed system call to someone who asked for `path`.
  package init(_ error: FileSystemError, path: String) {
    switch error.code {
    case ENOENT, ENOTDIR: self = .notFound(path: path)
    case EACCES, EPERM: self = .permissionDenied(path: path)
    case EROFS:
      self = .system(
        path: path, operation: error.operation.rawValue,
        reason: "the file system is mounted read-only; write elsewhere")
    case EISDIR: self = .isDirectory(path: path)
    case ENODEV, ENXIO: self = .notRegularFile(path: path)
    case EEXIST:
      self = .system(
        path: path, operation: error.operation.rawValue,
        reason: "a file of this name is in the way; choose another name")
    case ENOSPC, EDQUOT: self = .noSpace(path: path)
    default:
      self = .system(path: path, operation: error.operation.rawValue, reason: error.reason)
    }
  }
}

extension FileError {
  /// What kept bytes from being brought into memory for someone who asked for `path`.
  package init(_ error: AnonymousFileError, path: String) {
    switch error {
    case .system(let error): self.init(error, path: path)
    case .noLibrary(let format): self.init(missing: format, path: path)
    case .damaged(let format, let offset, let what):
      self = .damagedCompression(path: path, format: "\(format)", offset: offset, what: what)
    case .tooLarge(let byteCount): self = .tooLargeForMemory(path: path, byteCount: byteCount)
    case .diskFull(let byteCount, let folder):
      self = .tooLargeForDisk(path: path, byteCount: byteCount, folder: folder)
    }
  }

  init(missing format: CompressionFormat, path: String) {
    let (name, packages) = format.library
    self = .noCompressionLibrary(path: path, library: name, packages: packages)
  }
}
