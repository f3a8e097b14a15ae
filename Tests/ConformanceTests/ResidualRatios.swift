import Echelon
import EchelonLinearAlgebra
import Synchronization
import TestSupport
import Testing

// The measures of LAPACK's test programs (LAPACK Working Note 41): how far a result is from what it should be, in units
// of what rounding alone may do. Its routines' names stand beside them; all are to be below 30.

/// The largest ratios that a test has seen, so that its output says how near to 30 they come.
final class Ratios {
  private var largest: [String: (ratio: Double, of: String)] = [:]
  private var order: [String] = []

  /// Expects a ratio below 30. NaN is not.
  func expect(
    _ name: String, _ ratio: Double, _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    if largest[name] == nil { order.append(name) }
    if !(ratio <= largest[name]?.ratio ?? -1) { largest[name] = (ratio, what()) }
    guard !(ratio < 30) else { return }
    Issue.record("\(name) = \(ratio) of \(what())", sourceLocation: sourceLocation)
  }

  func report(_ test: String) {
    let list = order.map { name in
      let (ratio, what) = largest[name]!
      return "\(name) \((ratio * 100).rounded() / 100) (\(what))"
    }
    print("\(test): largest ratios: \(list.joined(separator: ", "))")
  }
}

extension TestedScalar {
  /// ‖difference‖ / (scales·n·ε), divided one by one, since products of norms overflow.
  static func ratio(_ difference: Double, to scales: [Double], count: Int = 1) -> Double {
    if difference == 0 { return 0 }
    if scales.contains(where: { !($0 > 0) }) { return .infinity }
    return scales.reduce(difference, /) / Double(max(1, count)) / epsilon
  }
}

extension DenseMatrix {
  /// ‖A - B·C‖ / (n·‖A‖·ε), the measure of factorizations (dget01, dpot01, dqrt01, dqpt01, dbdt01, dsyt21).
  /// - Parameter count: n, the number of columns when not given; that of rows in dqrt01 and dqpt01.
  func ratio(
    ofProduct b: DenseMatrix, _ c: DenseMatrix, _ cForm: MatrixForm = .plain, count: Int? = nil
  ) -> Double {
    var difference = self
    difference.add(-1, b, c, cForm)
    return Element.ratio(difference.norm, to: [norm], count: count ?? columns)
  }

  /// ‖1 - QᴴQ‖ / (m·ε) (dort01, dunt01, dqrt11).
  var orthogonalityRatio: Double {
    var difference = DenseMatrix.identity(columns)
    difference.add(-1, self, .adjoint, self)
    return Element.ratio(difference.norm, to: [], count: max(rows, columns))
  }

  /// ‖B - op(A)·X‖ / (‖A‖·‖X‖·ε), the largest of all columns (dget02, dpot02).
  /// - Parameter count: max(m, n) for solutions by least squares, by which dqrt16 divides.
  func ratio(
    ofSolution x: DenseMatrix, _ b: DenseMatrix, _ form: MatrixForm = .plain, count: Int = 1
  ) -> Double {
    var difference = b
    difference.add(-1, self, form, x)
    let scale = norm(form == .plain ? .one : .infinity)
    return zip(difference.columnNorms, x.columnNorms).map {
      Element.ratio($0, to: [scale, $1], count: count)
    }.max() ?? 0
  }

  /// ‖1 - A⁻¹·A‖ / (n·‖A‖·‖A⁻¹‖·ε) (dget03, dpot03). From this side: getri solves X·L = U⁻¹, which bounds X·A - 1 and
  /// not A·X - 1 (Higham, *Accuracy and Stability*, 2nd ed., §14.3).
  func ratio(ofInverse inverse: DenseMatrix) -> Double {
    var difference = DenseMatrix.identity(rows)
    difference.add(-1, inverse, self)
    return Element.ratio(difference.norm, to: [norm, inverse.norm], count: rows)
  }

