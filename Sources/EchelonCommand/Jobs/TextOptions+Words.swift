import EchelonFiles

/// The options as words of a command that does the same.
extension TextOptions {
  var words: [String] {
    let values = [
      ("delimiter", delimiter), ("names", names), ("comment", comment), ("missing", missing),
      ("ragged", ragged.value == .refuse ? nil : ragged.value.rawValue),
    ]
    let flags = [("no-header", noHeader), ("decimal-comma", decimalComma), ("trim", trim)]
    return values.compactMap { name, value in value.map { "--\(name)=\($0)" } }
      + flags.filter(\.1).map { "--\($0.0)" } + types.map { "--types=\($0)" }
  }
}

extension RawOptions {
  var words: [String] { rawFormat.map { ["--raw=\($0)"] } ?? [] }
}
