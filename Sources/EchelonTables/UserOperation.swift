public import EchelonFiles
import Synchronization

/// An operation of a program that extends the command: a step of `batch` beside those that are built in.
///
///     UserOperation("squares", help: "the square of every number") { table, argument in
///       table.mappingNumbers { $0 * $0 }
///     }
public struct UserOperation: Sendable {
  /// The word that stands for it; letters, digits and hyphens.
  public let name: String
  /// A line for the list of operations.
  public let help: String
  let apply: @Sendable (DataTable, String) throws -> DataTable

  /// - Parameters:
  ///   - name: other than those of built-in operations.
  ///   - help: what it does.
  ///   - apply: gives the table after it, from the one before and what the user has written behind the name, which may be
  ///     nothing. It runs in worker processes, and may run again for a file after a crash.
  public init(
    _ name: String, help: String,
    _ apply: @escaping @Sendable (_ table: DataTable, _ argument: String) throws -> DataTable
  ) {
    self.name = name
    self.help = help
    self.apply = apply
  }

  private static let registered = Mutex<[UserOperation]>([])

  /// Those of this process, which `register` has made known.
  static var all: [UserOperation] { registered.withLock { $0 } }

  /// Makes operations known in this process, in place of those before.
  public static func register(_ operations: [UserOperation]) {
    for operation in operations {
      precondition(
        !TableOperation.guide.contains { $0.name == operation.name },
        "'\(operation.name)' is a built-in operation; choose another name")
    }
    registered.withLock { $0 = operations }
  }
}

extension DataTable {
  /// The same with every number replaced; columns of words stay, and missing numbers are NaN.
  public func mappingNumbers(_ body: (Double) throws -> Double) rethrows -> DataTable {
    DataTable(
      columns: try columns.map { column in
        guard let numbers = column.numbers else { return column }
        return Column(name: column.name, numbers: try numbers.map(body))
      })
  }
}
