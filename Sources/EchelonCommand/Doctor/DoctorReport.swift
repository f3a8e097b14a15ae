import Echelon
import EchelonFiles

/// What `echelon doctor` found: values in sections, and what to do about some of them.
struct DoctorReport {
  struct Section {
    let title: String
    var entries: [Entry] = []
  }

  struct Entry {
    let name: String
    /// For a person.
    let text: String
    /// For a program.
    let value: JSONValue
  }

  private(set) var sections: [Section] = []
  private(set) var advice: [String] = []

  mutating func beginSection(_ title: String) { sections.append(Section(title: title)) }

  /// Adds a value to the section begun last.
  mutating func add(_ name: String, _ text: String, _ value: JSONValue? = nil) {
    sections[sections.count - 1].entries.append(
      Entry(name: name, text: text, value: value ?? .string(text)))
  }

  /// Adds something to install or to change: one sentence that begins with the gain.
  mutating func advise(_ sentence: String) { advice.append(sentence) }

  func write(_ format: OutputFormat) throws {
    switch format {
    case .table: try Console.write(text)
    case .json: try Console.write(json.text() + "\n")
    case .csv:
      let rows = sections.flatMap { section in section.entries.map { (section.title, $0) } }
      let table = DataTable(columns: [
        Column(name: "section", text: rows.map(\.0) + advice.map { _ in "advice" }),
        Column(
          name: "name", text: rows.map(\.1.name) + advice.indices.map { String($0 + 1) }),
        Column(name: "value", text: rows.map(\.1.text) + advice),
      ])
      try Console.write(CSVWriter.text(table))
    }
  }

  private var json: JSONValue {
    .object(
      sections.map { section in
        (Self.key(section.title), .object(section.entries.map { (Self.key($0.name), $0.value) }))
      } + [("advice", .array(advice.map { .string($0) }))])
  }

  private static func key(_ name: String) -> String {
    String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  private var text: String {
    let width = sections.flatMap(\.entries).map(\.name.count).max() ?? 0
    var text = ""
    for section in sections {
      text += Console.bold(section.title) + "\n"
      for entry in section.entries {
        let padding = String(repeating: " ", count: width - entry.name.count + 2)
        text += Self.wrapped("  \(entry.name)\(padding)", entry.text)
      }
    }
    text += Console.bold("Advice") + "\n"
    for sentence in advice { text += Self.wrapped("  - ", sentence) }
    return text + (advice.isEmpty ? "  nothing to install or change\n" : "")
  }

  /// The words after the label, in lines that the window holds.
  private static func wrapped(_ label: String, _ words: String) -> String {
    let limit = max(label.count + 20, Console.width ?? .max)
    var lines: [String] = []
    var line = label
    for word in words.split(separator: " ") {
      if line.count > label.count, line.count + 1 + word.count > limit {
        lines.append(line)
        line = String(repeating: " ", count: label.count)
      }
      line += (line.count > label.count ? " " : "") + word
    }
    return (lines + [line]).map { $0 + "\n" }.joined()
  }
}
