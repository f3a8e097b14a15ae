extension [String] {
  /// The words as a shell reads them.
  var shellLine: String { map(\.shellQuoted).joined(separator: " ") }
}

extension String {
  /// The text as one word of a shell.
  var shellQuoted: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5F: true  // + , - . / : = @ _
        default: false
        }
      }
    if isPlain { return self }
    // A line of a log is a line.
    let hasControls = unicodeScalars.contains { $0.value < 0x20 }
    guard hasControls else { return "'" + replacing("'", with: "'\\''") + "'" }
    var text = "$'"
    for scalar in unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "'": text += "\\'"
      case _ where scalar.value < 0x20:
        text += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "'"
  }
}
