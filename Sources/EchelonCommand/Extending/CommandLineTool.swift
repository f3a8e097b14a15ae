import Echelon
@_exported public import EchelonFiles
import EchelonMemory
@_exported public import EchelonTables
import Synchronization

/// The command line, for programs that add operations of their own; `echelon init` writes one.
///
///     @main enum Tool {
///       static func main() async {
///         await CommandLineTool.run("tool") {
///           [UserOperation("squares", help: "…") { table, _ in table.mappingNumbers { $0 * $0 } }]
///         }
///       }
///     }
public enum CommandLineTool {
  private struct Settings: Sendable {
    var name = "echelon"
    var operations: (@Sendable () -> [UserOperation])?
  }

  private static let settings = Mutex(Settings())

  /// Runs the command that the arguments of the process name, to its end, and exits with another code than 0 if it fails.
  /// - Parameters:
  ///   - name: what the command is called in its help.
  ///   - operations: what `batch` has beside its own; called in every worker process, too, and so without anything that the
  ///     program has set up before.
  public static func run(
    _ name: String = "echelon", operations: (@Sendable () -> [UserOperation])? = nil
  ) async {
    settings.withLock { $0 = Settings(name: name, operations: operations) }
    if let operations { UserOperation.register(operations()) }
    await EchelonCommand.main()
  }

  static var name: String { settings.withLock { $0.name } }

  /// What makes the operations known in workers and bounds their memory; nil where there is neither.
  /// - Parameter memoryLimit: how many bytes a worker may take beyond those that it has at its start.
  static func workerInitializer(memoryLimit: Int? = nil) throws -> WorkerInitializer? {
    switch (settings.withLock { $0.operations }, memoryLimit) {
    case (nil, nil): nil
    case (let operations?, nil): try WorkerInitializer { UserOperation.register(operations()) }
    case (nil, let limit?): try WorkerInitializer { try limitWorkerMemory(limit) }
    case (let operations?, let limit?):
      try WorkerInitializer {
        UserOperation.register(operations())
        try limitWorkerMemory(limit)
      }
    }
  }
}

/// Bounds the private memory of this worker to what it has and `byteCount` bytes more.
@Sendable private func limitWorkerMemory(_ byteCount: Int) throws {
  guard MachineLimits.limitPrivateMemory(toFurther: byteCount) else {
    throw CommandError("--memory-limit: this system does not limit the memory of processes")
  }
}
