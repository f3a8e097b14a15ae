/// Long lists of files among the words of a command, each as one word while they are parsed.
///
/// ArgumentParser looks through all words for each of them: 4,000 names of files took seconds, and a folder with as many files none.
/// So what comes late in a row of words without an option is put together, with zeros between, which no word of a process can have.
package enum FoldedWords {
  /// The words at the beginning of a row that stay as they are: names of commands, values of options, operations.
  package static let keptCount = 64

  /// The words as they are parsed: no more than `keptCount` and one for each row of words that are no options.
  package static func folded(_ words: [String]) -> [String] {
    var folded: [String] = []
    for row in rows(words) {
      folded += row.prefix(keptCount)
      let rest = row.dropFirst(keptCount)
      if !rest.isEmpty { folded.append(rest.joined(separator: "\0")) }
    }
    return folded
  }

  /// The words that `folded` was made of.
  package static func unfolded(_ words: [String]) -> [String] {
    words.flatMap { word in
      word.utf8.split(separator: 0, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
  }

  /// The words one row after the other; an option is one of its own, as `-` is, which looks like the beginning of one.
  private static func rows(_ words: [String]) -> [ArraySlice<String>] {
    var rows: [ArraySlice<String>] = []
    var start = words.startIndex
    for index in words.indices where words[index].utf8.first == UInt8(ascii: "-") {
      rows.append(words[start..<index])
      rows.append(words[index...index])
      start = index + 1
    }
    return rows + [words[start...]]
  }
}
