import Echelon
import EchelonMemory
import TestSupport
import Testing

/// Something that writes over what it reads, and the bits that come of it.
struct InPlaceOperation: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let run: @Sendable (any WorkExecutor) throws -> [UInt64]
  /// Whether its bits are those of a BLAS, which in this process may use more than one thread.
  var isOfBLAS = false

  /// On doubles.
  private init(
    _ name: String,
    on doubles: @escaping @Sendable (any WorkExecutor, SharedArray<Double>) throws -> Void
  ) {
    testDescription = name
    run = { executor in
      let x = try executor.array(count: 50_021) { Double($0 % 1013) * 0.01 - 5 }
      // Again and again, so that most of the time goes into what is tested.
      for _ in 0..<6 { try doubles(executor, x) }
      return Array(x).map(\.bitPattern)
    }
  }

  static let all = [
    InPlaceOperation("a map") { executor, x in
      _ = try executor.map(x, into: x) { $0 * 0.75 + 1 / ($0 * $0 + 1) }
    },
    InPlaceOperation("a map with a parameter") { executor, x in
      _ = try executor.map(x, with: 0.75, into: x) { $0 * $1 + 1 }
    },
    InPlaceOperation("a map of two arrays") { executor, x in
      let y = try executor.array(count: x.count) { Double($0) }
      _ = try executor.map(x, y, into: x) { $0 * 0.5 + $1 }
    },
    InPlaceOperation("a map of an array with itself") { executor, x in
      _ = try executor.map(x, x, into: x) { $0 - $0 * $1 / 64 }
    },
    InPlaceOperation("an expression") { executor, x in
      _ = try executor.evaluate(sin(x) + x / 2, into: x)
    },
    InPlaceOperation("an expression of a matrix and its transpose") { executor, x in
      let m = x[0..<223 * 223].reshaped(rows: 223, columns: 223)
      _ = try executor.evaluateMatrix(0.5 * m - 0.25 * m.transposed, into: m)
    },
    InPlaceOperation("an expression of rows and columns") { executor, x in
      let m = x[0..<50_000].reshaped(rows: 100, columns: 500)
      _ = try executor.evaluateMatrix(m / 2 - x[0..<500], into: m)
    },
    InPlaceOperation("a sort") { executor, x in _ = try executor.sorted(x, .descending, into: x) },
  ]

  private init(
    _ name: String, of numbers: @escaping @Sendable (any WorkExecutor) throws -> [UInt64]
  ) {
    testDescription = name
    run = numbers
  }

  /// What is not written over what it reads, but put together of what many chunks give.
  static let accumulations = [
    InPlaceOperation(
      "sums, products, extremes and norms",
      of: { executor in
        let x = try executor.array(count: 70_009) { 1 + Double($0 % 1013) * 0.01 }
        var words: [UInt64] = []
        for _ in 0..<2 {
          words.append(try executor.sum(x).bitPattern)
          words.append(try executor.dot(x, x).bitPattern)
          words.append(try executor.product(sin(x) + 1).bitPattern)
          words.append(try executor.minimum(-x).bitPattern)
          words.append(try executor.norm(x, .p(3)).bitPattern)
          words.append(try executor.logSumExp(x).bitPattern)
          words.append(UInt64(try executor.maximumPosition(x).index))
          words.append(try executor.exactSum(x).bitPattern)
          words.append(try executor.reduce(x, initial: 0) { $0 + $1 }.bitPattern)
        }
        return words
      }),
    InPlaceOperation(
      "totals on the way",
      of: { executor in
        let x = try executor.array(count: 70_009) { Double($0 % 1013) * 0.01 - 5 }
        var words: [UInt64] = []
        do {
          words += Array(try executor.cumulativeSum(x)).map(\.bitPattern)
          words += Array(try executor.cumulativeProduct(x / 8 + 1)).map(\.bitPattern)
        }
        return words
      }),
    InPlaceOperation(
      "the order of several runs",
      of: { executor in
        let x = try executor.array(count: 70_009) { Double(($0 &* 0x9E37) % 40_009) / 20_000 - 1 }
        var words: [UInt64] = []
        do {
          words += Array(try executor.sorted(x)).map(\.bitPattern)
          words += Array(try executor.sortedIndices(x, .descending)).map { UInt64($0) }
          words += try executor.top(7, of: x).map { UInt64($0.index) }
          words += try executor.quantiles(x, [0.1, 0.5]).map(\.bitPattern)
          words += try executor.histogram(x, bins: 9, in: -1...1).counts.map { UInt64($0) }
        }
        return words
      }),
    InPlaceOperation(
      "every row and column",
      of: { executor in
        let x = try executor.array(count: 70_000) { Double(($0 &* 0x9E37) % 40_009) / 20_000 - 1 }
        let m = x.reshaped(rows: 100, columns: 700)
        var words: [UInt64] = []
        for slice in [MatrixSlice.row, .column] {
          words += Array(try executor.sum(m * m, each: slice)).map(\.bitPattern)
          words += Array(try executor.norm(m, .p(3), each: slice)).map(\.bitPattern)
          words += Array(try executor.median(m, each: slice)).map(\.bitPattern)
          words += Array(try executor.cumulativeSum(m, each: slice).storage).map(\.bitPattern)
          words += Array(try executor.sortedIndices(m, each: slice).storage).map { UInt64($0) }
          words += Array(try executor.count(where: m .> 0, each: slice)).map { UInt64($0) }
        }
        return words
      }),
    InPlaceOperation(
      "moments, covariances and what is weighted",
      of: { executor in
        let x = try executor.array(count: 140_000) { Double(($0 &* 0x9E37) % 40_009) / 20_000 - 1 }
        let m = x.reshaped(rows: 70_000, columns: 2)
        var words: [UInt64] = []
        words.append(try executor.higherMoments(x).kurtosis.bitPattern)
        words.append(try executor.weightedMoments(x, weights: abs(x)).variance.bitPattern)
        words.append(try executor.autocorrelation(x).bitPattern)
        words += Array(try executor.covariance(m).storage).map(\.bitPattern)
        words += Array(try executor.moments(m, each: .column)).map(\.variance.bitPattern)
        words += Array(try executor.logSumExp(m, each: .column)).map(\.bitPattern)
        words += Array(try executor.exactSum(m, each: .column)).map(\.bitPattern)
        let weights = try executor.evaluate(abs(x))
        words += try executor.quantiles(x, [0.3, 0.7], weights: weights).map(\.bitPattern)
        words += try executor.histogram(x, weights: weights, bins: 5, in: -1...1).weights.map(
          \.bitPattern)
        return words
      }),
    InPlaceOperation(
      "many small systems",
      of: { executor in
        let x = try executor.array(count: 250_000) { Double(($0 &* 0x9E37) % 40_009) / 20_000 - 1 }
        let a = SharedMatrixBatch(x, count: 100, rows: 50, columns: 50)
        let b = SharedMatrixBatch(x, count: 100, rows: 50, columns: 3, matrixStride: 7)
        var words: [UInt64] = []
        for _ in 0..<2 {
          words += Array(try executor.solve(a, b).storage).map(\.bitPattern)
          words += Array(try executor.inverse(a[0..<20]).storage).map(\.bitPattern)
          words += Array(try executor.determinant(a.transposed)).map(\.bitPattern)
        }
        return words
      }),
    InPlaceOperation(
      "sorts of several runs, each into what it reads",
      of: { executor in
        let x = try executor.array(count: 140_009) { Double(($0 &* 0x9E37) % 40_009) / 20_000 - 1 }
        for turn in 0..<3 {
          _ = try executor.evaluate(x * 3 - floor(x * 3), into: x)
          _ = try executor.sorted(x, turn % 2 == 0 ? .ascending : .descending, into: x)
        }
        return Array(x).map(\.bitPattern)
      }),
    InPlaceOperation(
      "whole numbers and complex ones",
      of: { executor in
        let n = try executor.array(count: 70_009) { Int64($0 % 1013) }
        let z = try executor.array(count: 70_009) { (index: Int) -> ComplexElement<Double> in
          let (real, imaginary) = (Double(index % 1013), Double(index % 97))
          return ComplexElement(real, imaginary)
        }
        var words: [UInt64] = []
        for _ in 0..<2 {
          let total: Int = try executor.sum(n)
          words.append(UInt64(bitPattern: Int64(total)))
          let sum: Complex<Double> = try executor.sum(z * z)
          words.append(sum.real.bitPattern)
          words.append(sum.imaginary.bitPattern)
        }
        return words
      }),
  ]

  static let others = [
    InPlaceOperation(
      "an expression of whole numbers",
      of: { executor in
        let x = try executor.array(count: 50_021) { Int64($0) &* 0x1234_5678_9abc }
        for _ in 0..<6 { _ = try executor.evaluate((x &* 7 &+ (x &>> 3)) ^ x, into: x) }
        return Array(x).map { UInt64(bitPattern: $0) }
      }),
    InPlaceOperation(
      "an expression of single precision",
      of: { executor in
        let x = try executor.array(count: 50_021) { Float($0 % 1013) * 0.01 - 5 }
        for _ in 0..<6 { _ = try executor.evaluate(cos(x) / (x * x + 1), into: x) }
        return Array(x).map { UInt64($0.bitPattern) }
      }),
    InPlaceOperation(
      "an expression of complex numbers, into itself and into a transpose",
      of: { executor in
        let z = try executor.array(count: 50_021) {
          ComplexElement(Double($0 % 1013) * 0.01 - 5, Double($0 % 97) * 0.02)
        }
        let m = z[0..<223 * 223].reshaped(rows: 223, columns: 223)
        for _ in 0..<3 {
          _ = try executor.evaluate(z * z / (z.conjugate * z + 1.5) + 0.25, into: z)
          try executor.evaluate(0.5 * m.conjugate + 0.25 * m, into: m.transposed)
        }
        return Array(z).flatMap { [$0.real.bitPattern, $0.imaginary.bitPattern] }
      }),
  ]

  /// Steps that change tiles, and wait for one another.
  static let factorizations =
    steps(Double.self) + steps(Float.self) + [complexSteps, wideCalls, products]

  private static func steps<Element: LinearAlgebraScalar & KernelElement & BinaryFloatingPoint>(
    _: Element.Type
  ) -> [InPlaceOperation] where Element.RawSignificand: FixedWidthInteger {
    // Of one type square matrices, of the other such as have more rows or columns, and leaves that geqrt factors.
    let isDouble = Element.self == Double.self
    let tall = isDouble ? (rows: 37_000, columns: 16) : (rows: 9000, columns: 64)
    return [
      factorization("a Cholesky factorization") { (executor, a: SharedMatrix<Element>) in
        let product: SharedMatrix<Element> = try executor.multiply(a, a.transposed)
        for i in 0..<a.rows { product[i, i] += 1 }
        return bits(try executor.startTiledCholesky(product).result().lower)
      },
      factorization("an LU factorization", rows: isDouble ? 420 : 560) {
        (executor, a: SharedMatrix<Element>) in
        let lu = try executor.startTiledLU(a).result()
        return lu.exchanges.map { UInt64($0) } + bits(lu.factors)
      },
      factorization("a QR factorization", columns: isDouble ? 420 : 560) {
        (executor, a: SharedMatrix<Element>) in
        let qr = try executor.startTiledQR(a).result()
        return qr.scalarFactors.map { Double($0).bitPattern } + bits(qr.factors)
      },
      factorization(
        "a QR factorization by a tree of blocks", rows: tall.rows, columns: tall.columns
      ) { (executor, a: SharedMatrix<Element>) in
        // Eight leaves or more, and one or two levels above them; again and again, since it takes less time than making the matrix.
        try (0..<8).flatMap { _ in
          let qr = try executor.startTallQR(a).result().qr
          return qr.scalarFactors.map { Double($0).bitPattern } + bits(qr.factors)
        }
      },
    ]
  }

  private static func factorization<
    Element: LinearAlgebraScalar & KernelElement & BinaryFloatingPoint
  >(
    _ name: String, rows: Int = 420, columns: Int = 420,
    _ body: @escaping @Sendable (any WorkExecutor, SharedMatrix<Element>) throws -> [UInt64]
  ) -> InPlaceOperation where Element.RawSignificand: FixedWidthInteger {
    var operation = InPlaceOperation(
      "\(name) of \(Element.self) in steps",
      of: { executor in try body(executor, try randomMatrix(executor, rows: rows, columns: columns))
      })
    operation.isOfBLAS = true
    return operation
  }

  /// The same steps, and those of a tree, of complex numbers.
  private static let complexSteps: InPlaceOperation = {
    var operation = InPlaceOperation(
      "factorizations of complex matrices in steps",
      of: { executor in
        let parts: SharedMatrix<Double> = try randomMatrix(executor, rows: 320, columns: 640)
        let a = try executor.matrix(rows: 320, columns: 320) {
          ComplexElement(parts[$0, $1], parts[$0, $1 + 320])
        }
        let adjoint = try executor.matrix(rows: 320, columns: 320) { a[$1, $0].conjugate }
        let product = try executor.multiply(a, adjoint)
        for i in 0..<320 { product[i, i] = product[i, i] + 1 }
        let tall = SharedMatrix(a.storage, rows: 5120, columns: 20)
        let lu = try executor.startTiledLU(a).result()
        return lu.exchanges.map { UInt64($0) } + bits(lu.factors)
          + bits(try executor.startTiledCholesky(product).result().lower)
          + bits(try executor.startTiledQR(a).result().factors)
          + bits(try executor.startTallQR(tall).result().qr.factors)
      })
    operation.isOfBLAS = true
    return operation
  }()

  /// Calls of LAPACK that use two threads of the BLAS.
  private static let wideCalls: InPlaceOperation = {
    var operation = InPlaceOperation(
      "calls with two threads of the BLAS",
      of: { executor in
        let a: SharedMatrix<Double> = try randomMatrix(executor, rows: 400, columns: 400)
        let svd = try executor.startSVD(a)
        let eigen = try executor.startSymmetricEigen(a, triangle: .lower)
        let square = a[0..<160, 0..<160]
        let schur = try executor.startSchur(square)
        let power = try executor.startMatrixExponential(square)
        let x = try executor.startLeastSquares(a[0..<400, 0..<120], a[0..<400, 397..<400])
        return bits(try svd.result().u) + bits(try eigen.result().eigenvectors)
          + bits(try schur.result().q) + bits(try power.result()) + bits(try x.result().x)
      })
    operation.isOfBLAS = true
    return operation
  }()

  /// Products in blocks, which write what they do not read.
  private static let products: InPlaceOperation = {
    var operation = InPlaceOperation(
      "products of matrices and vectors, real and complex",
      of: { executor in
        let a: SharedMatrix<Double> = try randomMatrix(executor, rows: 420, columns: 420)
        let x = try executor.array(count: 420) { Double($0) / 420 }
        let z = try executor.matrix(rows: 200, columns: 200) {
          ComplexElement(a[$0, $1], a[$1, $0])
        }
        // Full of what a tile that is not written would leave.
        let c = try executor.matrix(rows: 420, columns: 420) { _, _ in Double.nan }
        var words: [UInt64] = []
        for _ in 0..<3 {
          words += bits(try executor.multiply(a, a))
          words += bits(try executor.multiply(a, a.transposed, into: c))
          words += bits(try executor.outer(x, x))
          words += bits(try executor.multiply(a, a, structure: .symmetric(.lower)))
          words += Array(try executor.multiply(a, x)).map(\.bitPattern)
          let squared = Array(try executor.multiply(z, z).storage)
          words += squared.flatMap { [$0.real.bitPattern, $0.imaginary.bitPattern] }
        }
        return words
      })
    operation.isOfBLAS = true
    return operation
  }()

  private static func randomMatrix<
    Element: LinearAlgebraScalar & KernelElement & BinaryFloatingPoint
  >(
    _ executor: any WorkExecutor, rows: Int, columns: Int
  ) throws -> SharedMatrix<Element> where Element.RawSignificand: FixedWidthInteger {
    var random = TestRandom(seed: 41)
    return try executor.matrix(rows: rows, columns: columns) { _, _ in
      Element.random(in: -1...1, using: &random)
    }
  }

  private static func bits(_ a: SharedMatrix<ComplexElement<Double>>) -> [UInt64] {
    (0..<a.columns).map { column in
      (0..<a.rows).reduce(0) { digest, row in
        let word = a[row, column].real.bitPattern ^ a[row, column].imaginary.bitPattern &* 3
        return digest &* 0x9e37_79b9_7f4a_7c15 &+ word
      }
    }
  }

  /// In the order of the columns, a sum for each that every bit of it counts in.
  private static func bits<Element: LinearAlgebraScalar & KernelElement & BinaryFloatingPoint>(
    _ a: SharedMatrix<Element>
  ) -> [UInt64] {
    (0..<a.columns).map { column in
      a.storage[column * a.columnStride..<column * a.columnStride + a.rows].withSpan { x in
        var digest: UInt64 = 0
        // To Double is exact, so that no bit is lost.
        for i in x.indices { digest = digest &* 0x9e37_79b9_7f4a_7c15 &+ Double(x[i]).bitPattern }
        return digest
      }
    }
  }
}
