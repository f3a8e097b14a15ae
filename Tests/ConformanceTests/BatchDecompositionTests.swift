import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// The elements of a row.
private func row<Element>(_ matrix: SharedMatrix<Element>, _ index: Int) -> [Element] {
  (0..<matrix.columns).map { matrix[index, $0] }
}

@Suite(.timeLimit(.minutes(10))) struct `Batches that are decomposed` {
  /// Compares what is found of each with what it has by itself.
  private func check<Element: TestedEigenScalar>(
    _ type: Element.Type, _ rows: Int, _ columns: Int, on pool: any WorkExecutor,
    _ layout: TestedLayout, seed: UInt64
  ) throws {
    let what = "\(type), \(rows) × \(columns), \(layout), seed \(seed)"
    let matrices = randomMatrices(3, rows, columns, seed: seed, of: type)
    let sides = randomMatrices(3, rows, 2, seed: seed &+ 1, of: type)
    let a = try testBatch(matrices, rows: rows, columns: columns, on: pool, layout)
    let b = try testBatch(sides, rows: rows, columns: 2, on: pool, layout)

    let (svd, values) = (try pool.svd(a), try pool.singularValues(a))
    let full = try pool.svd(a, vectors: .full)
    let qr = try pool.qr(a)
    let product = try pool.multiply(qr.q, qr.r)
    let solution = try pool.leastSquares(a, b)
    let other = try pool.leastSquares(a, b, method: .completeOrthogonal)
    for (index, matrix) in matrices.enumerated() {
      let one = try pool.svd(a[index])
      #expect(Array(svd[index].singularValues) == Array(one.singularValues), "\(what)")
      #expect(Reference(svd.u[index]) == Reference(one.u), "\(what)")
      #expect(Reference(svd.vAdjoint[index]) == Reference(one.vAdjoint), "\(what)")
      #expect(
        row(values, index) == Array(try pool.singularValues(a[index])), "\(what)")
      #expect(Reference(full.u[index]) == Reference(try pool.svd(a[index], vectors: .full).u))
      let count = max(rows, columns)
      let rebuilt = Reference(try svd[index].reconstruct()) - matrix
      #expect(ratio(rebuilt, to: matrix.norm, count: count) < 30, "\(what)")

      let factors = try pool.qr(a[index])
      #expect(Reference(qr.q[index]) == Reference(try factors.q()), "\(what)")
      let r = Reference(try factors.r)
      #expect(Reference(qr.r[index]) == r, "\(what)")
      let difference = Reference(product[index]) - matrix
      #expect(ratio(difference, to: matrix.norm, count: count) < 30, "\(what)")

      for (ours, method) in [
        (solution, LeastSquaresMethod.singularValues), (other, .completeOrthogonal),
      ] {
        let theirs = try pool.leastSquares(a[index], b[index], method: method)
        #expect(Reference(ours[index].x) == Reference(theirs.x), "\(what), \(method)")
        #expect(ours[index].rank == theirs.rank, "\(what), \(method)")
        #expect(ours[index].residualNorms == theirs.residualNorms, "\(what), \(method)")
        #expect(
          Array(ours[index].singularValues) == Array(theirs.singularValues), "\(what), \(method)")
      }
    }

    if rows == columns {
      let (general, eigenvalues) = (try pool.eigen(a), try pool.eigenvalues(a))
      for (index, matrix) in matrices.enumerated() {
        let one = try pool.eigen(a[index])
        #expect(Array(general[index].eigenvalues) == Array(one.eigenvalues), "\(what)")
        #expect(Reference(general.eigenvectors[index]) == Reference(one.eigenvectors), "\(what)")
        #expect(row(eigenvalues, index) == Array(try pool.eigenvalues(a[index])), "\(what)")
        let (v, values) = (Reference(one.eigenvectors), Array(general[index].eigenvalues))
        let difference =
          matrix.asComplex * v - Reference(rows: rows, columns: rows) { v[$0, $1] * values[$1] }
        #expect(ratio(difference, to: matrix.norm * v.norm, count: rows) < 30, "\(what)")
      }
    }

    let definite = matrices.map { gramMatrix($0) }
    // Of what is not read nothing is known.
    let lower = definite.map { matrix in
      Reference<Element>(rows: columns, columns: columns) {
        $0 < $1 ? Element(real: .nan) : matrix[$0, $1]
      }
    }
    let c = try testBatch(lower, rows: columns, columns: columns, on: pool, layout)
    let upper = try testBatch(
      lower.map(\.adjoint), rows: columns, columns: columns, on: pool, layout)
    let eigen = try pool.symmetricEigen(c)
    let fromUpper = try pool.symmetricEigen(upper, triangle: .upper)
    let eigenvalues = try pool.symmetricEigenvalues(c)
    let cholesky = try pool.cholesky(c)
    for (index, matrix) in definite.enumerated() {
      let one = try pool.symmetricEigen(c[index])
      #expect(Array(eigen[index].eigenvalues) == Array(one.eigenvalues), "\(what)")
      #expect(Reference(eigen.eigenvectors[index]) == Reference(one.eigenvectors), "\(what)")
      #expect(
        row(eigenvalues, index) == Array(try pool.symmetricEigenvalues(c[index])), "\(what)")
      let rebuilt = Reference(try eigen[index].reconstruct()) - matrix
      #expect(ratio(rebuilt, to: matrix.norm, count: columns) < 30, "\(what)")
      let again = Reference(try fromUpper[index].reconstruct()) - matrix
      #expect(ratio(again, to: matrix.norm, count: columns) < 30, "\(what)")

      let factor = try pool.cholesky(c[index])
      #expect(Reference(cholesky.lower[index]) == Reference(factor.lower), "\(what)")
      #expect(cholesky[index].determinant == factor.determinant, "\(what)")
      let (ours, theirs) = (
        try cholesky[index].reciprocalCondition(), try factor.reciprocalCondition()
      )
      #expect(ours == theirs, "\(what)")
      #expect(Reference(try cholesky[index].inverse()) == Reference(try factor.inverse()))
    }
  }

  @Test(arguments: [0, 1, 2, 3, 5, 10, 50])
  func `have the results that each matrix has by itself`(_ n: Int) throws {
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      for (rows, columns, layout) in [
        (n, n, TestedLayout.rows), (n + 3, n, .gaps), (n, n + 2, .columns),
      ] {
        try self.check(type, rows, columns, on: pools[1], layout, seed: seed)
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `have them on every executor`(_ kind: TestedExecutor) throws {
    try check(Double.self, 7, 5, on: kind.shared, .gaps, seed: testSeed())
    try check(ComplexElement<Float>.self, 4, 6, on: kind.shared, .columns, seed: testSeed())
  }

  @Test func `can be awaited, and come in the order of the matrices`() async throws {
    let pool = pools[2]
    // More than a chunk: diagonal matrices whose values say which they are.
    let a = try pool.matrixBatch(count: 500, rows: 3, columns: 3) { index, row, column in
      row == column ? Double(1 + index + row) : 0
    }
    let eigenvalues = try await pool.symmetricEigenvalues(a)
    let eigen = try await pool.symmetricEigen(a)
    let (general, values) = (try await pool.eigen(a), try await pool.eigenvalues(a))
    let singularValues = try await pool.singularValues(a)
    let svd = try await pool.svd(a)
    let cholesky = try await pool.cholesky(a)
    let qr = try await pool.qr(a)
    let b = try pool.matrixBatch(count: 500, rows: 3, columns: 1) { _, _, _ in 1.0 }
    let solution = try await pool.leastSquares(a, b)
    #expect(eigen.count == 500 && svd.count == 500 && cholesky.count == 500 && qr.count == 500)
    #expect(solution.count == 500)
    let bound = 1e-11
    for index in 0..<500 {
      for row in 0..<3 {
        let value = Double(1 + index + row)
        #expect(abs(eigenvalues[index, row] - value) < bound)
        #expect(abs(eigen.eigenvalues[index, row] - value) < bound)
        #expect(abs(general.eigenvalues[index, row].real - value) < bound)
        #expect(abs(values[index, row].real - value) < bound)
        #expect(abs(singularValues[index, 2 - row] - value) < bound)
        #expect(abs(svd.singularValues[index, 2 - row] - value) < bound)
        #expect(abs(cholesky.lower[index][row, row] - value.squareRoot()) < bound)
        #expect(abs(abs(qr.r[index][row, row]) - value) < bound)
        #expect(abs(solution.x[index][row, 0] * value - 1) < bound)
      }
      #expect(solution.ranks[index] == 3)
    }
  }

  @Test func `name the first matrix with NaN, or spoil its results alone`() throws {
    let pool = pools[1]
    let seed = testSeed()
    func check<Element: TestedEigenScalar>(_ type: Element.Type) throws {
      let definite = randomMatrices(40, 4, 4, seed: seed, of: type).map { gramMatrix($0) }
      let sides = randomMatrices(40, 4, 2, seed: seed, of: type)
      let a = try testBatch(definite, rows: 4, columns: 4, on: pool)
      let b = try testBatch(sides, rows: 4, columns: 2, on: pool)
      let (eigen, svd, cholesky, qr, solution) = (
        try pool.symmetricEigen(a), try pool.svd(a), try pool.cholesky(a), try pool.qr(a),
        try pool.leastSquares(a, b)
      )
      a[31][2, 1] = Element(real: .infinity)
      a[17][3, 0] = Element(real: .nan)
      let error = LinearAlgebraError.notFiniteInBatch(index: 17, operand: .a, row: 3, column: 0)
      #expect(throws: error) { try pool.symmetricEigen(a) }
      #expect(throws: error) { try pool.symmetricEigenvalues(a) }
      #expect(throws: error) { try pool.eigen(a) }
      #expect(throws: error) { try pool.eigenvalues(a) }
      #expect(throws: error) { try pool.svd(a) }
      #expect(throws: error) { try pool.singularValues(a) }
      #expect(throws: error) { try pool.cholesky(a) }
      #expect(throws: error) { try pool.qr(a) }
      #expect(throws: error) { try pool.leastSquares(a, b) }
      // What is not read may be anything.
      #expect(throws: Never.self) { try pool.symmetricEigen(a, triangle: .upper) }

      let spoilt = (
        eigen: try pool.symmetricEigen(a, checkingFinite: false),
        svd: try pool.svd(a, checkingFinite: false),
        cholesky: try pool.cholesky(a, checkingFinite: false),
        qr: try pool.qr(a, checkingFinite: false),
        solution: try pool.leastSquares(a, b, checkingFinite: false)
      )
      let general = (
        try pool.eigen(a, checkingFinite: false), try pool.eigenvalues(a, checkingFinite: false)
      )
      for index in 0..<40 {
        #expect(general.0.eigenvectors[index][1, 2].realPart.isNaN == (index == 17 || index == 31))
        #expect(general.1[index, 2].realPart.isNaN == (index == 17 || index == 31))
        let pairs = [
          (spoilt.eigen.eigenvectors[index], eigen.eigenvectors[index]),
          (spoilt.svd.u[index], svd.u[index]), (spoilt.svd.vAdjoint[index], svd.vAdjoint[index]),
          (spoilt.cholesky.lower[index], cholesky.lower[index]),
          (spoilt.qr.q[index], qr.q[index]), (spoilt.qr.r[index], qr.r[index]),
          (spoilt.solution.x[index], solution.x[index]),
        ].map { (Reference($0), Reference($1)) }
        let isSpoilt = index == 17 || index == 31
        for (found, expected) in pairs {
          if isSpoilt {
            #expect(found.elements.allSatisfy { $0.realPart.isNaN }, "\(type), matrix \(index)")
          } else {
            #expect(found == expected, "\(type), matrix \(index)")
          }
        }
        #expect(spoilt.eigen.eigenvalues[index, 0].isNaN == isSpoilt)
        #expect(spoilt.svd.singularValues[index, 3].isNaN == isSpoilt)
        #expect(spoilt.solution.residualNorms[index, 1].isNaN == isSpoilt)
        #expect(spoilt.solution.ranks[index] == (isSpoilt ? 0 : 4))
      }
      b[5][1, 1] = Element(real: .nan)
      #expect(
        throws: LinearAlgebraError.notFiniteInBatch(index: 5, operand: .b, row: 1, column: 1)
      ) { try pool.leastSquares(a, b) }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test func `name the first that is not positive definite, or mark it`() throws {
    let pool = pools[2]
    let seed = testSeed()
    let definite = randomMatrices(300, 6, 6, seed: seed, of: Double.self).map { gramMatrix($0) }
    let a = try testBatch(definite, rows: 6, columns: 6, on: pool)
    let expected = try pool.cholesky(a)
    a[211][3, 3] = -1
    a[299][0, 0] = 0
    let error = #expect(
      throws: LinearAlgebraError.notPositiveDefiniteInBatch(index: 211, column: 3)
    ) { try pool.cholesky(a) }
    #expect("\(error!)".hasPrefix("matrix 211 of the batch is not positive definite"))
    let marked = try pool.cholesky(a, singular: .fillWithNaN)
    for index in 0..<300 {
      let found = Reference(marked.lower[index])
      if index == 211 || index == 299 {
        #expect(found.elements.allSatisfy { $0.isNaN }, "matrix \(index)")
      } else {
        #expect(found == Reference(expected.lower[index]), "matrix \(index)")
      }
    }
  }

  @Test func `have ranks, and may be singular`() throws {
    let pool = pools[1]
    // The sum of as many products as the number of the matrix says.
    let seed = testSeed()
    let matrices = (0..<4).map { rank in
      Reference<Double>(rows: 6, columns: rank, seed: seed)
        * Reference<Double>(rows: rank, columns: 5, seed: seed &+ 1)
    }
    let a = try testBatch(matrices, rows: 6, columns: 5, on: pool)
    let b = try testBatch(
      randomMatrices(4, 6, 1, seed: seed, of: Double.self), rows: 6, columns: 1, on: pool)
    for method in [LeastSquaresMethod.singularValues, .completeOrthogonal] {
      #expect(Array(try pool.leastSquares(a, b, method: method).ranks) == [0, 1, 2, 3], "\(seed)")
    }
    let svd = try pool.svd(a)
    #expect((0..<4).map { svd[$0].rank() } == [0, 1, 2, 3], "seed \(seed)")
    #expect(try pool.leastSquares(a, b, tolerance: 0.999).ranks[3] == 1)
    // An eigenvalue of 0 has no inverse, and says which.
    let zeros = try pool.matrixBatch(count: 2, rows: 2, columns: 2) { _, _, _ in 0.0 }
    #expect(throws: LinearAlgebraError.zeroEigenvalue(index: 0)) {
      try pool.symmetricEigen(zeros)[1].inverse()
    }
  }

  @Test func `may be empty, and the same matrix each time`() throws {
    let pool = pools[3]
    let none = try pool.matrixBatch(count: 0, rows: 3, columns: 3) { _, _, _ in Double.nan }
    #expect(try pool.symmetricEigen(none).count == 0)
    #expect(try pool.symmetricEigenvalues(none).rows == 0)
    #expect(try pool.eigen(none).count == 0)
    #expect(try pool.svd(none).count == 0)
    #expect(try pool.cholesky(none).count == 0)
    #expect(try pool.qr(none).r.columns == 3)
    #expect(try pool.leastSquares(none, none).count == 0)
    let one = try pool.matrix(rows: 2, columns: 2) { $0 == $1 ? 2.0 : 1 }
    let same = SharedMatrixBatch(repeating: one, count: 50)
    let values = try pool.symmetricEigenvalues(same)
    for index in 0..<50 {
      #expect(abs(values[index, 0] - 1) < 1e-15 && abs(values[index, 1] - 3) < 2e-15)
    }
  }

  @Test func `are refused when shapes do not fit`() throws {
    let pool = pools[1]
    let a = try pool.matrixBatch(count: 4, rows: 3, columns: 2) { _, _, _ in 1.0 }
    #expect(
      throws: LinearAlgebraError.notSquare(operation: "cholesky", rows: 3, columns: 2)
    ) { try pool.startCholesky(a) }
    #expect(throws: LinearAlgebraError.self) { try pool.startSymmetricEigen(a) }
    #expect(throws: LinearAlgebraError.self) { try pool.startEigen(a) }
    #expect(throws: LinearAlgebraError.self) { try pool.startSymmetricEigenvalues(a) }
    #expect(throws: LinearAlgebraError.self) { try pool.startLeastSquares(a, a.transposed) }
    #expect(throws: KernelError.self) { try pool.startLeastSquares(a, a[0..<3]) }
    #expect(throws: PoolError.self) { try pool.startLeastSquares(a, a, tolerance: -1) }
  }

  @Test func `take as many chunks as is explained`() throws {
    let pool = try ProcessPool(workers: 2)
    defer { pool.shutdown() }
    let a = try pool.matrixBatch(count: 300, rows: 20, columns: 20) { index, row, column in
      row == column ? 50.0 : Double((index + row * column) % 7)
    }
    func check(_ operation: BatchOperation, _ body: () throws -> Void) throws {
      let plan = pool.explain(.batch(operation, count: 300), of: Double.self)
      guard case .chunks(let chunks, _) = plan.way, chunks > 1 else {
        Issue.record("\(plan)")
        return
      }
      #expect(try chunkCount(on: pool, body) == chunks, "\(plan)")
    }
    try check(.cholesky(order: 20)) { _ = try pool.cholesky(a) }
    try check(.qr(rows: 20, columns: 20)) { _ = try pool.qr(a) }
    try check(.leastSquares(rows: 20, columns: 20, rightSides: 20)) {
      _ = try pool.leastSquares(a, a)
    }
    try check(.svd(rows: 20, columns: 20)) { _ = try pool.svd(a) }
    try check(.symmetricEigen(order: 20)) { _ = try pool.symmetricEigen(a) }
  }
}
