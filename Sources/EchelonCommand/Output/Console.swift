import ArgumentParser
import Echelon
import EchelonMemory
import Synchronization

/// Standard output and standard error, as a command writes to them.
enum Console {
  /// Whether colours and bold text are wanted.
  static var isStyled: Bool {
    switch colors.withLock({ $0 }) {
    case .auto: isTerminalStyled
    case .always: true
    case .never: false
    }
  }

  /// Whether all that is written from now on has colours.
  static func use(_ choice: ColorChoice) { colors.withLock { $0 = choice } }

  private static let colors = Mutex(ColorChoice.auto)

  /// On a terminal, unless `NO_COLOR` is set (no-color.org).
  private static let isTerminalStyled =
    Terminal.isTerminal(.output) && (Terminal.environment("NO_COLOR") ?? "").isEmpty
    && Terminal.environment("TERM") != "dumb"

  /// Columns that a table may have; nil where nobody looks. People change their windows.
  static var width: Int? { Terminal.size(of: .output)?.columns }

  /// Lines that can be seen at once; nil where nobody looks.
  static var height: Int? { Terminal.size(of: .output)?.rows }

  /// Writes a result to standard output.
  static func write(_ text: String) throws {
    do {
      try Terminal.write(text, to: .output)
    } catch {
      // The reader of the pipe has seen enough: not an error, and nothing more to do.
      if error.isBrokenPipe { throw Exit.brokenPipe }
      throw CommandError("cannot write to standard output: \(error.reason)")
    }
  }

  /// Writes a result that lies in a file to standard output.
  static func write(_ file: AnonymousFile) throws {
    do {
      try file.copy(to: Terminal.Stream.output.rawValue)
    } catch {
      guard case .system(let error) = error else { throw CommandError("\(error)") }
      if error.isBrokenPipe { throw Exit.brokenPipe }
      throw CommandError("cannot write to standard output: \(error.reason)")
    }
  }

  /// Writes lines to standard error, with control characters as escapes. When that fails there is nobody
  /// to tell.
  static func writeError(_ text: String) {
    let text = text.visible(isMultiline: true)
    try? Terminal.write(text.hasSuffix("\n") ? text : text + "\n", to: .error)
  }

  /// Reports a problem with an input.
  static func report(_ error: any Error) { writeError("echelon: \(error)") }

  /// The text as a heading.
  static func bold(_ text: String) -> String { isStyled ? "\u{1B}[1m\(text)\u{1B}[22m" : text }

  /// The text as something of less interest.
  static func dim(_ text: String) -> String { isStyled ? "\u{1B}[2m\(text)\u{1B}[22m" : text }
}

/// An error of the command itself, in words for the person at the terminal.
struct CommandError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
