import CPeers
import Echelon
import EchelonComparison
import EchelonLinearAlgebra
import Glibc

/// What the same costs with Python's pools of processes: `python.py` measures itself. Left out unless
/// `ECHELON_PYTHON` names a Python, as `make bench` does.
extension Figures {
  static let python =
    (pythonPool("cpython") + [tasksEach]).needing(.python)
    + pythonPool("loky").needing(.library(.loky))

  private static func pythonPool(_ pool: String) -> [Figure] {
    [
      figure(
        pool, "round-trip", "no-op round trip", pool == "cpython" ? .ratio(atMost: 1 / 150) : .none,
        echelon: roundTripOnce),
      figure(
        pool, "tasks", "no-op tasks, all submitted, then all collected",
        echelon: { try tasksOnce($0) }),
      figure(pool, "start", "a pool of 2 made and each worker used", echelon: startOnce),
    ]
  }

  /// Each in its own way for many tasks that have a future each: Python has nothing but a loop of `submit`.
  private static let tasksEach = figure(
    "cpython", "tasks-each",
    "no-op tasks by `submit(each:)`, all handed over, then all collected",
    .ratio(atMost: 1 / 150), measuring: "tasks", beside: ", a call of `submit` each"
  ) { setup in
    try tasksOnce(setup) { pool, count in try pool.submit(each: 0..<count) { _ in } }
  }

  /// Arrays, beside NumPy's in one process.
  static let numpy =
    [
      numpyFigure("sort", "sort of 10⁷ random doubles", .ratio(atMost: 1)) { pool, x in
        let y = try pool.sorted(x)
        return { Digest.of(y) }
      },
      numpyFigure("median", "median of 10⁷ random doubles", .none) { pool, x in
        let median = try pool.median(x)
        return { median }
      },
      numpyFigure("cumsum", "cumulative sum of 10⁷ doubles", .none) { pool, x in
        let y = try pool.cumulativeSum(x)
        return { Digest.of(y) }
      },
      numpyFigure("wave", "sin(x)·exp(−x) over 10⁷ doubles", .ratio(atMost: 0.05)) { pool, x in
        let y = try pool.evaluate(sin(x) * exp(-x))
        return { Digest.of(y) }
      },
      solves,
      // Asked for is 1.6 times the speed of NumPy as it is installed, with what the environment tells its BLAS.
      matrixFigure(
        "product", "product of 4096 × 4096", order: 4096, .ratio(atMost: 1 / 1.6),
        asInstalled: true, product),
      matrixFigure("product", "product of 4096 × 4096", order: 4096, .none, product),
      matrixFigure("svd", "SVD of 1000 × 1000", order: 1000, .ratio(atMost: 1)) { pool, x, _ in
        let result = try pool.svd(x)
        // Vectors may have the other sign.
        return {
          Digest.of(result.singularValues) + Digest.of(x.columns) { result.u[0, $0] }
            + Digest.of(x.rows) { result.vAdjoint[$0, 0] }
        }
      },
      matrixFigure("singular-values", "singular values of 1000 × 1000", order: 1000, .none) {
        pool, x, _ in
        let values = try pool.singularValues(x)
        return { Digest.of(values) }
      },
      matrixFigure(
        "eigenvalues", "eigenvalues of a symmetric matrix of 1000 × 1000", order: 1000,
        .ratio(atMost: 1)
      ) { pool, x, _ in
        let values = try pool.symmetricEigenvalues(x)
        return { Digest.of(values) }
      },
    ].needing(.library(.numpy)) + [numexpr].needing(.library(.numexpr)) + pythonMonteCarlo

  private static let product: MatrixOperation = { pool, x, y in
    let z = try pool.multiply(x, y)
    return { Digest.of(z) }
  }

