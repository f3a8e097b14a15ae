/// An error that a task threw and that could not travel as itself, since its type is not `Codable`.
public struct RemoteError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
  /// The type of the original error.
  public let typeName: String
  /// What the original error says about itself.
  public let text: String
  /// The function that threw it, as far as its image tells.
  public let place: String

  /// Describes an error that stays behind.
  public init(typeName: String, text: String, place: String) {
    self.typeName = typeName
    self.text = text
    self.place = place
  }

  /// One sentence for the person at the terminal.
  public var description: String {
    "a task threw \(typeName): \(text) (in \(place)); make the error Codable to"
      + " receive it as itself"
  }
}

extension ByteWriter {
  private enum Form {
    static let itself: UInt8 = 0
    static let described: UInt8 = 1
  }

  /// Appends an error: as itself when it is `Codable` and encodes, else as a `RemoteError`.
  package mutating func append(error: any Error, place: @autoclosure () -> String) {
    let start = count
    if let codable = error as? any Error & Codable {
      do throws(TransferError) {
        append(Form.itself)
        try appendTyped(codable)
        return
      } catch {
        rewind(to: start)  // of a local type that can't be named, or its `encode(to:)` failed
      }
    }
    append(Form.described)
    append(text: String(reflecting: type(of: error)))
    append(text: String(describing: error))
    append(text: place())
  }

  private mutating func appendTyped<Failure: Error & Codable>(_ error: Failure)
    throws(TransferError)
  {
    try TypeCode.encode(type(of: error), into: &self)
    try EchelonTransfer.encode(error, into: &self)
  }
}

extension ByteReader {
  /// Reads an error that `append(error:place:)` wrote.
  package mutating func readError() throws(TransferError) -> any Error {
    switch try read(UInt8.self) {
    case 0:
      let type = try TypeCode.decode(from: &self)
      guard let errorType = type as? any (Error & Codable).Type else {
        throw .malformed(what: "'\(type)' is not an error")
      }
      return try readTyped(errorType)
    case 1:
      return RemoteError(typeName: try readText(), text: try readText(), place: try readText())
    default:
      throw .malformed(what: "an error is of an unknown form")
    }
  }

  private mutating func readTyped<Failure: Error & Codable>(_: Failure.Type)
    throws(TransferError) -> any Error
  {
    try EchelonTransfer.decode(Failure.self, from: &self)
  }
}
