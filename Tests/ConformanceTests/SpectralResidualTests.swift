import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

// Singular values and eigenvalues of LAPACK's own matrix types, in the measures of its own test programs. The types
// are those of dchkbd (ddrvbd), dchkst (ddrvst, ddrvsg) and ddrvev.

/// Zero, identity, and diagonals and full matrices of values that are spread in several ways.
private func spectralTypes(_ precision: Precision) -> [MatrixType] {
  let condition = 1 / precision.ulp
  let spreads: [(String, Spread)] = [
    ("evenly", .arithmetic), ("geometrically", .geometric), ("clustered", .oneLarge),
  ]
  let scales = [
    ("", 1), (", large", precision.rootLarge), (", small", precision.rootSmall),
  ]
  return [
    MatrixType(description: "zero", structure: .zero),
    MatrixType(description: "identity", structure: .identity),
  ]
    + spreads.map {
      MatrixType(
        description: "diagonal, \($0)", structure: .diagonal, spread: $1, condition: condition)
    }
    + scales.dropFirst().map {
      MatrixType(
        description: "diagonal, geometrically\($0)", structure: .diagonal, condition: condition,
        norm: $1)
    }
    + spreads.map {
      MatrixType(description: "full, \($0)", structure: .full, spread: $1, condition: condition)
    }
    + scales.dropFirst().map {
      MatrixType(
        description: "full, evenly\($0)", structure: .full, spread: .arithmetic,
        condition: condition, norm: $1)
    }
    + scales.map { MatrixType(description: "random\($0)", structure: .random, norm: $1) }
}

/// Of matrices that are not symmetric (ddrvev), and full ones of given singular values, which DLATMS makes.
private func generalEigenTypes(_ precision: Precision) -> [MatrixType] {
  let condition = 1 / precision.ulp
  let all = spectralTypes(precision)
  let spreads: [(String, Spread)] = [
    ("evenly", .arithmetic), ("geometrically", .geometric), ("clustered", .oneLarge),
  ]
  return all[..<2] + [MatrixType(description: "Jordan block", structure: .jordan)] + all[2..<7]
    + spreads.map {
      MatrixType(
        description: "U·T·Uᴴ, \($0)", structure: .similar(condition: 1), spread: $1,
        condition: condition)
    }
    + spreads.map {
      MatrixType(
        description: "X·T·X⁻¹, \($0)",
        structure: .similar(condition: condition.squareRoot()), spread: $1, condition: condition)
    }
    + [
      MatrixType(
        description: "X·T·X⁻¹, large", structure: .similar(condition: condition.squareRoot()),
        spread: .arithmetic, condition: condition, norm: precision.rootLarge),
      MatrixType(
        description: "X·T·X⁻¹, small", structure: .similar(condition: condition.squareRoot()),
        spread: .arithmetic, condition: condition, norm: precision.rootSmall),
    ] + all[7...]
}