  private static let numexpr = Figure(
    name: "numexpr", title: "√(x² + y²) over 10⁷ doubles into a given array",
    rivalTitle: "numexpr, as many threads", requirement: .ratio(atMost: 1)
  ) { setup in
    let pool = try pool(setup)
    let count = 10_000_000 / setup.shrink
    let x = try pool.array(count: count, mixed)
    let y = try pool.array(count: count) { mixed(count + $0) }
    let z = try pool.array(repeating: 0.0, count: count)
    let agreement = Agreement("numexpr", within: accuracy)
    return Contest(
      echelon: {
        let time = try medianSeconds(count: 3) {
          _ = try pool.evaluate(sqrt(x * x + y * y), into: z)
        }
        try agreement.echelon(Digest.of(z))
        return time
      },
      rival: { try number("numexpr \(count) \(setup.workers)", agreement) },
      end: { pool.shutdown() })
  }

  private static let solves = Figure(
    name: "numpy-solve", title: "10,000 solves of 50 × 50", rivalTitle: "NumPy, one process",
    requirement: .ratio(atMost: 0.2)
  ) { setup in
    let pool = try linearAlgebraPool(setup)
    let count = max(1, 10_000 / setup.shrink)
    let a = try pool.matrixBatch(count: count, rows: 50, columns: 50) { index, row, column in
      mixed((index * 50 + row) * 50 + column) + (row == column ? 5 : 0)
    }
    let b = try pool.matrixBatch(count: count, rows: 50, columns: 1) { index, row, _ in
      mixed(count * 2500 + index * 50 + row)
    }
    let x = try pool.solve(a, b)
    for index in [0, count / 2, count - 1] {
      for row in 0..<50 {
        let sum = (0..<50).reduce(0.0) { $0 + a[index][row, $1] * x[index][$1, 0] }
        guard abs(sum - b[index][row, 0]) < 1e-11 else {
          throw ComparisonError.disagreement(
            figure: "numpy-solve", echelon: sum, rival: b[index][row, 0])
        }
      }
    }
    let agreement = Agreement("numpy-solve", within: accuracy)
    return Contest(
      echelon: {
        var x = x
        let time = try seconds { x = try pool.solve(a, b) }
        try agreement.echelon(Digest.of(50 * count) { x[$0 / 50][$0 % 50, 0] })
        return time
      },
      rival: { try number("numpy solve \(count)", agreement) },
      end: { pool.shutdown() })
  }

  private static func numpyFigure(
    _ what: String, _ title: String, _ requirement: Requirement,
    _ echelon:
      @escaping @Sendable (ProcessPool, SharedArray<Double>) throws -> () -> Double
  ) -> Figure {
    Figure(
      name: "numpy-\(what)", title: title, rivalTitle: "NumPy, one process",
      requirement: requirement
    ) { setup in
      let pool = try pool(setup)
      let count = 10_000_000 / setup.shrink
      let x = try pool.array(count: count, mixed)
      let agreement = Agreement("numpy-\(what)", within: accuracy)
      return Contest(
        echelon: { try timed(agreement) { try echelon(pool, x) } },
        rival: { try number("numpy \(what) \(count)", agreement) },
        end: { pool.shutdown() })
    }
  }

  /// Works on two matrices of which the second is another one or, where it is not asked for, the first as well, and gives
  /// what makes a number of the result, untimed.
  private typealias MatrixOperation =
    @Sendable (ProcessPool, SharedMatrix<Double>, SharedMatrix<Double>) throws -> () -> Double
  /// Of a number in which rounding errors of all steps meet.
  private static let accuracy = 1e-8

  /// The time of `operation`, whose result has to agree with the rival's.
  private static func timed(
    _ agreement: Agreement, _ operation: () throws -> () -> Double
  ) throws -> Double {
    var answer = { 0.0 }
    let time = try seconds { answer = try operation() }
    try agreement.echelon(answer())
    return time
  }

