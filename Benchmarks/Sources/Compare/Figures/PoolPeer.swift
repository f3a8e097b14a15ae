import CPeers
import EchelonComparison
import EchelonLinearAlgebra
import Glibc

/// A pool of processes for Python that measures itself, by `Benchmarks/peers/pools.py`.
struct PoolPeer: Sendable {
  /// As `pools.py` calls it, and what the names of its figures begin with.
  let name: String
  /// For the table, before its version.
  let title: String
  /// How it runs many small tasks, for the table.
  let tasksTitle: String
  /// How it moves an array, for the table; nil if that is not measured.
  let transferTitle: String?
  /// What `Benchmarks/peers/install` is told to install it.
  let package: String?

  static let cpython = PoolPeer(
    name: "cpython", title: "CPython's ProcessPoolExecutor", tasksTitle: "in chunks of its map",
    transferTitle: "by pickle", package: nil)

  static let all = [
    cpython,
    cpython("fork"),
    cpython("spawn"),
    cpython("forkserver"),
    PoolPeer(
      name: "multiprocessing", title: "multiprocessing.Pool with shared memory",
      tasksTitle: "in chunks of its map", transferTitle: "changed in place", package: nil),
    PoolPeer(
      name: "joblib", title: "joblib (loky)", tasksTitle: "in batches of its own choice",
      transferTitle: "a memory map changed in place", package: "joblib"),
    PoolPeer(
      name: "dask", title: "Dask's LocalCluster", tasksTitle: "as a bag in 4 parts a worker",
      transferTitle: "by scatter and gather", package: "dask"),
    PoolPeer(
      name: "ray", title: "Ray", tasksTitle: "in chunks of its Pool",
      transferTitle: "by its object store", package: "ray"),
    PoolPeer(
      name: "mpi4py", title: "mpi4py's MPIPoolExecutor", tasksTitle: "in chunks of its map",
      transferTitle: "as buffers beside the pickle", package: "mpi4py"),
  ]

  private static func cpython(_ method: String) -> PoolPeer {
    PoolPeer(
      name: "cpython-\(method)", title: "CPython's ProcessPoolExecutor, \(method)",
      tasksTitle: "one submission each", transferTitle: nil, package: nil)
  }

  /// The Python that has them; one that has been named for the other figures has those that come with Python.
  private static let interpreter = environment("ECHELON_PEERS") ?? environment("ECHELON_PYTHON")

  private static let program = Checkout.path("Benchmarks/peers/pools.py")

  /// The versions of those that can run, and NumPy's, by name.
  static let versions: [String: String] = {
    guard let interpreter, let text = Machine.output(interpreter, "-B", program, "list")
    else { return [:] }
    let pairs = text.split(separator: "\n").map { $0.split(separator: " ") }
    return Dictionary(
      pairs.filter { $0.count == 2 && $0[1] != "-" }.map { (String($0[0]), String($0[1])) },
      uniquingKeysWith: { first, _ in first })
  }()

  /// nil when it cannot run.
  var version: String? { Self.versions[name] }

  /// Why one cannot run that has no version.
  static var lack: String {
    versions.isEmpty
      ? "neither ECHELON_PEERS nor ECHELON_PYTHON names a Python that runs"
      : "\(interpreter ?? "") does not have it"
  }

  /// Has `pools.py` measure it, and gives the seconds per operation that it says.
  /// - Parameter size: how many tasks, or how many doubles.
  func seconds(_ what: String, workers: Int, size: Int) throws -> Double {
    let words = [Self.interpreter ?? "python3", "-B", Self.program].map(Checkout.quoted)
    let command = "\(words.joined(separator: " ")) \(name) \(what) \(workers) \(size)"
    let seconds = unsafe peer_program_number("env -u \(BLASInfo.coreTypeVariable) \(command)")
    guard seconds > 0 else {
      throw ComparisonError.programFailed(command)
    }
    return seconds
  }

  private static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
