/// A share of the files of a run: every `count`-th from the `number`-th on.
struct Shard: Codable, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  let number: Int
  let count: Int

  /// `2/8`; nil for what is none.
  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]),
      Self.isShard(number, of: count)
    else { return nil }
    (self.number, self.count) = (number, count)
  }

  private static func isShard(_ number: Int, of count: Int) -> Bool {
    1...100_000 ~= count && 1...count ~= number
  }

  /// Whether there is such a shard: what was decoded may be anything.
  var isPossible: Bool { Self.isShard(number, of: count) }

  /// Whether the file at `index`, from 0, belongs to it.
  func contains(_ index: Int) -> Bool { index % count == number - 1 }

  /// How many of the files of a whole run belong to it.
  func fileCount(of total: Int) -> Int { total < number ? 0 : (total - number) / count + 1 }

  /// `2/8`
  var description: String { "\(number)/\(count)" }
}
