/// The name that somebody probably meant.
enum NearestName {
  /// The name with the fewest changed characters; nil when none is near.
  static func to(_ word: String, among names: [String]) -> String? {
    let near = names.map { (name: $0, distance: distance(Array(word), Array($0))) }
      .min { $0.distance < $1.distance }
    guard let near, near.distance <= max(1, word.count / 3) else { return nil }
    return near.name
  }

  /// Characters to be inserted, removed or replaced (Levenshtein).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
        diagonal = above
      }
    }
    return row[b.count]
  }
}