  private static func matrixFigure(
    _ what: String, _ title: String, order: Int, _ requirement: Requirement,
    asInstalled: Bool = false, _ echelon: @escaping MatrixOperation
  ) -> Figure {
    let name = "numpy-\(what)\(asInstalled ? "-as-installed" : "")"
    return Figure(
      name: name, title: title,
      rivalTitle: "NumPy, threads of its BLAS\(asInstalled ? kernelsAsInstalled : "")",
      requirement: requirement
    ) { setup in
      let pool = try linearAlgebraPool(setup)
      let n = order / setup.shrink
      let isSymmetric = what == "eigenvalues"
      let x = try pool.matrix(rows: n, columns: n) { row, column in
        isSymmetric
          ? mixed(min(row, column) * n + max(row, column)) - 0.5 : mixed(row * n + column) - 0.5
      }
      let y =
        what == "product"
        ? try pool.matrix(rows: n, columns: n) { mixed((n + $0) * n + $1) - 0.5 } : x
      let agreement = Agreement(name, within: accuracy)
      return Contest(
        echelon: { try timed(agreement) { try echelon(pool, x, y) } },
        rival: {
          try number("numpy \(what) \(n)", agreement, choosesKernels: !asInstalled)
        },
        end: { pool.shutdown() })
    }
  }

  private static var kernelsAsInstalled: String {
    coreTypeSetAside.map { ", as the environment has it: \(BLASInfo.coreTypeVariable)=\($0.given)" }
      ?? ", as installed"
  }

  /// Runs `python.py`, and gives the seconds that it says; what it computed has to agree with Echelon's.
  /// - Parameter choosesKernels: whether a BLAS in it looks at the processor alone, as Echelon's does here.
  private static func number(
    _ arguments: String, _ agreement: Agreement? = nil, choosesKernels: Bool = true
  ) throws -> Double {
    let reply = try reply(arguments, choosesKernels: choosesKernels)
    try agreement?.rival(reply.answer)
    return reply.seconds
  }

  /// Runs `python.py`, and gives the seconds that it says, and what it computed; NaN where that is nothing.
  static func reply(
    _ arguments: String, choosesKernels: Bool = true
  ) throws -> (seconds: Double, answer: Double) {
    let words = [PythonLibrary.interpreter ?? "python3", Checkout.path("Benchmarks/python.py")]
    let command = "\(words.map(Checkout.quoted).joined(separator: " ")) \(arguments)"
    let variable = choosesKernels ? "env -u \(BLASInfo.coreTypeVariable) " : ""
    let seconds = unsafe peer_program_number(variable + command)
    guard seconds > 0 else { throw ComparisonError.programFailed(command) }
    return (seconds, peer_program_answer())
  }

  /// - Parameters:
  ///   - measured: what `python.py` is asked for; nil is `what`.
  ///   - remark: on how the rival does it.
  private static func figure(
    _ pool: String, _ what: String, _ title: String, _ requirement: Requirement = .none,
    measuring measured: String? = nil, beside remark: String = "",
    echelon: @escaping @Sendable (Setup) throws -> Double
  ) -> Figure {
    let rival = "\(pool) \(measured ?? what)"
    return Figure(
      name: "\(pool)-\(what)", title: title,
      rivalTitle: (pool == "cpython"
        ? "CPython's ProcessPoolExecutor, started as it chooses (fork up to 3.13, forkserver since)"
        : "loky's executor") + remark,
      requirement: requirement
    ) { setup in
      Contest(
        echelon: { try echelon(setup) },
        rival: { try number("\(rival) \(setup.workers)") })
    }
  }

  private static func roundTripOnce(_ setup: Setup) throws -> Double {
    let pool = try pool(setup)
    defer { pool.shutdown() }
    return try medianSeconds(count: 2000) { try pool.submit {}.result() }
  }

  private static func tasksOnce(_ setup: Setup) throws -> Double {
    try tasksOnce(setup) { pool, count in try (0..<count).map { _ in try pool.submit {} } }
  }

  private static func tasksOnce(
    _ setup: Setup, submit: (ProcessPool, Int) throws -> [Future<Void>]
  ) throws -> Double {
    let pool = try pool(setup)
    defer { pool.shutdown() }
    let count = 20_000 / setup.shrink
    return try seconds {
      for future in try submit(pool, count) { try future.result() }
    } / Double(count)
  }

  static func startOnce(_ setup: Setup) throws -> Double {
    var pool: ProcessPool?
    defer { pool?.shutdown() }
    return try seconds {
      pool = try ProcessPool(workers: setup.workers)
      try pool?.warmUp()
      for future in try pool?.broadcast({}) ?? [] { try future.result() }
    }
  }
}
