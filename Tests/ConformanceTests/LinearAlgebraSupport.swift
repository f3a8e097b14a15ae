import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Pools of several sizes; the first, of one worker, is the oracle for bits.
let pools: [ProcessPool] = [1, 2, 3, 7].map { workers in
  do { return try ProcessPool(workers: workers) } catch { fatalError("\(error)") }
}

/// What the tests of linear algebra need of an element: random ones, and the unit roundoff of its parts.
protocol TestedScalar: LinearAlgebraScalar {
  /// A random number with parts in -1 ... 1.
  static func random(_ random: inout TestRandom) -> Self
}

extension Double: TestedScalar {
  static func random(_ random: inout TestRandom) -> Double {
    Double(Int64(bitPattern: random.next()) >> 11) * 0x1p-52
  }
}
extension Float: TestedScalar {
  static func random(_ random: inout TestRandom) -> Float { Float(Double.random(&random)) }
}
extension ComplexElement: TestedScalar where Part: TestedScalar, Part.Real == Part {
  static func random(_ random: inout TestRandom) -> ComplexElement {
    ComplexElement(Part.random(&random), Part.random(&random))
  }
}

/// All of them.
let testedScalars: [any TestedScalar.Type] = [
  Double.self, Float.self, ComplexElement<Double>.self, ComplexElement<Float>.self,
]

extension TestedScalar {
  /// ε as LAPACK's test programs have it.
  static var epsilon: Double { Double(Real.ulpOfOne) / 2 }
}

/// A matrix of a test: elements in row-major order, computed with the slow and obvious way.
struct Reference<Element: TestedScalar>: Equatable {
  var rows: Int
  var columns: Int
  var elements: [Element]

  init(rows: Int, columns: Int, _ element: (Int, Int) -> Element) {
    self.rows = rows
    self.columns = columns
    elements = (0..<rows).flatMap { row in (0..<columns).map { element(row, $0) } }
  }
  init(_ matrix: SharedMatrix<Element>) {
    // One look at the memory instead of one for each element.
    let all = Array(matrix.storage)
    self.init(rows: matrix.rows, columns: matrix.columns) {
      all[$0 * matrix.rowStride + $1 * matrix.columnStride]
    }
  }
  /// Random elements.
  init(rows: Int, columns: Int, seed: UInt64) {
    var random = TestRandom(seed: seed)
    self.init(rows: rows, columns: columns) { _, _ in Element.random(&random) }
  }

  subscript(row: Int, column: Int) -> Element {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  var transposed: Reference { Reference(rows: columns, columns: rows) { self[$1, $0] } }
  var adjoint: Reference { Reference(rows: columns, columns: rows) { self[$1, $0].conjugate } }

  static func * (a: Reference, b: Reference) -> Reference {
    var product = Reference(rows: a.rows, columns: b.columns) { _, _ in 0 }
    if a.rows > 50 {
      // By BLAS, which the smaller ones test: Bᵀ·Aᵀ is the product in row-major order.
      let shapes = [b, a, product].map { ColumnMajorShape(rows: $0.columns, columns: $0.rows) }
      var span = product.elements.mutableSpan
      LAPACK.gemm(b.elements.span, shapes[0], a.elements.span, shapes[1], &span, shapes[2])
      return product
    }
    for i in 0..<a.rows {
      for k in 0..<a.columns {
        let factor = a[i, k]
        for j in 0..<b.columns { product[i, j] = product[i, j] + factor * b[k, j] }
      }
    }
    return product
  }
  static func - (a: Reference, b: Reference) -> Reference {
    Reference(rows: a.rows, columns: a.columns) { a[$0, $1] - b[$0, $1] }
  }

  /// The largest sum of a column's moduli.
  var norm: Double {
    (0..<columns).map { j in (0..<rows).reduce(0.0) { $0 + Double(self[$1, j].modulus) } }.max()
      ?? 0
  }

  /// The matrix in shared memory, as `view` lays it out.
  func shared(on executor: some WorkExecutor, _ layout: TestedLayout = .rows) throws
    -> SharedMatrix<Element>
  {
    let matrix: SharedMatrix<Element>
    switch layout {
    case .rows: matrix = try executor.matrix(rows: rows, columns: columns) { _, _ in 0 }
    case .columns:
      matrix = try executor.matrix(rows: columns, columns: rows) { _, _ in 0 }.transposed
    case .gaps:
      let count = rows * columns == 0 ? 0 : rows * (3 * columns + 5)
      matrix = SharedMatrix(
        try executor.array(repeating: 0, count: count), rows: rows, columns: columns,
        rowStride: 3 * columns + 5, columnStride: 3)
    }
    matrix.storage.withMutableSpan { span in
      for i in 0..<rows {
        for j in 0..<columns {
          span[i * matrix.rowStride + j * matrix.columnStride] = self[i, j]
        }
      }
    }
    return matrix
  }
}

/// How the matrices of a test lie in memory.
enum TestedLayout: CaseIterable, Sendable { case rows, columns, gaps }

/// The sizes at which operations are tested.
let testedSizes = [0, 1, 2, 3, 5, 10, 50, 200]

/// The bits of all elements.
func bits<Element: TestedScalar>(_ matrix: SharedMatrix<Element>) -> [String] {
  Reference(matrix).elements.map { "\($0)" }
}

/// Calls a test with a random square matrix of every size and layout.
/// - Parameter body: gets the matrix, and the same one in shared memory.
func forEachMatrix<Element: TestedScalar>(
  of _: Element.Type, seed: UInt64, on executor: some WorkExecutor,
  _ body: (Reference<Element>, SharedMatrix<Element>) throws -> Void
) throws {
  for size in testedSizes {
    for layout in size > 50 ? [.gaps] : TestedLayout.allCases {
      let a = Reference<Element>(rows: size, columns: size, seed: seed &+ UInt64(size))
      let shared = try a.shared(on: executor, layout)
      try body(a, shared)
      #expect(Reference(shared) == a, "the input has changed, n = \(size), \(layout)")
    }
  }
}

/// ‖difference‖ / (n·‖scale‖·ε), which LAPACK's test programs want below 30.
func ratio<Element: TestedScalar>(
  _ difference: Reference<Element>, to scale: Double, count: Int
) -> Double {
  let norm = difference.norm
  return norm == 0 ? 0 : norm / (Double(max(1, count)) * scale * Element.epsilon)
}

/// Asks a pool the same again and again while its workers are killed, and expects the answer that it gave before.
/// - Parameter deaths: how many workers die at least. Those that took their places are asked once more at the end.
func expectSameWhileWorkersAreKilled<Answers>(
  seed: UInt64, deaths: Int = 20, by isSame: (Answers, Answers) -> Bool,
  _ answers: (ProcessPool) throws -> Answers
) throws {
  let pool = try TestedExecutor.forkServer.makePool(2)
  let expected = try answers(pool)
  let killer = Killer(of: pool, every: 5_000...20_000, seed: seed)
  // As many as it takes: small answers come faster than workers die.
  for round in 0..<20_000 where pool.deaths < deaths {
    // A task that was hit more often than it is run again says so.
    do {
      #expect(isSame(try answers(pool), expected), "round \(round)")
    } catch is WorkerDied {}
  }
  killer.stop()
  #expect(pool.deaths >= deaths)
  #expect(isSame(try answers(pool), expected), "after \(pool.deaths) deaths")
  pool.shutdown()
}
