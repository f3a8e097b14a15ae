import CPeers
import Echelon
import EchelonComparison
import EchelonLinearAlgebra
import Glibc

/// Products and factorizations of matrices, beside one call of the same BLAS or LAPACK with threads of its own:
/// `blas.c`. Left out unless `ECHELON_BLAS` names that program, as `make bench` does.
extension Figures {
  /// nil when there is no such program.
  static let blasProgram: String? = {
    guard let program = unsafe getenv("ECHELON_BLAS") else { return nil }
    return unsafe access(program, X_OK) == 0 ? unsafe String(cString: program) : nil
  }()

  static let linearAlgebra: [Figure] =
    [peak]
    + [
      // Asked for as speeds: 0.97 and 0.9 of the BLAS's own.
      product(order: 4096, .ratio(atMost: 1 / 0.97)),
      product(order: 256, .ratio(atMost: 1 / 0.9)),
      factorization("cholesky", "Cholesky", choleskyOf), factorization("lu", "LU", luOf),
      factorization("qr", "QR", qrOf),
      // Echelon leaves A as it was, which LAPACK overwrites.
      factorization("cholesky-kept", "Cholesky", choleskyOf),
      factorization("lu-kept", "LU", luOf), factorization("qr-kept", "QR", qrOf),
      tallQR,
    ].needing(.blas)

  /// Gives a triangle, with its diagonal.
  private typealias Factorization =
    @Sendable (ProcessPool, SharedMatrix<Double>) throws -> SharedMatrix<Double>
  private static let choleskyOf: Factorization = { pool, a in try pool.cholesky(a).lower }
  private static let luOf: Factorization = { pool, a in try pool.lu(a).factors }
  private static let qrOf: Factorization = { pool, a in try pool.qr(a).factors }
  /// Of a number in which rounding errors of all steps meet.
  private static let accuracy = 1e-9

  /// 0.75 of the peak is asked for.
  private static let peak = Figure(
    name: "product-peak", title: "product of 4096 × 4096",
    rivalTitle: "as many operations at the multiply-add peak", requirement: .ratio(atMost: 1 / 0.75)
  ) { setup in
    let pool = try linearAlgebraPool(setup)
    let n = 4096 / setup.shrink
    let (a, b, c) = try factors(n, pool)
    return Contest(
      echelon: { try seconds { _ = try pool.multiply(a, b, into: c) } },
      rival: { peer_peak() * 2 * Double(n) * Double(n) * Double(n) },
      end: { pool.shutdown() })
  }

  private static func product(order: Int, _ requirement: Requirement) -> Figure {
    Figure(
      name: "product-\(order)", title: "product of \(order) × \(order)",
      rivalTitle: "one dgemm, as many threads", requirement: requirement
    ) { setup in
      let pool = try linearAlgebraPool(setup)
      let n = order / setup.shrink
      let (a, b, c) = try factors(n, pool)
      try start("product", n, setup, pool)
      let agreement = Agreement("product-\(order)", within: accuracy)
      let turns = order >= 1000 ? 1 : 100
      return Contest(
        echelon: {
          let time = try seconds { for _ in 0..<turns { _ = try pool.multiply(a, b, into: c) } }
          try agreement.echelon(Digest.of(c))
          return time / Double(turns)
        },
        rival: { try answer(agreement) }, end: { end(pool) })
    }
  }

  private static func factorization(
    _ operation: String, _ title: String, _ echelon: @escaping Factorization
  ) -> Figure {
    let keeps = operation.hasSuffix("-kept")
    return Figure(
      name: operation, title: "\(title) of 4096 × 4096",
      rivalTitle: "\(keeps ? "a copy of A, and " : "")one call of LAPACK, as many threads",
      requirement: keeps ? .none : .ratio(atMost: 1)
    ) { setup in
      let pool = try linearAlgebraPool(setup)
      let n = 4096 / setup.shrink
      let isPositive = operation.hasPrefix("cholesky")
      let a = try pool.matrix(rows: n, columns: n) { row, column in
        isPositive && row == column ? Double(n) : mixed(row * n + column) - 0.5
      }
      return try contest(operation, n, setup, pool, a, echelon)
    }
  }

  private static func contest(
    _ operation: String, _ n: Int, _ setup: Setup, _ pool: ProcessPool, _ a: SharedMatrix<Double>,
    _ echelon: @escaping Factorization
  ) throws -> Contest {
    try start(operation, n, setup, pool)
    let agreement = Agreement(operation, within: accuracy)
    return Contest(
      echelon: {
        var factors = a
        let time = try seconds { factors = try echelon(pool, a) }
        try agreement.echelon(Digest.ofDiagonal(factors))
        return time
      },
      rival: { try answer(agreement) }, end: { end(pool) })
  }

  /// 2000 times as many rows as columns.
  private static let tallQR = Figure(
    name: "tall-qr", title: "QR of 100,000 × 50", rivalTitle: "one dgeqrf, as many threads",
    requirement: .none
  ) { setup in
    let pool = try linearAlgebraPool(setup)
    let n = max(3, 50 / setup.shrink)
    let a = try pool.matrix(rows: 2000 * n, columns: n) { mixed($0 * n + $1) - 0.5 }
    return try contest("tall-qr", n, setup, pool, a, qrOf)
  }

  /// A pool whose OpenBLAS uses the instructions that the processor has. An `OPENBLAS_CORETYPE` that asks for less is
  /// set aside for it, and for what is measured beside it.
  static func linearAlgebraPool(_ setup: Setup) throws -> ProcessPool {
    var environment: [String: String] = [:]
    if let better = coreTypeSetAside?.better { environment[BLASInfo.coreTypeVariable] = better }
    let pool = try ProcessPool(workers: setup.workers, environment: environment)
    try pool.warmUp()
    return pool
  }

  /// What `OPENBLAS_CORETYPE` says, and what the processor could do instead; nil when that is the same.
  static let coreTypeSetAside: (given: String, better: String)? = {
    let library = BLASInfo.current
    guard let given = library.givenCoreType, let better = library.missedCoreType else { return nil }
    return (given, better)
  }()

  private static func factors(
    _ n: Int, _ pool: ProcessPool
  ) throws -> (SharedMatrix<Double>, SharedMatrix<Double>, SharedMatrix<Double>) {
    let a = try pool.matrix(rows: n, columns: n) { mixed($0 * n + $1) - 0.5 }
    let b = try pool.matrix(rows: n, columns: n) { mixed((n + $0) * n + $1) - 0.5 }
    return (a, b, try pool.matrix(rows: n, columns: n) { _, _ in 0.0 })
  }

  /// Starts the program with the same core type as the workers' BLAS.
  private static func start(
    _ operation: String, _ n: Int, _ setup: Setup, _ pool: ProcessPool
  ) throws {
    let coreType = try pool.submit { BLASInfo.current.coreType }.result()
    let variable = coreType.isEmpty ? "" : "OPENBLAS_CORETYPE=\(coreType) "
    let command =
      "\(variable)exec \(Checkout.quoted(blasProgram ?? "blas")) \(setup.workers) \(operation) \(n)"
    guard unsafe peer_service_start(command) == 0 else {
      throw ComparisonError.programFailed(command)
    }
  }

  private static func answer(_ agreement: Agreement) throws -> Double {
    let seconds = peer_service_number()
    guard seconds > 0, !peer_service_answer().isNaN else {
      throw ComparisonError.programFailed(blasProgram ?? "blas")
    }
    try agreement.rival(peer_service_answer())
    return seconds
  }

  private static func end(_ pool: ProcessPool) {
    peer_service_stop()
    pool.shutdown()
  }
}
