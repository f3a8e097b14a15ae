import Echelon
import EchelonLinearAlgebra
import Glibc
import TestSupport
import Testing

/// Elements at the very end of readable memory, as those of the last matrix of an arena are. They stay allocated.
/// - Parameter past: how many elements behind them may be read.
private func guarded<Element: TestedScalar>(
  _: Element.Type, count: Int, past: Int, _ random: inout TestRandom
) -> UnsafeMutableBufferPointer<Element> {
  let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  let byteCount = (count + past) * MemoryLayout<Element>.stride
  let length = (byteCount + page - 1) / page * page
  let base = unsafe mmap(
    nil, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let base = unsafe base, unsafe base != MAP_FAILED,
    unsafe mprotect(base + length, page, PROT_NONE) == 0
  else { fatalError("no guarded memory") }
  let elements = unsafe UnsafeMutableBufferPointer(
    start: (base + length - byteCount).assumingMemoryBound(to: Element.self), count: count)
  for index in 0..<count { unsafe elements[index] = .random(&random) }
  return unsafe elements
}

private func guarded<Element: TestedScalar>(
  _ shape: ColumnMajorShape, _ random: inout TestRandom
) -> UnsafeMutableBufferPointer<Element> {
  let count = shape.leading * shape.columns
  return unsafe guarded(
    Element.self, count: count, past: shape.storageCount(of: Element.self) - count, &random)
}

/// Routines of LAPACK on matrices behind which nothing can be read.
@Suite struct `A matrix at the end of memory` {
  /// OpenBLAS's kernels of this processor, and its oldest; another BLAS does not ask.
  @Test(arguments: [nil, "Prescott"] as [String?])
  func `is as much as its routines read`(_ coreType: String?) async {
    await #expect(processExitsWith: .success) {
      [seed = testSeed() as UInt64, coreType = coreType as String?] in
      if let coreType { setenv("OPENBLAS_CORETYPE", coreType, 1) }
      try LAPACK.require()
      for scalar in testedScalars {
        var random = TestRandom(seed: seed)
        for size in sizes([3, 18, 50], inRelease: [1, 2, 91]) {
          try decompose(scalar, rows: size, columns: size, &random)
          try decompose(scalar, rows: size, columns: size + 7, &random)
          try decompose(scalar, rows: size + 31, columns: size, &random)
        }
      }
    }
  }

  @Test func `and a vector are multiplied`() async {
    await #expect(processExitsWith: .success) { [seed = testSeed() as UInt64] in
      try LAPACK.require()
      for scalar in testedScalars {
        var random = TestRandom(seed: seed)
        for size in 1...40 { multiply(scalar, rows: size, columns: 41 - size, &random) }
      }
    }
  }
}

/// Calls what ends in kernels that multiply by a row of the matrix.
private func decompose<Element: TestedScalar>(
  _: Element.Type, rows: Int, columns: Int, _ random: inout TestRandom
) throws {
  let shape = ColumnMajorShape(rows: rows, columns: columns)
  let tall = ColumnMajorShape(rows: max(rows, columns), columns: 2)
  let shapes = LAPACK.SingularVectors.full.shapes(rows: rows, columns: columns)
  func memory(_ shape: ColumnMajorShape) -> UnsafeMutableBufferPointer<Element> {
    unsafe guarded(shape, &random)
  }
  func values(_ count: Int) -> [Element.Real] { [Element.Real](repeating: 0, count: count) }

  for isByIteration in [false, true] {
    var a = unsafe memory(shape).mutableSpan
    var u = unsafe memory(shapes.u).mutableSpan
    var v = unsafe memory(shapes.vAdjoint).mutableSpan
    var array = values(min(rows, columns))
    var singular = array.mutableSpan
    if isByIteration {
      try LAPACK.gesvd(.full, &a, shape, values: &singular, u: &u, vAdjoint: &v)
    } else {
      _ = try LAPACK.gesdd(.full, &a, shape, values: &singular, u: &u, vAdjoint: &v)
    }
  }
  do {
    var a = unsafe memory(shape).mutableSpan
    var b = unsafe memory(tall).mutableSpan
    var array = values(min(rows, columns))
    var singular = array.mutableSpan
    _ = try LAPACK.gelsd(&a, shape, &b, tall, values: &singular, tolerance: 0)
  }
  do {
    var a = unsafe memory(shape).mutableSpan
    var b = unsafe memory(tall).mutableSpan
    _ = try LAPACK.gelsy(&a, shape, &b, tall, tolerance: 0)
  }
  guard rows == columns else { return }
  for triangle in [LAPACK.Triangle.lower, .upper] {
    var a = unsafe memory(shape).mutableSpan
    var array = values(rows)
    var eigenvalues = array.mutableSpan
    for row in 0..<rows { a[row + row * rows] = Element(real: 2 * Element.Real(rows)) }
    let dominant = a[0]
    try LAPACK.syevd(vectors: true, triangle, &a, shape, values: &eigenvalues)
    var b = unsafe memory(shape).mutableSpan
    for row in 0..<rows { b[row + row * rows] = dominant }
    _ = try LAPACK.potrf(triangle, &b, shape)
    _ = try LAPACK.potri(triangle, &b, shape)
  }
  do {
    var a = unsafe memory(shape).mutableSpan
    var q = unsafe memory(shape).mutableSpan
    var array = values(2 * rows)
    var eigenvalues = array.mutableSpan
    try LAPACK.gees(&a, shape, values: &eigenvalues, q: &q, shape)
  }
}

/// Calls gemv with x at the end of memory.
private func multiply<Element: TestedScalar>(
  _: Element.Type, rows: Int, columns: Int, _ random: inout TestRandom
) {
  let shape = ColumnMajorShape(rows: rows, columns: columns)
  let matrix: UnsafeMutableBufferPointer<Element> = unsafe guarded(shape, &random)
  let a = unsafe matrix.span
  for form in [LAPACK.Form.plain, .transposed, .adjoint] {
    let (m, n) = form == .plain ? (rows, columns) : (columns, rows)
    let x = unsafe guarded(Element.self, count: n, past: 0, &random).span
    var y = unsafe guarded(Element.self, count: m, past: 0, &random).mutableSpan
    LAPACK.gemv(form, a, shape, x, &y)
  }
}
