/// A place in a user's program, for messages: release builds know functions by their offsets only.
public struct CallSite: Sendable, CustomStringConvertible {
  let fileID: StaticString
  let line: UInt

  /// The place where this is called, unless another is given.
  public init(fileID: StaticString = #fileID, line: UInt = #line) {
    self.fileID = fileID
    self.line = line
  }

  /// File and line.
  public var description: String { "\(fileID):\(line)" }
}
