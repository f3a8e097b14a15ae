import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// A symmetric or Hermitian matrix with eigenvalues of both signs, far from singular.
private func hermitian<Element: TestedScalar>(
  _ size: Int, _: Element.Type, seed: UInt64
) throws -> DenseMatrix<Element> {
  try DenseMatrix(
    MadeMatrix(
      MatrixType(description: "full", structure: .full, condition: 4), rows: size, columns: size,
      isComplex: Element.isComplex, isHermitian: true, isIndefinite: true, seed: seed), .full, .own)
}

private func general<Element: TestedScalar>(
  _ size: Int, _: Element.Type, seed: UInt64
) throws -> DenseMatrix<Element> {
  try DenseMatrix(
    MadeMatrix(
      MatrixType(description: "full", structure: .full, condition: 4), rows: size, columns: size,
      isComplex: Element.isComplex, seed: seed), .full, .own)
}

/// |a - b| / |b|, 0 of equal numbers.
private func distance<Element: TestedScalar>(_ a: Element, _ b: Element) -> Double {
  a == b ? 0 : Double((a - b).modulus) / Double(b.modulus)
}

/// Small against what rounding does in products of so many factors.
private func limit<Element: TestedScalar>(_ size: Int, _: Element.Type) -> Double {
  100 * Double(size + 1) * Element.epsilon
}

/// Real and imaginary part.
private func parts(_ number: Any) -> (Double, Double) {
  switch number {
  case let number as Double: (number, 0)
  case let number as Float: (Double(number), 0)
  case let number as ComplexElement<Double>: (number.real, number.imaginary)
  case let number as ComplexElement<Float>: (Double(number.real), Double(number.imaginary))
  default: (.nan, .nan)
  }
}

@Suite struct `What a decomposition offers` {
  private let pool = pools[1]

