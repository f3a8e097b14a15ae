import Echelon
import EchelonLinearAlgebra
import Foundation
import TestSupport
import Testing

// LAPACK's own matrix types, which its test programs take in this order: those of dchkge and dchkq3 (DLATB4).

/// Types of general matrices (dchkge): types 5 to 7 are singular.
func generalTypes(_ precision: Precision) -> [MatrixType] {
  [
    MatrixType(description: "diagonal", structure: .diagonal),
    MatrixType(description: "upper triangular", structure: .upper),
    MatrixType(description: "lower triangular", structure: .lower),
    MatrixType(description: "random, condition 2", structure: .full),
    MatrixType(
      description: "first column zero", structure: .zeroColumns(first: { _ in 0 }, isLast: false)),
    MatrixType(
      description: "last column zero", structure: .zeroColumns(first: { $0 - 1 }, isLast: false)),
    MatrixType(
      description: "last n/2 columns zero", structure: .zeroColumns(first: { $0 / 2 }, isLast: true)
    ),
    MatrixType(
      description: "condition √(0.1/ε)", structure: .full, condition: precision.badCondition),
    MatrixType(
      description: "condition 0.1/ε", structure: .full, condition: precision.worstCondition),
    MatrixType(description: "near underflow", structure: .full, norm: precision.small),
    MatrixType(description: "near overflow", structure: .full, norm: precision.large),
  ]
}

/// Of matrices for QR with column pivoting (dchkq3).
func rankTypes(_ precision: Precision) -> [MatrixType] {
  [
    MatrixType(description: "zero", structure: .zero),
    MatrixType(
      description: "one small singular value", structure: .full, spread: .oneSmall,
      condition: 1 / precision.ulp),
    MatrixType(
      description: "one large singular value", structure: .full, spread: .oneLarge,
      condition: 1 / precision.ulp),
    MatrixType(
      description: "geometric singular values", structure: .full, condition: 1 / precision.ulp),
  ]
}

/// The shapes of a size: square, and more or fewer rows.
private func shapes(_ size: Int) -> [(rows: Int, columns: Int)] {
  switch size {
  case 0: [(0, 0), (0, 3), (3, 0)]
  case ...3: [(size, size)]
  case ...50: [(size, size), (size, size / 2), (size / 2, size)]
  default: [(size, size), (size, size / 4), (size / 4, size)]
  }
}

/// Calls a test with every matrix of some types.
func forEachMatrix<Element: TestedScalar>(
  of types: [MatrixType], _: Element.Type, _ source: MatrixSource, sizes: [Int]? = nil,
  isHermitian: Bool = false, isIndefinite: Bool = false, isSquare: Bool = true, seed: UInt64,
  _ body: (DenseMatrix<Element>, MadeMatrix, MatrixType, String) throws -> Void
) throws {
  for size in sizes ?? source.sizes {
    for (rows, columns) in isSquare ? [(size, size)] : shapes(size) {
      for (number, type) in types.enumerated() {
        #if DEBUG
          // Release builds take all of the large matrices. Here the tests themselves, without optimization, take the
          // time, so each element type has one or two of the types.
          if rows * columns > 2500, number % 8 != 2 * Int(Element.scalarType.rawValue) { continue }
        #endif
        let made = MadeMatrix(
          type, rows: rows, columns: columns, isComplex: Element.isComplex,
          isHermitian: isHermitian, isIndefinite: isIndefinite, source: source,
          seed: seed &+ UInt64(1000 * size + number))
        let a = try DenseMatrix<Element>(made, type.structure, source)
        try body(a, made, type, "\(type), \(rows) × \(columns) \(Element.self), \(source)")
      }
    }
  }
}

extension MatrixType {
  /// The first column that is 0 in a matrix of `count` columns.
  func zeroColumn(_ count: Int) -> Int? {
    guard case .zeroColumns(let first, _) = structure, count > 0 else { return nil }
    return first(count)
  }
}

/// Whether matrices of 1000 × 1000 are of all types, from both sources and for all element types, which takes an hour:
/// `make residuals`. Otherwise they are of one type.
let isExhaustive = ProcessInfo.processInfo.environment["ECHELON_RESIDUALS"] == "all"

/// Size 1000 is for release builds: in debug builds it shows nothing new. With the reference BLAS of real numbers
/// alone, since eigenproblems of complex ones take it very long.
func largeSizes(of scalar: any TestedScalar.Type) -> [Int] {
  #if DEBUG
    []
  #else
    scalar.isComplex && BLASInfo.current.implementation == .reference && !isExhaustive ? [] : [1000]
  #endif
}

/// Matrices of these sizes are factored by all workers, in steps.
private let sharedSizes = [300]

/// Calls a test for all element types: with all types of matrices of the usual sizes, and with one of large ones.
/// - Parameter inSteps: whether matrices are factored in steps, which takes sizes that are.
func forEachScalar(
  _ source: MatrixSource, inSteps: Bool = false,
  _ body: (_ type: any TestedScalar.Type, _ sizes: [Int]?, _ all: Bool) throws -> Void
) rethrows {
  for scalar in testedScalars {
    try body(scalar, nil, true)
    guard source == .own || isExhaustive else { continue }
    if inSteps { try body(scalar, sharedSizes, true) }
    try body(scalar, largeSizes(of: scalar), isExhaustive)
  }
}

@Suite struct `Residuals over LAPACK's matrix types` {
  @Test func `are made of matrices that have the singular values they promise`() throws {
    try checkValues(.own)
  }

  @Test(
    .enabled(
      if: MatrixSource.latms.isAvailable,
      "libtmglib3 is missing: no test takes the matrices of LAPACK's DLATMS"))
  func `are made of matrices of LAPACK's own, too`() throws { try checkValues(.latms) }

  private func checkValues(_ source: MatrixSource) throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let types = generalTypes(Element.precision) + rankTypes(Element.precision)
      for isHermitian in [false, true] {
        try forEachMatrix(
          of: types, Element.self, source, sizes: [0, 1, 2, 5, 33], isHermitian: isHermitian,
          isSquare: isHermitian, seed: seed
        ) { a, made, type, what in
          guard let values = made.values else { return }
          let found = Array(try pools[1].singularValues(try a.shared(on: pools[1])))
          let ratio = DenseMatrix<Element>.ratio(ofValues: found, values.map(abs))
          #expect(ratio < 30, "\(what)")
          // And they are no diagonals, where they are to be full.
          if case .full = type.structure, a.columns > 1, a.rows > 1 {
            #expect(a.elements.allSatisfy { $0 != 0 }, "\(what)")
          }
          let differs =
            !isHermitian || a.columns == 0
            ? false : a.transposed.elements.map(\.conjugate) != a.elements
          if case .full = type.structure { #expect(!differs, "\(what)") }
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }
}