  /// ‖(B - A·X)ᴴ·A‖ / (max(m, n, k)·‖A‖·‖B‖·ε): nothing of what is left lies in A's range (dqrt17).
  /// - Parameter isIllConditioned: ‖A‖·‖X‖ takes its place beside ‖B‖. LAPACK's programs take the ratio of
  ///   well-conditioned matrices only: rounding A alone, by E, leaves Aᴴ·E·X, and X is as large as ‖B‖ / σₙ.
  func ratio(
    ofLeastSquares x: DenseMatrix, _ b: DenseMatrix, isIllConditioned: Bool = false
  ) -> Double {
    // The square of A would overflow or underflow: multiplied by powers of 2, all are about 1.
    let (aExponent, bExponent) = (binaryExponent, b.binaryExponent)
    let (a, scaledB) = (scaled(exponent: -aExponent), b.scaled(exponent: -bExponent))
    var difference = scaledB
    let scaledX = x.scaled(exponent: aExponent - bExponent)
    difference.add(-1, a, scaledX)
    var product = DenseMatrix(rows: b.columns, columns: columns)
    product.add(1, difference, .adjoint, a)
    let scale = scaledB.norm + (isIllConditioned ? a.norm * scaledX.norm : 0)
    return Element.ratio(
      product.norm, to: [a.norm, scale], count: max(rows, columns, b.columns))
  }

  private var binaryExponent: Int {
    let norm = norm
    return norm > 0 ? Int(norm.exponent) : 0
  }

  /// Σ|σ - σ'| / (‖σ‖·n·ε) of singular values (dqrt12).
  static func ratio(ofValues found: [Element.Real], _ expected: [Double]) -> Double {
    let expected = expected.sorted(by: >)
    let difference = zip(found, expected).reduce(0.0) { $0 + abs(Double($1.0) - $1.1) }
    let sum = expected.reduce(0.0) { $0 + abs($1) }
    return Element.ratio(difference, to: [sum], count: expected.count)
  }
}

/// The calls of `onAllPools` that had a large matrix before.
private let largeShapesSeen = Mutex<Set<String>>([])

/// Does the same on all pools and with all layouts, and expects the same bits.
///
/// - Parameters:
///   - inputs: which `compute` gets in the memory of each pool.
///   - compute: gives a result, and adds to a digest what its bits are.
/// - Returns: the result of one pool.
func onAllPools<Element: TestedScalar, Result>(
  _ inputs: [DenseMatrix<Element>], _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ compute: (ProcessPool, [SharedMatrix<Element>], inout BitDigest) throws -> Result
) throws -> Result {
  // All pools, each with a layout that changes from matrix to matrix, so that over the types every pool has all of them; for
  // `make residuals` every pool has all layouts of every matrix. Of very large matrices the first of a shape and an
  // element type takes all pools, and the others two, since each says less about what another one would not show.
  let layouts = TestedLayout.allCases
  let turn = what().utf8.reduce(0) { $0 + Int($1) }
  var runs = pools.indices.map { ($0, layouts[($0 + turn) % layouts.count]) }
  if isExhaustive, inputs[0].rows * inputs[0].columns <= 40_000 {
    runs = pools.indices.flatMap { pool in layouts.map { (pool, $0) } }
  }
  let (rows, columns) = (inputs[0].rows, inputs[0].columns)
  let source = what().hasSuffix("\(MatrixSource.latms)") ? MatrixSource.latms : .own
  let call = "\(sourceLocation), \(rows) × \(columns) \(Element.self), \(source)"
  if rows * columns > 40_000, !isExhaustive, !largeShapesSeen.withLock({ $0.insert(call).inserted })
  {
    runs = [(0, .gaps), (1 + (rows + what().utf8.count) % 3, .rows)]
  }
  var expected: (Result, BitDigest)?
  for (index, layout) in runs {
    var digest = BitDigest()
    let pool = pools[index]
    let result = try compute(pool, try inputs.map { try $0.shared(on: pool, layout) }, &digest)
    if let expected {
      let isSame = digest == expected.1
      if !isSame {
        Issue.record(
          "other bits with \(pool.workerCount) workers and \(layout) of \(what())",
          sourceLocation: sourceLocation)
      }
    } else {
      expected = (result, digest)
    }
  }
  return expected!.0
}
