import Dispatch
import EchelonMemory

/// Threads that no caller can hold up.
///
/// Of Swift's own threads, and of those of global and concurrent queues, there are about as many as
/// processors, and functions that block may hold all of them; the global queues add one a second then.
enum FreeThread {
  /// Runs what ends soon, most of the time: a thread that has done so is used again.
  static func run(_ label: String, _ body: @escaping @Sendable () -> Void) {
    // A serial queue always gets a thread, as long as there are not hundreds that block.
    DispatchQueue(label: label).async(execute: body)
  }

  /// Runs what waits for others, on a thread made for it.
  static func wait(_ name: String, _ body: @escaping @Sendable () -> Void) {
    if SystemThread.start(name: name, body) != 0 { run(name, body) }
  }

  /// The same for an async caller, which gets what `body` returns.
  static func waiting<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      wait(name) { continuation.resume(returning: body()) }
    }
  }
}
