/// What a short text of YAML can ask for without end, found before it is read: aliases of aliases stand for a number of keys
/// that grows by powers, and lists in lists take the stack of the program.
///
/// No more than the text's own characters are looked at, so that some are counted which stand in quotes.
struct JobTextExcess {
  /// So many stand for no more than some hundred times what the text has: for k^(16 / k) times, where each level has k.
  private static let mostAliases = 16
  /// A bracket opens a list or names with values, and each is two levels at most.
  private static let mostBrackets = 256
  /// Without brackets, what is inside begins further to the right.
  private static let mostColumns = 256

  /// Where it is too much, from 1.
  let line: Int
  let column: Int
  /// What to do.
  let what: String

  /// Nil where nothing is too much.
  init?(in text: String) {
    var place = Place()
    var (aliases, brackets) = (0, 0)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "*" where place.beginsValue: aliases += 1
      case "[" where place.isAfterBlank, "{" where place.isAfterBlank: brackets += 1
      default: break
      }
      place.advance(over: scalar)
      let what: String
      if aliases > Self.mostAliases {
        what = "more than \(Self.mostAliases) aliases (*name); write out what they stand for"
      } else if brackets > Self.mostBrackets {
        what =
          "more than \(Self.mostBrackets) lists in brackets; write each item on a line of its own, behind '- '"
      } else if place.isIndented, place.column > Self.mostColumns {
        what = "begins more than \(Self.mostColumns) columns to the right; a job has lists of words"
      } else {
        continue
      }
      (self.line, self.column, self.what) = (place.line, max(1, place.column - 1), what)
      return
    }
    return nil
  }

  /// The place of the next character, and what stands before it.
  private struct Place {
    private(set) var line = 1
    private(set) var column = 1
    /// Whether there was nothing but blanks and the marks of items and keys in the line.
    private(set) var isIndented = true
    /// Whether the last character, or the last but blanks, is one behind which a value begins.
    private(set) var isAfterBlank = true
    private(set) var beginsValue = true

    mutating func advance(over scalar: Unicode.Scalar) {
      let isLineEnd = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
      let isBlank = [" ", "\t", "\u{FEFF}"].contains(scalar)
      let isMark = ["-", "?", ":", ",", "[", "{"].contains(scalar)
      // `\r\n` ends one line.
      if isLineEnd, scalar != "\r" { line += 1 }
      column = isLineEnd ? 1 : column + 1
      isIndented = isLineEnd || isIndented && (isBlank || ["-", "?", ":"].contains(scalar))
      isAfterBlank = isLineEnd || isBlank || isMark
      beginsValue = isLineEnd || isMark || isBlank && beginsValue
    }
  }
}
