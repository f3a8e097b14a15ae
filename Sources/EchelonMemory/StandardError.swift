import Glibc

/// Standard error, written in one call, so that lines of several processes do not mix.
package enum StandardError {
  package static func write(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { buffer in
      // SAFETY: the buffer is valid during the call. A write that fails has nowhere to be reported.
      _ = unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count)
    }
  }
}
