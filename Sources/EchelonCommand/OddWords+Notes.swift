import EchelonFiles

extension OddWords {
  /// Files of measurements have one such column or two; where there are many, another thing is wrong.
  private static let mostNotes = 3

  /// What to do about them, for standard error.
  /// - Parameter hasOptions: whether the command has those that say how text is read.
  static func notes(_ all: [OddWords], hasOptions: Bool = true) -> [String] {
    var notes = all.prefix(mostNotes).map { $0.note(hasOptions: hasOptions) }
    if all.count > mostNotes, let path = all.first?.place.path {
      let others = NumberText.count(all.count - mostNotes, "other column")
      notes.append("\(path): words among numbers make text of \(others), too")
    }
    return notes
  }

  private func note(hasOptions: Bool) -> String {
    if areMarkedNumbers {
      return
        "\(place): '\(column)' is text because of marks at its numbers, as in '\(first)'; write them without"
    }
    let words =
      count == 1
      ? "the word '\(first)'" : "\(NumberText.count(count, "word")), the first of them '\(first)'"
    // Words that the option cannot say are corrected, or the whole column is.
    let canBeMissing = first.unicodeScalars.allSatisfy { $0 != "," && $0 != "'" && $0 != "…" }
    let what =
      "\(place): '\(column)' is text because of \(words), among \(NumberText.count(numberCount, "number")); correct it"
    guard self.hasOptions else { return what + ", or write null where a value is missing" }
    guard hasOptions else { return what }
    return what
      + (canBeMissing ? ", take it for a missing value by --missing 'NA,\(first)'" : "")
      + ", or have it refused by --types '\(column)=number'; --types '\(column)=text' says that it is meant so"
  }
}
