public import Echelon

/// Numbers in an executor's memory in the order in which tasks wrote them down; for executors of one worker, or
/// tasks that follow each other.
public struct Diary: Codable, Sendable {
  // 0: how many there are.
  private let words: SharedArray<Int64>

  /// An empty diary for at most `capacity` entries.
  public init(in pool: some WorkExecutor, capacity: Int = 10_000) throws {
    words = try pool.array(repeating: 0, count: capacity + 1)
  }

  /// Writes a number down.
  public func note(_ value: Int) {
    let count = Int(words[0])
    words[count + 1] = Int64(value)
    words[0] = Int64(count + 1)
  }

  /// What was written, oldest first.
  public var entries: [Int] { (0..<Int(words[0])).map { Int(words[$0 + 1]) } }
}

/// Writes a number down and returns it.
@Sendable public func note(_ value: Int, in diary: Diary) -> Int {
  diary.note(value)
  return value
}
