import EchelonTransfer

/// A function for each worker, or for the template that they are forked from, to run first.
///
///     let initializer = try WorkerInitializer(loadTables, "/data/tables")
///     let pool = try ProcessPool(workers: 8, initializer: initializer)
///
/// What it sets up in globals and statics is there for every task of that worker.
public struct WorkerInitializer: Sendable {
  let call: [UInt8]

  /// - Parameters:
  ///   - function: as for `submit`; its result is not used, and what it throws reaches those who wait for the pool's work as
  ///     itself when it is `Codable`, else as a `RemoteError`.
  ///   - argument: what it is called with, as for `submit`, but no shared arrays: the pool that they
  ///     belong to is not there yet.
  /// - Throws: `TransferError` for what cannot be sent, with its name.
  public init<each Argument, Output: Sendable>(
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws {
    call = try StartCall.encode(function, repeat each argument)
  }
}
