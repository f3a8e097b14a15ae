import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `A singular value decomposition` {
  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix, and its vectors are orthonormal`(
    _ kind: TestedExecutor
  ) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      try forEachMatrix(of: type, seed: testSeed(), on: kind.shared) { a, shared in
        guard kind.takes(size: a.rows) else { return }
        let svd = try kind.shared.svd(shared)
        let product = Reference(try svd.reconstruct())
        #expect(ratio(product - a, to: a.norm, count: a.rows) < 30, "n = \(a.rows)")
        expectOrthonormal(Reference(svd.u), "U, n = \(a.rows)")
        expectOrthonormal(Reference(svd.vAdjoint).adjoint, "V, n = \(a.rows)")
        let values = Array(svd.singularValues)
        #expect(values == values.sorted(by: >) && values.allSatisfy { $0 >= 0 })
        let alone = Array(try kind.shared.singularValues(shared))
        let tolerance = 30 * Element.epsilon * Double(a.rows) * Double(values.first ?? 0)
        #expect(zip(values, alone).allSatisfy { abs(Double($0) - Double($1)) <= tolerance })
        #expect(alone.count == a.rows)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of more rows than columns, or fewer, has all vectors or as many as values`(
    _ kind: TestedExecutor
  ) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      for (rows, columns) in [(0, 3), (3, 0), (1, 7), (7, 1), (40, 13), (13, 40)] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let shared = try a.shared(on: kind.shared, .gaps)
        for vectors in [SingularVectors.thin, .full] {
          let svd = try kind.shared.svd(shared, vectors: vectors)
          let least = min(rows, columns)
          #expect(svd.u.rows == rows && svd.u.columns == (vectors == .full ? rows : least))
          #expect(
            svd.vAdjoint.columns == columns
              && svd.vAdjoint.rows == (vectors == .full ? columns : least))
          expectOrthonormal(Reference(svd.u), "\(rows) × \(columns)")
          expectOrthonormal(Reference(svd.vAdjoint).adjoint, "\(rows) × \(columns)")
          let product = Reference(try svd.reconstruct())
          #expect(ratio(product - a, to: a.norm, count: max(rows, columns)) < 30)
        }
        let none = try kind.shared.svd(shared, vectors: .none)
        #expect(none.u.columns == 0 && none.vAdjoint.rows == 0 && none.rank() == min(rows, columns))
      }
    }
    try check(Double.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `tells the rank of matrices that lack some`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      for (rows, columns, rank) in [(30, 20, 7), (20, 30, 1), (20, 20, 19), (10, 10, 0)] {
        let a =
          Reference<Element>(rows: rows, columns: rank, seed: seed)
          * Reference<Element>(rows: rank, columns: columns, seed: seed &+ 1)
        let shared = try a.shared(on: pool, .columns)
        #expect(try pool.rank(shared) == rank)
        let svd = try pool.svd(shared)
        // Between the last value that counts, which by chance is small, and those that rounding leaves.
        let values = Array(svd.singularValues).map { Double($0) }
        let tolerance = rank == 0 ? 1e-4 : min(1e-4, values[rank - 1] / values[0] / 2)
        // The four equations of Moore and Penrose, but for the rounding that 1/σ makes larger.
        let inverse = Reference(try svd.pseudoInverse(tolerance: tolerance))
        #expect(inverse == Reference(try pool.pseudoInverse(shared, tolerance: tolerance)))
        let scale = a.norm * inverse.norm
        let count = max(rows, columns)
        #expect(ratio(a * inverse * a - a, to: a.norm * scale, count: count) < 30)
        let second = inverse * a * inverse - inverse
        #expect(ratio(second, to: inverse.norm * scale, count: count) < 30)
        let (left, right) = (a * inverse, inverse * a)
        #expect(ratio(left - left.adjoint, to: scale, count: count) < 30)
        #expect(ratio(right - right.adjoint, to: scale, count: count) < 30)
        // A⁺·B is what solves with least norm.
        let b = Reference<Element>(rows: rows, columns: 3, seed: seed &+ 2)
        let x = Reference(
          try svd.solve(try b.shared(on: pool, .gaps), tolerance: tolerance))
        #expect(ratio(x - inverse * b, to: inverse.norm * b.norm * scale, count: count) < 30)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `gives known conditions and norms`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    // Hilbert's matrix of order 5: J. Todd, The condition of the finite segments of the Hilbert matrix (1954).
    let hilbert = try pool.matrix(rows: 5, columns: 5) { 1 / Double($0 + $1 + 1) }
    #expect(abs(try pool.conditionNumber(hilbert) / 476607.25024100696 - 1) < 1e-9)
    // Singular values 5 and 3.
    let a = try pool.array([3.0, 2, 2, 2, 3, -2]).reshaped(rows: 2, columns: 3)
    #expect(abs(try pool.matrixNorm(a, .spectral) - 5) < 1e-14)
    #expect(abs(try pool.matrixNorm(a, .nuclear) - 8) < 1e-14)
    #expect(abs(try pool.conditionNumber(a) - 5.0 / 3) < 1e-14)
    let zero = try pool.matrix(repeating: Float(0), rows: 3, columns: 2)
    #expect(try pool.rank(zero) == 0 && pool.conditionNumber(zero) == .infinity)
    #expect(Reference(try pool.pseudoInverse(zero)) == Reference(zero.transposed))
    let empty = try pool.matrix(repeating: 0.0, rows: 0, columns: 0)
    #expect(try pool.rank(empty) == 0 && pool.conditionNumber(empty) == 1)
    #expect(try pool.matrixNorm(empty, .spectral) == 0 && pool.matrixNorm(empty, .nuclear) == 0)
    // Squares of these are no numbers.
    let far = try pool.matrix(rows: 2, columns: 2) { $0 != $1 ? 0 : $0 == 0 ? 1e300 : 1e290 }
    let values = Array(try pool.singularValues(far))
    #expect(abs(values[0] / 1e300 - 1) < 1e-15 && abs(values[1] / 1e290 - 1) < 1e-5)
    #expect(try pool.rank(far) == 2 && pool.rank(far, tolerance: 1e-9) == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a matrix with NaN or infinity says where the first is`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ bad: Element) throws {
      for layout in TestedLayout.allCases {
        var a = Reference<Element>(rows: 20, columns: 30, seed: 5)
        a[11, 3] = bad
        a[7, 26] = bad
        let shared = try a.shared(on: kind.shared, layout)
        #expect(throws: LinearAlgebraError.notFinite(row: 7, column: 26)) {
          try kind.shared.svd(shared)
        }
        #expect(throws: LinearAlgebraError.notFinite(row: 7, column: 26)) {
          try kind.shared.rank(shared)
        }
      }
    }
    try check(Double.nan)
    try check(-Float.infinity)
    try check(ComplexElement<Double>(0, .nan))
  }

  @Test func `by the QR algorithm, for when divide and conquer fails, is the same`() throws {
    func check<Element: TestedScalar>(_: Element.Type) throws {
      let seed = testSeed()
      try LAPACK.require()
      for (rows, columns) in [(7, 4), (4, 7), (20, 20)] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let least = min(rows, columns)
        let expected = try TestedExecutor.inProcess.shared.singularValues(
          try a.shared(on: TestedExecutor.inProcess.shared))
        for vectors in [SingularVectors.none, .thin, .full] {
          let shapes = vectors.shapes(rows: rows, columns: columns)
          // Column-major.
          var copy = a.transposed.elements
          var values = [Element.Real](repeating: 0, count: least)
          var u = [Element](repeating: 0, count: shapes.u.extent)
          var vAdjoint = [Element](repeating: 0, count: shapes.vAdjoint.extent)
          do {
            var copySpan = copy.mutableSpan
            var valueSpan = values.mutableSpan
            var uSpan = u.mutableSpan
            var vSpan = vAdjoint.mutableSpan
            try LAPACK.gesvd(
              vectors, &copySpan, ColumnMajorShape(rows: rows, columns: columns),
              values: &valueSpan, u: &uSpan, vAdjoint: &vSpan)
          }
          let tolerance = 30 * Element.epsilon * Double(rows + columns) * Double(expected[0])
          for index in 0..<least {
            #expect(abs(Double(values[index]) - Double(expected[index])) <= tolerance)
          }
          guard vectors != .none else { continue }
          let scaled = Reference<Element>(rows: rows, columns: least) {
            u[$0 + $1 * rows].scaled(by: values[$1])
          }
          let right = Reference<Element>(rows: least, columns: columns) {
            vAdjoint[$0 + $1 * shapes.vAdjoint.leading]
          }
          let difference = scaled * right - a
          #expect(ratio(difference, to: a.norm, count: max(rows, columns)) < 30, "\(vectors)")
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `has the same bits with any number of workers`(_ kind: TestedExecutor) throws {
    let a = Reference<Double>(rows: 90, columns: 70, seed: testSeed())
    var first: [[String]]?
    for workers in [1, 2, 3, 7] {
      let pool = try kind.make(workers)
      let svd = try pool.svd(try a.shared(on: pool, .columns))
      let found = [bits(svd.u), bits(svd.vAdjoint), Array(svd.singularValues).map { "\($0)" }]
      #expect(found == first ?? found, "\(workers) workers")
      first = found
      pool.shutdown()
    }
  }

  @Test func `is there for async functions`() async throws {
    let pool = TestedExecutor.spawn.shared
    let a = try pool.identityMatrix(of: Double.self, size: 3)
    let svd = try await pool.svd(a, vectors: .full)
    #expect(Reference(try await svd.reconstruct()) == Reference(a))
    #expect(Reference(try await svd.pseudoInverse()) == Reference(a))
    #expect(Array(try await svd.solve(try pool.array([1.0, 2, 3]))) == [1, 2, 3])
    #expect(Reference(svd.v) == Reference(svd.vAdjoint.transposed))
    #expect(try await pool.rank(a) == 3)
    #expect(try await pool.conditionNumber(a) == 1)
    #expect(try await pool.matrixNorm(a, .nuclear) == 3)
  }
}

/// Expects QᴴQ = 1 with LAPACK's measure.
func expectOrthonormal<Element: TestedScalar>(
  _ q: Reference<Element>, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let unit = Reference<Element>(rows: q.columns, columns: q.columns) { $0 == $1 ? 1 : 0 }
  #expect(
    ratio(q.adjoint * q - unit, to: 1, count: q.rows) < 30, "\(what)",
    sourceLocation: sourceLocation)
}

extension TestedExecutor {
  /// Whether a test takes matrices of this size on it: of large ones the slow and obvious way takes debug builds long,
  /// and one executor says enough.
  func takes(size: Int) -> Bool { size <= 10 || self == .spawn }
}
