/// Why an arena could not be created, attached or grown.
public enum ArenaError: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  /// The pages are not to be had; `limit` names what stood in the way.
  case outOfMemory(neededBytes: Int, availableBytes: Int, limit: String, advice: String)
  /// More arrays are alive at once than an arena can name.
  case tooManyBlocks(limit: Int)
  /// A size that no machine has, or a negative one.
  case invalidSize(bytes: Int)
  /// No backing could be had, or not the one asked for.
  case noBacking(name: String, reason: String)
  /// The address range could not be reserved.
  case cannotMap(bytes: Int, reason: String)
  /// The bytes at the descriptor are not an arena.
  case notAnArena
  /// The arena was written by a build with another layout.
  case layoutMismatch(found: UInt32, expected: UInt32)
  /// The handle belongs to another arena.
  case foreignHandle(found: UInt64, expected: UInt64)
  /// The block behind the handle was released.
  case staleHandle(offset: Int, generation: UInt32)
  /// Memory was asked for inside a task, where only the front end can give some.
  case insideTask
  /// A worker cannot map a file that is an array.
  case fileNotMapped(FileMappingError)
  /// The handle describes bytes outside the arena.
  case handleOutOfBounds(offset: Int, byteCount: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .outOfMemory(let needed, let available, let limit, let advice):
      "out of memory: \(ByteCount(needed)) needed, \(ByteCount(available)) left under \(limit); \(advice)"
    case .tooManyBlocks(let limit):
      "more than \(limit) arrays are alive in one pool; release some, or pack many small ones into one"
    case .invalidSize(let bytes):
      "\(bytes) bytes is not a size an array can have; check the count it was computed from"
    case .noBacking(let name, let reason):
      "shared memory of kind '\(name)' cannot be had: \(reason); choose another backing or leave it automatic"
    case .cannotMap(let bytes, let reason):
      "cannot reserve \(ByteCount(bytes)) of addresses: \(reason); raise `ulimit -v` or set a smaller memoryLimit"
    case .notAnArena:
      "the shared memory handed to this worker is not an arena of Echelon; start workers through a pool only"
    case .layoutMismatch(let found, let expected):
      "the arena has layout \(found), this build reads layout \(expected); rebuild both sides from one version"
    case .foreignHandle(let found, let expected):
      "the array belongs to arena \(hex(found)), not to \(hex(expected)); an array can be used only with the pool that made it"
    case .staleHandle(let offset, let generation):
      "the array at offset \(offset) (generation \(generation)) was released; keep a reference to it while tasks use it"
    case .insideTask:
      "an array cannot be made inside a task: only the front end of a pool gives memory out; make it there and pass it to the task"
    case .fileNotMapped(let error):
      "\(error)"
    case .handleOutOfBounds(let offset, let byteCount):
      "an array handle names \(byteCount) bytes at offset \(offset), outside the arena; it was damaged on the way"
    }
  }
}

func hex(_ value: UInt64) -> String { String(value, radix: 16) }

/// A number of bytes as people read it: `1.5 GiB`.
public struct ByteCount: CustomStringConvertible, Sendable {
  /// The number of bytes.
  public let bytes: Int
  /// Wraps `bytes`.
  public init(_ bytes: Int) { self.bytes = bytes }

  /// At most one decimal, in the largest binary unit that gives at least 1.
  public var description: String {
    var value = Double(bytes)
    var unit = "bytes"
    for next in ["KiB", "MiB", "GiB", "TiB"] where value.magnitude >= 1024 {
      value /= 1024
      unit = next
    }
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0
      ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(abs(tenths) % 10) \(unit)"
  }
}
