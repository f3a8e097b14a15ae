import Glibc

/// The words that the program was started with, as bytes.
package enum ProgramArguments {
  /// The first word that is not UTF-8, with its other bytes as `\xff`; `CommandLine.arguments` has
  /// replaced these, so that a path in it would name another file.
  package static var firstNotUTF8: String? {
    for index in 0..<Int(CommandLine.argc) {
      // SAFETY: `argv` has `argc` terminated strings, which live as long as the program and which nothing
      // here changes.
      guard let word = unsafe CommandLine.unsafeArgv[index] else { continue }
      // SAFETY: as above.
      let text = unsafe String(validatingCString: word)
      guard text == nil else { continue }
      // SAFETY: as above; `strlen` ends at the terminator.
      let bytes = unsafe UnsafeRawBufferPointer(start: word, count: strlen(word))
      return unsafe shown(Array(bytes))
    }
    return nil
  }

  /// ASCII as it is, everything else as `\x` and two digits.
  private static func shown(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      (0x20..<0x7F).contains(byte)
        ? String(UnicodeScalar(byte))
        : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
