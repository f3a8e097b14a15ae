import Glibc

/// What a command needs to know of the terminal it was started from.
package enum Terminal {
  /// The standard streams by their descriptors.
  package enum Stream: Int32 {
    case output = 1
    case error = 2
  }

  /// Whether a person looks at the stream.
  package static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

  /// The window behind the stream now; nil for a pipe or a file.
  package static func size(of stream: Stream) -> (columns: Int, rows: Int?)? {
    guard isTerminal(stream) else { return nil }
    var size = winsize()
    // SAFETY: the request writes one `winsize`, exclusively borrowed for the call.
    guard unsafe ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : nil)
  }

  /// The value of an environment variable.
  package static func environment(_ name: String) -> String? {
    // SAFETY: a terminated copy of the name; the value is copied before anything can change it.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// Writes all of `text`.
  package static func write(_ text: String, to stream: Stream) throws(FileSystemError) {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      // SAFETY: reads the bytes from `written` to the end, inside the array.
      let result = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          stream.rawValue, buffer.baseAddress! + written, buffer.count - written)
      }
      if result > 0 {
        written += result
      } else if errno != EINTR {
        throw .last(.write)
      }
    }
  }
}

extension FileSystemError {
  /// Whether nobody reads the pipe any more.
  package var isBrokenPipe: Bool { code == EPIPE }
}
