/// A future made by hand, for tests and for adapting other sources of results.
///
/// A promise that goes before it is kept ends its future with `PromiseError.abandoned`: nobody could complete it any
/// more, and who waits for it would wait for ever. It may go after its last use; hold it where it is to be kept.
public final class Promise<Value: Sendable>: Sendable {
  /// The future that this promise completes.
  public let future = Future<Value>()

  /// A promise that is still to be kept.
  public init() {}

  deinit { future.complete(.failure(PromiseError.abandoned)) }

  /// Ends the future with a value.
  /// - Throws: `PromiseError.alreadyCompleted` when it had ended.
  public func succeed(_ value: Value) throws(PromiseError) {
    guard future.complete(.success(value)) else { throw .alreadyCompleted }
  }

  /// Ends the future with an error.
  /// - Throws: `PromiseError.alreadyCompleted` when it had ended.
  public func fail(_ error: any Error) throws(PromiseError) {
    guard future.complete(.failure(error)) else { throw .alreadyCompleted }
  }
}

/// What can go wrong with a promise.
public enum PromiseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The future has a result already, or was cancelled.
  case alreadyCompleted
  /// The promise has gone, and with it whoever could have kept it.
  case abandoned

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .alreadyCompleted: "the promise has been completed or cancelled before; a future ends once"
    case .abandoned:
      "the promise has gone before it was kept; hold it for as long as its future is to be completed"
    }
  }
}