  @Test func `by QR are an inverse and a determinant`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for size in [0, 1, 2, 3, 5, 30] {
        for layout in TestedLayout.allCases {
          let made = try general(size, Element.self, seed: seed &+ UInt64(size))
          let a = try made.shared(on: pool, layout)
          let lu = try pool.lu(a)
          for pivoting in [ColumnPivoting.none, .columns] {
            let what = "n = \(size), \(pivoting), \(layout), \(Element.self)"
            let qr = try pool.qr(a, pivoting: pivoting)
            #expect(
              distance(try qr.determinant, try lu.determinant) < limit(size, Element.self),
              "\(what)")
            let (found, expected) = (try qr.logDeterminant, try lu.logDeterminant)
            #expect(distance(found.sign, expected.sign) < limit(size, Element.self), "\(what)")
            #expect(
              abs(found.logMagnitude - expected.logMagnitude) < limit(size, Element.self), "\(what)"
            )
            let inverse = try qr.inverse()
            // Its columns solve systems, which bounds A·X - 1.
            let identity = DenseMatrix<Element>.identity(size)
            #expect(made.ratio(ofSolution: DenseMatrix(inverse), identity) < 30, "\(what)")
          }
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
    // An odd and an even permutation of columns, and a column of R with a negative diagonal.
    for (order, sign) in [([1, 0, 2], -1.0), ([1, 2, 0], 1.0)] {
      let a = try pool.matrix(rows: 3, columns: 3) { $1 == order[$0] ? Double(3 + $0) : 0 }
      #expect(abs(try pool.qr(a, pivoting: .columns).determinant - sign * 60) < 1e-12)
      #expect(abs(try pool.qr(a).determinant - sign * 60) < 1e-12)
    }
  }

  @Test func `by QR needs a square matrix, and one that has an inverse`() throws {
    let tall = try pool.qr(try pool.matrix(repeating: 1.0, rows: 3, columns: 2))
    #expect(throws: LinearAlgebraError.notSquare(operation: "inverse", rows: 3, columns: 2)) {
      try tall.inverse()
    }
    #expect(throws: LinearAlgebraError.notSquare(operation: "determinant", rows: 3, columns: 2)) {
      try tall.determinant
    }
    #expect(throws: LinearAlgebraError.notSquare(operation: "logDeterminant", rows: 3, columns: 2))
    {
      try tall.logDeterminant
    }
    let singular = try pool.qr(
      try pool.matrix(rows: 3, columns: 3) { $1 == 2 ? 0.0 : Double($0 + $1 * $1) })
    #expect(throws: LinearAlgebraError.singular(column: 2)) { try singular.inverse() }
    #expect(try singular.determinant == 0)
    #expect(try singular.logDeterminant.logMagnitude == -.infinity)
  }

  @Test func `by eigenvalues of a symmetric matrix are solutions, an inverse and a determinant`()
    throws
  {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      for size in [0, 1, 2, 3, 5, 30] {
        let what = "n = \(size), \(Element.self)"
        let made = try hermitian(size, Element.self, seed: seed &+ UInt64(size))
        let (a, eigen) = (
          try made.shared(on: pool), try pool.symmetricEigen(try made.shared(on: pool, .gaps))
        )
        let b = try DenseMatrix<Element>.random(rows: size, columns: 3, seed: seed)
        let x = try eigen.solve(try b.shared(on: pool, .columns))
        #expect(made.ratio(ofSolution: DenseMatrix(x), b) < 30, "\(what)")
        let vector = try pool.array(b.elements.prefix(size))
        let single = try eigen.solve(vector)
        #expect(Array(single).count == size)
        for row in 0..<size {
          #expect(distance(single[row], x[row, 0]) < 1000 * limit(size, Element.self))
        }
        #expect(made.ratio(ofInverse: DenseMatrix(try eigen.inverse())) < 30, "\(what)")
        let expected = try pool.lu(a)
        #expect(
          distance(Element(real: eigen.determinant), try expected.determinant)
            < limit(size, Element.self), "\(what)")
        let (found, logarithm) = (eigen.logDeterminant, try expected.logDeterminant)
        #expect(distance(found.sign, logarithm.sign) < limit(size, Element.self), "\(what)")
        #expect(
          abs(found.logMagnitude - logarithm.logMagnitude) < limit(size, Element.self), "\(what)")
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `by eigenvalues of a pair is that of its first matrix`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let a = try hermitian(20, Element.self, seed: seed)
      let b = try DenseMatrix<Element>(
        MadeMatrix(
          MatrixType(description: "B", structure: .full, condition: 3), rows: 20, columns: 20,
          isComplex: Element.isComplex, isHermitian: true, seed: seed &+ 1), .full, .own)
      let pair = try pool.symmetricEigen(try a.shared(on: pool), try b.shared(on: pool))
      #expect(a.ratio(ofInverse: DenseMatrix(try pair.inverse())) < 30)
      let sides = try DenseMatrix<Element>.random(rows: 20, columns: 2, seed: seed)
      let x = try pair.solve(try sides.shared(on: pool))
      #expect(a.ratio(ofSolution: DenseMatrix(x), sides) < 100)
      let quotient =
        try pool.determinant(try a.shared(on: pool)) / pool.determinant(try b.shared(on: pool))
      #expect(distance(Element(real: pair.determinant), quotient) < limit(200, Element.self))
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test func `by eigenvalues of a singular matrix is an error that names one`() throws {
    let a = try pool.matrix(rows: 3, columns: 3) { $0 == $1 ? Double($0) - 1 : 0 }
    let eigen = try pool.symmetricEigen(a)
    let error = LinearAlgebraError.zeroEigenvalue(index: 1)
    #expect(throws: error) { try eigen.inverse() }
    #expect(throws: error) { try eigen.solve(try pool.array([1.0, 2, 3])) }
    #expect(eigen.determinant == 0)
    #expect("\(error)".contains("eigenvalue 1"))
    let regular = try pool.symmetricEigen(try pool.identityMatrix(of: Double.self, size: 3))
    #expect(
      throws: LinearAlgebraError.rightSideMismatch(rows: 3, columns: 3, rightSideRows: 2)
    ) { try regular.solve(try pool.array([1.0, 2])) }
    #expect(throws: LinearAlgebraError.notFinite(operand: .b, row: 1, column: 0)) {
      try regular.solve(try pool.array([1.0, .nan, 2]))
    }
  }

  @Test func `by eigenvalues of any matrix is the matrix again, and its determinant`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      for size in [0, 1, 2, 3, 5, 30] {
        let made = try DenseMatrix<Element>.random(
          rows: size, columns: size, seed: seed &+ UInt64(size))
        let a = try made.shared(on: pool, .gaps)
        let eigen = try pool.eigen(a)
        let product = DenseMatrix(try eigen.reconstruct())
        var difference = made
        difference.add(-1, product, .identity(size))
        // Eigenvectors of random matrices have condition numbers of some hundreds.
        #expect(difference.norm <= 1e4 * Element.epsilon * made.norm * Double(size + 1))
        let expected = try pool.determinant(a)
        let (real, imaginary) = parts(expected)
        let (foundReal, foundImaginary) = parts(eigen.determinant)
        let distance = max(abs(foundReal - real), abs(foundImaginary - imaginary))
        #expect(distance <= 1e5 * Element.epsilon * Double(expected.modulus), "n = \(size)")
      }
    }
    for scalar in testedScalars.compactMap({ $0 as? any TestedEigenScalar.Type }) {
      try check(scalar)
    }
    // Of a Jordan block both eigenvectors are the same, but perhaps for rounding.
    let defective = try pool.eigen(try pool.matrix(rows: 2, columns: 2) { $0 <= $1 ? 1.0 : 0 })
    do {
      let product = try defective.reconstruct()
      #expect(product[0, 0].isNaN || abs(product[0, 0] - 1) < 1)
    } catch let error as LinearAlgebraError {
      guard case .singular = error else { throw error }
    }
  }

  @Test func `has the same bits on every pool`() throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      let a = try hermitian(70, Element.self, seed: seed)
      _ = try onAllPools([a], "\(Element.self)") { pool, inputs, digest in
        let symmetric = try pool.symmetricEigen(inputs[0])
        digest.add(try symmetric.inverse())
        digest.add(try symmetric.solve(inputs[0]))
        digest.add(try pool.qr(inputs[0]).inverse())
        digest.add(try pool.eigen(inputs[0]).reconstruct())
      }
    }
    for scalar in testedScalars.compactMap({ $0 as? any TestedEigenScalar.Type }) {
      try check(scalar)
    }
  }

  @Test func `is there for async functions`() async throws {
    let a = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 2.0 : 1 }
    #expect(abs(try await pool.qr(a).inverse()[0, 0] - 2.0 / 3) < 1e-15)
    let eigen = try await pool.symmetricEigen(a)
    #expect(abs(try await eigen.inverse()[0, 1] + 1.0 / 3) < 1e-15)
    #expect(abs(try await eigen.solve(try pool.array([3.0, 3]))[0] - 1) < 1e-14)
    #expect(abs(try await pool.eigen(a).reconstruct()[1, 0] - 1) < 1e-14)
  }
}
