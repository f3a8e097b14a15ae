import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// What the tests need of an element that has eigenvalues.
protocol TestedEigenScalar: TestedScalar, EigenScalar where ComplexNumber: TestedScalar {
  /// The same number as a complex one.
  var asComplex: ComplexNumber { get }
}
extension Double: TestedEigenScalar {
  var asComplex: ComplexElement<Double> { ComplexElement(self, 0) }
}
extension Float: TestedEigenScalar {
  var asComplex: ComplexElement<Float> { ComplexElement(self, 0) }
}
extension ComplexElement: TestedEigenScalar where Part: TestedScalar, Part.Real == Part {
  var asComplex: ComplexElement { self }
}

extension Reference where Element: TestedEigenScalar {
  var asComplex: Reference<Element.ComplexNumber> {
    Reference<Element.ComplexNumber>(rows: rows, columns: columns) { self[$0, $1].asComplex }
  }
}

/// Each column times a number.
func columns<Element: TestedScalar>(_ a: Reference<Element>, times factors: [Element])
  -> Reference<Element>
{
  Reference(rows: a.rows, columns: a.columns) { a[$0, $1] * factors[$1] }
}

@Suite struct `An eigendecomposition` {
  @Test(arguments: TestedExecutor.allCases)
  func `has right and left eigenvectors`(_ kind: TestedExecutor) throws {
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      try forEachMatrix(of: type, seed: testSeed(), on: kind.shared) { a, shared in
        guard kind.takes(size: a.rows) else { return }
        let eigen = try kind.shared.eigen(shared, leftVectors: true)
        let values = Array(eigen.eigenvalues)
        let (matrix, n) = (a.asComplex, a.rows)
        let v = Reference(eigen.eigenvectors)
        let right = matrix * v - columns(v, times: values)
        #expect(ratio(right, to: a.norm * v.norm, count: n) < 30, "right, n = \(n)")
        let u = Reference(try #require(eigen.leftEigenvectors))
        let left = matrix.adjoint * u - columns(u, times: values.map(\.conjugate))
        #expect(
          ratio(left, to: a.adjoint.norm * u.norm, count: n) < 30, "left, n = \(n)")
        for vectors in [v, u] {
          for column in 0..<n {
            let squares = (0..<n).reduce(0.0) {
              let modulus = Double(vectors[$1, column].modulus)
              return $0 + modulus * modulus
            }
            #expect(abs(squares - 1) < 100 * Element.epsilon * Double(n + 1))
          }
        }
        let only = try kind.shared.eigen(shared)
        #expect(only.leftEigenvectors == nil && only.eigenvectors.rows == n)
        // The sum of all eigenvalues is the trace.
        let alone = Array(try kind.shared.eigenvalues(shared))
        #expect(alone.count == n)
        var difference = alone.reduce(0 as Element.ComplexNumber) { $0 + $1 }
        for index in 0..<n { difference = difference - matrix[index, index] }
        #expect(
          Double(difference.modulus) <= 30 * Element.epsilon * Double(n * n) * a.norm, "n = \(n)")
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of real matrices has conjugate pairs one after the other`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    // Cyclic exchange of three: the cube roots of 1.
    let a = try pool.matrix(rows: 3, columns: 3) { ($0 + 1) % 3 == $1 ? 1.0 : 0 }
    let eigen = try pool.eigen(a)
    let values = Array(eigen.eigenvalues)
    let real = try #require(values.firstIndex { $0.imaginary == 0 })
    #expect(abs(values[real].real - 1) < 1e-14)
    let pair = values.indices.filter { $0 != real }
    #expect(pair[1] == pair[0] + 1)
    #expect(values[pair[0]].imaginary > 0 && values[pair[1]] == values[pair[0]].conjugate)
    #expect(abs(values[pair[0]].real + 0.5) < 1e-14)
    #expect(abs(values[pair[0]].imaginary - 0.75.squareRoot()) < 1e-14)
    let v = Reference(eigen.eigenvectors)
    for row in 0..<3 { #expect(v[row, pair[1]] == v[row, pair[0]].conjugate) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a defective matrix has parallel vectors`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let block = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 3.0 : $0 < $1 ? 1 : 0 }
    let eigen = try pool.eigen(block)
    #expect(Array(eigen.eigenvalues) == [ComplexElement(3, 0), ComplexElement(3, 0)])
    let v = Reference(eigen.eigenvectors)
    #expect(v[0, 0].modulus == 1 && abs(v[0, 1].modulus - 1) < 1e-15)
    #expect(v[1, 0].modulus == 0 && v[1, 1].modulus < 1e-15)
    // Schur's decomposition does not mind.
    let schur = try pool.schur(block)
    #expect(Reference(try schur.reconstruct()) == Reference(block))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses what does not fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let wide = try pool.matrix(repeating: Float(1), rows: 2, columns: 3)
    #expect(
      throws: LinearAlgebraError.notSquare(operation: "eigen (geev)", rows: 2, columns: 3)
    ) { try pool.eigen(wide) }
    #expect(throws: LinearAlgebraError.notSquare(operation: "schur", rows: 2, columns: 3)) {
      try pool.schur(wide)
    }
    #expect(
      throws: LinearAlgebraError.notSquare(operation: "matrixExponential", rows: 2, columns: 3)
    ) { try pool.matrixExponential(wide) }
    var bad = Reference<Double>(rows: 6, columns: 6, seed: 1)
    bad[4, 5] = .infinity
    let shared = try bad.shared(on: pool, .columns)
    let error = LinearAlgebraError.notFinite(row: 4, column: 5)
    #expect(throws: error) { try pool.eigen(shared) }
    #expect(throws: error) { try pool.eigenvalues(shared) }
    #expect(throws: error) { try pool.schur(shared) }
    #expect(throws: error) { try pool.matrixExponential(shared) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has the same bits with any number of workers`(_ kind: TestedExecutor) throws {
    let a = Reference<Double>(rows: 60, columns: 60, seed: testSeed())
    var first: [[String]]?
    for workers in [1, 2, 3, 7] {
      let pool = try kind.make(workers)
      let shared = try a.shared(on: pool, .gaps)
      let schur = try pool.schur(shared)
      let found = [
        bits(try pool.eigen(shared).eigenvectors), bits(schur.t), bits(schur.q),
        bits(try pool.matrixExponential(shared)),
      ]
      #expect(found == first ?? found, "\(workers) workers")
      first = found
      pool.shutdown()
    }
  }
}

