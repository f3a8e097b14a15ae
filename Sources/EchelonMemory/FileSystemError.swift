internal import Glibc

/// A system call on a file that failed: what was being done, and `errno`.
package struct FileSystemError: Error, Equatable, Sendable {
  /// The step that failed, in the words a message can use.
  package enum Operation: String, Sendable {
    case open, inspect, map, create, read, write, synchronize, publish
  }

  /// The step that failed.
  package let operation: Operation

  /// The value of `errno` after it.
  package let code: Int32

  /// An error with an `errno` of the caller's choosing, for refusals that no call makes.
  package init(_ operation: Operation, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// The error that the call just made left behind.
  static func last(_ operation: Operation) -> FileSystemError {
    FileSystemError(operation, code: errno)
  }

  /// What the system says about the code: "No space left on device".
  package var reason: String {
    // SAFETY: `strerror` returns a terminated string that stays valid until this thread's next
    // call of it; it is copied before then.
    unsafe String(cString: strerror(code))
  }
}
