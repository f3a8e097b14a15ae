import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// One of the matrices of a batch.
private struct Member<Element: TestedScalar> {
  let matrix: DenseMatrix<Element>
  let type: MatrixType
  let what: String
}

/// The bits of some results.
private func bits(_ body: (inout BitDigest) throws -> Void) rethrows -> BitDigest {
  var digest = BitDigest()
  try body(&digest)
  return digest
}

/// Matrices of one shape as a batch.
private func batch<Element: TestedScalar>(
  _ matrices: [DenseMatrix<Element>], on pool: some WorkExecutor
) throws -> SharedMatrixBatch<Element> {
  let (rows, columns) = (matrices[0].rows, matrices[0].columns)
  return try pool.matrixBatch(count: matrices.count, rows: rows, columns: columns) {
    matrices[$0].elements[$1 + $2 * rows]
  }
}

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of batches are small, and each matrix has the bits that it has by itself`(
    _ source: MatrixSource
  ) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedEigenScalar>(_: Element.Type) throws {
      let types = generalTypes(Element.precision) + rankTypes(Element.precision)
      for isHermitian in [false, true] {
        // Every type of a shape in one batch, so that hard ones stand beside easy ones.
        var groups: [[Int]: [Member<Element>]] = [:]
        try forEachMatrix(
          of: types, Element.self, source, sizes: [1, 2, 5, 33], isHermitian: isHermitian,
          isIndefinite: isHermitian, isSquare: isHermitian, seed: seed
        ) { a, _, type, what in
          groups[[a.rows, a.columns], default: []].append(
            Member(matrix: a, type: type, what: "\(what), seed \(seed)"))
        }
        for group in groups.values {
          if isHermitian {
            try checkHermitian(group, ratios)
          } else {
            try checkGeneral(group, ratios, seed: seed)
          }
        }
      }
      // Eigenvalues above 0, none of which rounding makes negative.
      let definite = types.filter { type in
        guard case .full = type.structure else { return false }
        return type.condition <= Element.precision.badCondition
      }
      for size in [1, 2, 5, 33] {
        var group: [Member<Element>] = []
        try forEachMatrix(
          of: definite, Element.self, source, sizes: [size], isHermitian: true, seed: seed
        ) { a, _, type, what in group.append(Member(matrix: a, type: type, what: what)) }
        try checkDefinite(group, ratios)
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
    ratios.report("batches, \(source)")
  }

  private func checkGeneral<Element: TestedEigenScalar>(
    _ group: [Member<Element>], _ ratios: Ratios, seed: UInt64
  ) throws {
    let pool = pools[2]
    let a = try batch(group.map(\.matrix), on: pool)
    let sides = try DenseMatrix<Element>.random(rows: a.rows, columns: 2, seed: seed)
    let side = try sides.shared(on: pool)
    let b = SharedMatrixBatch(repeating: side, count: a.count)
    let (svd, qr) = (try pool.svd(a), try pool.qr(a))
    let methods = [LeastSquaresMethod.singularValues, .completeOrthogonal]
    let solutions = try methods.map { try pool.leastSquares(a, b, method: $0) }
    let eigen = a.rows == a.columns ? try pool.eigen(a) : nil
    for (index, member) in group.enumerated() {
      let what = member.what
      let one = try member.matrix.shared(on: pool, .gaps)
      func add(_ svd: SingularValueDecomposition<Element>, to digest: inout BitDigest) {
        digest.add(svd.u)
        digest.add(svd.singularValues)
        digest.add(svd.vAdjoint)
      }
      let single = try pool.svd(one)
      #expect(bits { add(svd[index], to: &$0) } == bits { add(single, to: &$0) }, "\(what)")
      let check = try svd[index].residual(of: one)
      ratios.expect("SVD", max(check.residual, check.orthogonality), what)

      let factors = try pool.qr(one)
      let (q, r) = (try factors.q(), try factors.r)
      let isSameQR =
        bits { $0.add(qr.q[index]) } == bits { $0.add(q) }
        && bits { $0.add(qr.r[index]) } == bits { $0.add(r) }
      #expect(isSameQR, "\(what)")
      let thinQ = DenseMatrix(qr.q[index])
      ratios.expect(
        "QR", member.matrix.ratio(ofProduct: thinQ, DenseMatrix(qr.r[index]), count: a.rows), what)
      ratios.expect("Q", thinQ.orthogonalityRatio, what)

      for (method, solution) in zip(methods, solutions) {
        let single = try pool.leastSquares(one, side, method: method)
        let found = solution[index]
        let isSame =
          bits { $0.add(found.x) } == bits { $0.add(single.x) } && found.rank == single.rank
          && bits { $0.add(found.singularValues) } == bits { $0.add(single.singularValues) }
          && "\(found.residualNorms)" == "\(single.residualNorms)"
        #expect(isSame, "\(method), \(what)")
        // Right sides of another magnitude than A's make residuals that no number of its type is.
        guard member.type.norm == 1 else { continue }
        let check = try pool.residual(of: found.x, fitting: one, side, rank: found.rank)
        ratios.expect("least squares, \(method)", check.ratio, what)
      }

      guard let eigen else { continue }
      let general = try pool.eigen(one)
      let isSameEigen =
        bits { $0.add(eigen[index].eigenvalues) } == bits { $0.add(general.eigenvalues) }
        && bits { $0.add(eigen.eigenvectors[index]) } == bits { $0.add(general.eigenvectors) }
      #expect(isSameEigen, "\(what)")
      ratios.expect("eigen", try eigen[index].residual(of: one).residual, what)
    }
  }

  private func checkHermitian<Element: TestedEigenScalar>(
    _ group: [Member<Element>], _ ratios: Ratios
  ) throws {
    let pool = pools[2]
    let a = try batch(group.map(\.matrix), on: pool)
    for triangle in [MatrixTriangle.lower, .upper] {
      let eigen = try pool.symmetricEigen(a, triangle: triangle)
      for (index, member) in group.enumerated() {
        let one = try member.matrix.shared(on: pool, .gaps)
        let single = try pool.symmetricEigen(one, triangle: triangle)
        let isSame =
          bits { $0.add(eigen[index].eigenvalues) } == bits { $0.add(single.eigenvalues) }
          && bits { $0.add(eigen[index].eigenvectors) } == bits { $0.add(single.eigenvectors) }
        #expect(isSame, "\(triangle), \(member.what)")
        let check = try eigen[index].residual(of: one)
        ratios.expect(
          "symmetric eigen", max(check.residual, check.orthogonality), member.what)
      }
    }
  }

  private func checkDefinite<Element: TestedEigenScalar>(
    _ group: [Member<Element>], _ ratios: Ratios
  ) throws {
    let pool = pools[2]
    let cholesky = try pool.cholesky(try batch(group.map(\.matrix), on: pool))
    for (index, member) in group.enumerated() {
      let one = try member.matrix.shared(on: pool, .gaps)
      let single = try pool.cholesky(one)
      let isSame = bits { $0.add(cholesky.lower[index]) } == bits { $0.add(single.lower) }
      #expect(isSame, "\(member.what)")
      ratios.expect("Cholesky", try cholesky[index].residual(of: one).residual, member.what)
    }
  }
}