@Suite struct `A Schur decomposition` {
  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix`(_ kind: TestedExecutor) throws {
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      try forEachMatrix(of: type, seed: testSeed(), on: kind.shared) { a, shared in
        guard kind.takes(size: a.rows) else { return }
        let schur = try kind.shared.schur(shared)
        let n = a.rows
        let product = Reference(try schur.reconstruct())
        #expect(ratio(product - a, to: a.norm, count: n) < 30, "n = \(n)")
        expectOrthonormal(Reference(schur.q), "Q, n = \(n)")
        let t = Reference(schur.t)
        for i in 0..<n {
          for j in 0..<i where j < i - 1 || Element.isComplex { #expect(t[i, j] == 0) }
        }
        let values = Array(schur.eigenvalues)
        var index = 0
        while index < n {
          if index + 1 < n, t[index + 1, index] != 0 {
            // A block of a conjugate pair: equal diagonal elements, others of different sign.
            #expect(t[index, index] == t[index + 1, index + 1])
            #expect(values[index + 1] == values[index].conjugate)
            index += 2
          } else {
            #expect(values[index] == t[index, index].asComplex)
            index += 1
          }
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `and eigenvalues are there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let a = try pool.identityMatrix(of: Double.self, size: 3)
    #expect(Reference(try await pool.schur(a).reconstruct()) == Reference(a))
    let ones = [ComplexElement<Double>](repeating: 1, count: 3)
    #expect(Array(try await pool.eigenvalues(a)) == ones)
    #expect(Array(try await pool.eigen(a, leftVectors: true).eigenvalues) == ones)
  }
}
