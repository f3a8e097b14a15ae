extension StringProtocol {
  /// Whether the name ends so, in small letters or capitals: `DATA.CSV` ends in `.csv`.
  /// - Parameter ending: in small letters.
  package func hasEnding(_ ending: some StringProtocol) -> Bool {
    let (name, ending) = (utf8, ending.utf8)
    guard name.count >= ending.count else { return false }
    return zip(name.reversed(), ending.reversed()).allSatisfy { letter, wanted in
      (0x41...0x5A ~= letter ? letter | 0x20 : letter) == wanted
    }
  }

  /// The file and the part of it in `run.npz:x`; nil for other names.
  /// - Parameter endings: of files that have parts, in small letters.
  package func part(ofFileEndingIn endings: [String]) -> (file: String, part: String)? {
    for colon in utf8.indices.reversed() where utf8[colon] == UInt8(ascii: ":") {
      let file = self[..<colon]
      guard endings.contains(where: { file.hasEnding($0) }) else { continue }
      return (String(file), String(self[utf8.index(after: colon)...]))
    }
    return nil
  }
}
