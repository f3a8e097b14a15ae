extension String {
  /// The text with control characters as escapes, such as `\n` and `\u{1B}`: names of columns and files
  /// may hold what would move the cursor, change colours or break a table.
  /// - Parameter isMultiline: whether line feeds and tabs stay.
  func visible(isMultiline: Bool = false) -> String {
    func isHidden(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control
        && !(isMultiline && (scalar == "\n" || scalar == "\t"))
    }
    guard unicodeScalars.contains(where: isHidden) else { return self }
    return unicodeScalars.map { isHidden($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
  }
}