extension `Residuals over LAPACK's matrix types` {
  @Test(arguments: MatrixSource.available)
  func `of singular value decompositions are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool)
      throws
    {
      let types = spectralTypes(Element.precision)
      let bidiagonal = MatrixType(
        description: "bidiagonal", structure: .bidiagonal, condition: 1 / Element.precision.ulp)
      try forEachMatrix(
        of: all ? types + [bidiagonal] : [types[7]], Element.self, source, sizes: sizes,
        isSquare: !all, seed: seed
      ) { a, made, _, what in
        let svd = try onAllPools([a], what) { pool, inputs, digest in
          let svd = try pool.svd(inputs[0])
          digest.add(svd.u)
          digest.add(svd.singularValues)
          digest.add(svd.vAdjoint)
          return svd
        }
        let (u, vAdjoint) = (DenseMatrix(svd.u), DenseMatrix(svd.vAdjoint))
        let values = Array(svd.singularValues)
        let scaled = u * DenseMatrix(diagonal: values.map { Element(real: $0) })
        ratios.expect("A", a.ratio(ofProduct: scaled, vAdjoint), what)
        ratios.expect("U", u.orthogonalityRatio, what)
        var v = DenseMatrix<Element>(rows: a.columns, columns: values.count)
        v.add(1, vAdjoint, .adjoint, .identity(values.count))
        ratios.expect("V", v.orthogonalityRatio, what)
        #expect(values == values.sorted(by: >) && values.allSatisfy { $0 >= 0 }, "\(what)")
        let alone = Array(try pools[1].singularValues(try a.shared(on: pools[1])))
        ratios.expect(
          "σ alone", DenseMatrix<Element>.ratio(ofValues: alone, values.map { Double($0) }), what)
        if a.rows * a.columns <= 2500 {
          let full = try pools[2].svd(try a.shared(on: pools[2], .rows), vectors: .full)
          let (u, vAdjoint) = (DenseMatrix(full.u), DenseMatrix(full.vAdjoint))
          ratios.expect("U of m × m", u.orthogonalityRatio, what)
          ratios.expect("V of n × n", vAdjoint.transposed.orthogonalityRatio, what)
          #expect(u.columns == a.rows && vAdjoint.rows == a.columns, "\(what)")
          ratios.expect("full", try full.residual(of: a.shared(on: pools[2])).residual, what)
        }
        if let expected = made.values {
          ratios.expect("σ", DenseMatrix<Element>.ratio(ofValues: values, expected), what)
        }
      }
    }
    try forEachScalar(source) { try check($0, sizes: $1, all: $2) }
    ratios.report("singular values, \(source)")
  }

  @Test(arguments: MatrixSource.available)
  func `of symmetric eigendecompositions are small, of pairs too`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedScalar>(_: Element.Type, sizes: [Int]?, all: Bool)
      throws
    {
      let types = spectralTypes(Element.precision)
      let definite = MatrixType(description: "B", structure: .full, condition: 10)
      try forEachMatrix(
        of: all ? types : [types[7]], Element.self, source, sizes: sizes, isHermitian: true,
        isIndefinite: true, seed: seed
      ) { a, _, _, what in
        let eigen = try onAllPools([a], what) { pool, inputs, digest in
          let eigen = try pool.symmetricEigen(inputs[0])
          digest.add(eigen.eigenvalues)
          digest.add(eigen.eigenvectors)
          return eigen
        }
        let v = DenseMatrix(eigen.eigenvectors)
        let values = Array(eigen.eigenvalues)
        let lambda = DenseMatrix(diagonal: values.map { Element(real: $0) })
        ratios.expect("A", a.ratio(ofProduct: v * lambda, v, .adjoint), what)
        ratios.expect("V", v.orthogonalityRatio, what)
        #expect(values == values.sorted(), "\(what)")
        let alone = Array(try pools[1].symmetricEigenvalues(try a.shared(on: pools[1])))
        let size = values.map { Double($0.magnitude) }.max() ?? 0
        let distance = zip(alone, values).map { Double(($0 - $1).magnitude) }.max() ?? 0
        ratios.expect("λ alone", Element.ratio(distance, to: [size], count: a.rows), what)

        let b = try DenseMatrix<Element>(
          MadeMatrix(
            definite, rows: a.rows, columns: a.rows, isComplex: Element.isComplex,
            isHermitian: true, source: source, seed: seed), .full, source)
        let pair = try onAllPools([a, b], what) { pool, inputs, digest in
          let pair = try pool.symmetricEigen(inputs[0], inputs[1], triangle: .upper)
          digest.add(pair.eigenvalues)
          digest.add(pair.eigenvectors)
          return pair
        }
        // ‖A·Z - B·Z·Λ‖ / (n·‖A‖·‖Z‖·ε) (dsgt01).
        let z = DenseMatrix(pair.eigenvectors)
        var difference = a * z
        let pairLambda = Array(pair.eigenvalues).map { Element(real: $0) }
        difference.add(-1, b, z * DenseMatrix(diagonal: pairLambda))
        ratios.expect(
          "pairs", Element.ratio(difference.norm, to: [a.norm, z.norm], count: a.rows), what)
        let product = b * z
        var rest = DenseMatrix<Element>.identity(a.rows)
        rest.add(-1, z, .adjoint, product)
        ratios.expect(
          "Zᴴ·B·Z", Element.ratio(rest.norm, to: [z.norm, product.norm], count: a.rows), what)
      }
    }
    try forEachScalar(source) { try check($0, sizes: $1, all: $2) }
    ratios.report("symmetric eigenvalues, \(source)")
  }

  @Test(arguments: MatrixSource.available)
  func `of eigendecompositions and Schur decompositions are small`(_ source: MatrixSource) throws {
    let seed = testSeed()
    let ratios = Ratios()
    func check<Element: TestedEigenScalar>(
      _: Element.Type, sizes: [Int]?, all: Bool
    ) throws {
      let types = generalEigenTypes(Element.precision)
      try forEachMatrix(
        of: all ? types : [types[8]], Element.self, source, sizes: sizes, seed: seed
      ) { a, _, _, what in
        let (eigen, schur) = try onAllPools([a], what) { pool, inputs, digest in
          let eigen = try pool.eigen(inputs[0], leftVectors: true)
          let schur = try pool.schur(inputs[0])
          digest.add(eigen.eigenvalues)
          digest.add(eigen.eigenvectors)
          if let left = eigen.leftEigenvectors { digest.add(left) }
          digest.add(schur.t)
          digest.add(schur.q)
          return (eigen, schur)
        }
        // ‖A·V - V·Λ‖ / (‖A‖·‖V‖·ε), and the same of Aᴴ (dget22).
        let (matrix, values) = (a.asComplex, Array(eigen.eigenvalues))
        func ratio(_ vectors: SharedMatrix<Element.ComplexNumber>, _ form: MatrixForm) -> Double {
          let v = DenseMatrix(vectors)
          let lambda = DenseMatrix(
            diagonal: form == .plain ? values : values.map(\.conjugate))
          var difference = DenseMatrix<Element.ComplexNumber>(rows: a.rows, columns: a.rows)
          difference.add(1, matrix, form, v)
          difference.add(-1, v, lambda)
          let scale = a.norm(form == .plain ? .one : .infinity)
          return Element.ratio(difference.norm, to: [scale, v.norm])
        }
        ratios.expect("right", ratio(eigen.eigenvectors, .plain), what)
        ratios.expect("left", ratio(try #require(eigen.leftEigenvectors), .adjoint), what)
        let q = DenseMatrix(schur.q)
        ratios.expect("Schur", a.ratio(ofProduct: q * DenseMatrix(schur.t), q, .adjoint), what)
        ratios.expect("Q", q.orthogonalityRatio, what)
      }
    }
    for scalar in testedScalars.compactMap({ $0 as? any TestedEigenScalar.Type }) {
      try check(scalar, sizes: nil, all: true)
      guard source == .own || isExhaustive else { continue }
      try check(scalar, sizes: largeSizes(of: scalar), all: isExhaustive)
    }
    ratios.report("eigenvalues and Schur, \(source)")
  }
}
