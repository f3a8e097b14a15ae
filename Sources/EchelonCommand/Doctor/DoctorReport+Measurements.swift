import Echelon
import EchelonFiles
import EchelonLinearAlgebra

/// What has to be measured.
extension DoctorReport {
  /// Of the matrices that are multiplied.
  static let order = 1024

  mutating func measureLinearAlgebra(workerCount: Int) async throws {
    beginSection("Linear algebra")
    let library = BLASInfo.current
    add("Library", library.implementation.rawValue)
    add("File", library.path.isEmpty ? "unknown" : library.path)
    if !library.configuration.isEmpty { add("Configuration", library.configuration) }
    addCoreType(of: library)

    let single = try await MatrixProductSpeed.measure(order: Self.order, workers: 1)
    let all = try await MatrixProductSpeed.measure(order: Self.order, workers: workerCount)
    add(single, "Product, 1 worker", workers: 1)
    add(all, "Product, pool", workers: workerCount)
    try await measureGainOfCoreType(of: library, inUse: single)

    if library.implementation == .reference {
      advise(
        "Install OpenBLAS (apt-get install libopenblas-dev): matrix products become about ten "
          + "times faster.")
    }
  }

  /// - Parameter kernels: the core type, where it is not the one in use.
  mutating func add(
    _ speed: MatrixProductSpeed, _ name: String, workers: Int = 1, kernels: String? = nil
  ) {
    add(
      name,
      "\(speed.description) for \(Self.order) × \(Self.order) float64, "
        + NumberText.count(workers, "worker") + (kernels.map { ", kernels for \($0)" } ?? ""),
      .object(
        [("gflops", .number(speed.operationsPerSecond * 1e-9)), ("workers", .integer(workers))]
          + (kernels.map { [("core_type", .string($0))] } ?? [])))
  }

  mutating func measurePool(workerCount: Int) async throws {
    beginSection("Pool")
    let start = ContinuousClock.now
    try await withProcessPool(workers: workerCount) { pool in
      try await pool.warmUp()
      let seconds = (ContinuousClock.now - start).seconds
      add(
        "Start",
        "\(NumberText.time(seconds: seconds)) for \(NumberText.count(workerCount, "worker"))",
        .object([("seconds", .number(seconds)), ("workers", .integer(workerCount))]))
      let trip = try medianRoundTrip(in: pool)
      add(
        "Round trip", "\(NumberText.time(seconds: trip)), median of \(roundTripCount) empty tasks",
        .number(trip))
    }
  }
}

private let roundTripCount = 2001

/// The median time from `submit` to the result of a task that does nothing, in seconds.
private func medianRoundTrip(in pool: ProcessPool) throws -> Double {
  var times: [Duration] = []
  for _ in 0..<roundTripCount {
    let start = ContinuousClock.now
    _ = try pool.submit { 0 }.result()
    times.append(ContinuousClock.now - start)
  }
  return times.sorted()[roundTripCount / 2].seconds
}

/// How fast a pool multiplies square matrices.
struct MatrixProductSpeed: CustomStringConvertible {
  /// Additions and multiplications.
  let operationsPerSecond: Double
  /// Of the fastest product.
  let seconds: Double

  var description: String {
    "\((operationsPerSecond * 1e-9).rounded(significantDigits: 3)) GFLOP/s"
  }

  /// The fastest of some products: at least two, and more while they take less than a second.
  static func measure(
    order: Int, workers: Int, environment: [String: String] = [:]
  ) async throws -> MatrixProductSpeed {
    try await withProcessPool(workers: workers, environment: environment) { pool in
      try await pool.warmUp()
      return try await measure(order: order, in: pool).speed
    }
  }

  /// The same in a running pool, with the factors and the product.
  static func measure(
    order: Int, in pool: ProcessPool
  ) async throws -> (
    speed: MatrixProductSpeed, a: SharedMatrix<Double>, b: SharedMatrix<Double>,
    product: SharedMatrix<Double>
  ) {
    let a = try pool.matrix(rows: order, columns: order) { i, j in
      Double((i * 31 + j * 17) % 101) / 101 - 0.5
    }
    let b = try pool.matrix(rows: order, columns: order) { i, j in
      Double((i * 13 + j * 29) % 103) / 103 - 0.5
    }
    let product = try pool.matrix(repeating: 0.0, rows: order, columns: order)
    var best = Double.infinity
    var (total, count) = (0.0, 0)
    while count < 2 || (total < 1 && count < 20) {
      let seconds = try await timed { _ = try await pool.multiply(a, b, into: product) }.seconds
      best = min(best, seconds)
      total += seconds
      count += 1
    }
    let operations = 2 * Double(order) * Double(order) * Double(order)
    return (
      MatrixProductSpeed(operationsPerSecond: operations / best, seconds: best), a, b, product
    )
  }
}
