/// Why a function, a type or a value could not be turned into bytes, or back.
///
/// It is `Codable`, so that what went wrong in a worker reaches the front end as itself.
public enum TransferError: Error, Equatable, Hashable, Codable, Sendable {
  /// An address of code or static data lies in no loaded image (made at run time, for example).
  case outsideImages(what: String, address: UInt)
  /// A message refers to an image that this process has not loaded, or has in another version.
  case imageNotLoaded(identity: UInt32)
  /// No value of this type can be sent to another process.
  case typeNotTransferable(type: String, reason: String)
  /// A closure captures something that cannot be sent; the advice says what to do instead.
  case captureNotTransferable(captured: String, advice: String)
  /// Closures do not lie in memory as this build expects, so none that captures can be sent.
  case closureLayoutUnknown(reason: String)
  /// A function cannot be sent, for a reason other than what it captures.
  case functionNotTransferable(reason: String)
  /// A value's own `encode(to:)` failed.
  case encodingFailed(type: String, path: String, reason: String)
  /// The bytes are well formed, but do not describe a value of this type.
  case decodingFailed(type: String, path: String, reason: String)
  /// A message ends before what it promises.
  case truncated(needed: Int, available: Int)
  /// A message holds something that no writer of this build wrote.
  case malformed(what: String)
}

extension TransferError: CustomStringConvertible {
  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .outsideImages(let what, let address):
      "\(what) at 0x\(String(address, radix: 16)) lies in no loaded image, so no other process"
        + " can find it; use code and types from the executable or its libraries"
    case .imageNotLoaded(let identity):
      "image \(ImageTable.name(ofImage: identity) ?? "0x" + String(identity, radix: 16)) is not"
        + " loaded in this process, or is another build; load the same libraries on both sides"
        + " before the pool starts"
    case .typeNotTransferable(_, let reason):
      reason
    case .captureNotTransferable(let captured, let advice):
      "the closure captures \(captured), which cannot be sent to a worker; \(advice)"
    case .closureLayoutUnknown(let reason):
      "this toolchain lays out closures differently from those that Echelon knows (\(reason)); build"
        + " with Swift 6.3, or take an Echelon made for your Swift"
    case .functionNotTransferable(let reason):
      reason
    case .encodingFailed(let type, let path, let reason):
      "'\(type)' could not be encoded\(path.isEmpty ? "" : " at \(path)"): \(reason)"
    case .decodingFailed(let type, let path, let reason):
      "'\(type)' could not be decoded\(path.isEmpty ? "" : " at \(path)"): \(reason)"
    case .truncated(let needed, let available):
      "a message ends too early: \(needed) more bytes were expected and \(available) are there; it"
        + " was cut or overwritten on its way"
    case .malformed(let what):
      "a message is not well formed: \(what); it was overwritten on its way, or the two processes"
        + " run different builds"
    }
  }
}
