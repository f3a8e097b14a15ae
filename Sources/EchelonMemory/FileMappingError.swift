/// Why a file cannot be used as an array.
public enum FileMappingError: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  /// It is not there, may not be read, or is no regular file; the reason is the system's.
  case cannotOpen(path: String, reason: String)
  /// The system does not map it.
  case cannotMap(path: String, reason: String)
  /// An offset that is negative, or no multiple of what the elements' addresses are multiples of.
  case misaligned(path: String, offset: Int, alignment: Int)
  /// What follows the offset is no whole number of elements.
  case unevenLength(path: String, byteCount: Int, elementBytes: Int)
  /// There are fewer bytes than were asked for, counted from the file's beginning.
  case tooShort(path: String, neededBytes: Int, foundBytes: Int)
  /// There are fewer bytes than when the array was made.
  case shortened(path: String, neededBytes: Int, foundBytes: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      "cannot open '\(path)': \(reason); check the path and its permissions"
    case .cannotMap(let path, let reason):
      "cannot map '\(path)': \(reason); copy the file to a local file system or read it instead"
    case .misaligned(let path, let offset, let alignment):
      "elements at byte \(offset) of '\(path)' are not aligned; the offset is 0 or a multiple of \(alignment)"
    case .unevenLength(let path, let byteCount, let elementBytes):
      "the last \(byteCount) bytes of '\(path)' are no whole number of elements of \(elementBytes) bytes; give the count, or check the type and the offset"
    case .tooShort(let path, let needed, let found):
      "'\(path)' has \(found) bytes, \(needed) are needed; check the offset and the count"
    case .shortened(let path, let needed, let found):
      "'\(path)' was shortened to \(found) bytes while an array needs \(needed) of it; replace files by new ones instead of writing over them, and map it again"
    }
  }
}
