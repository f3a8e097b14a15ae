import CReference
import Echelon
import EchelonLinearAlgebra
import TestSupport

/// A matrix of a test in column-major order without gaps. Products are BLAS's and other passes over its elements are C,
/// because loops of generic Swift take minutes in debug builds.
struct DenseMatrix<Element: TestedScalar> {
  let rows: Int
  let columns: Int
  var elements: [Element]

  /// Zeros.
  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    elements = [Element](repeating: 0, count: max(1, rows) * columns)
  }

  /// A matrix of a pool, however it lies.
  init(_ matrix: SharedMatrix<Element>) {
    self.init(rows: matrix.rows, columns: matrix.columns)
    let view = MatrixView(
      rows: rows, columns: columns, rowStride: matrix.rowStride, columnStride: matrix.columnStride)
    let shape = shape
    matrix.storage.withSpan { from in
      var to = elements.mutableSpan
      copyColumnMajor(from, view, into: &to, shape)
    }
  }

  /// A matrix of a test program's.
  init(_ made: MadeMatrix, _ structure: MatrixType.Structure, _ source: MatrixSource) throws {
    self.init(rows: made.rows, columns: made.columns)
    let count = made.parts.count
    unsafe made.parts.withUnsafeBytes { from in
      unsafe elements.withUnsafeMutableBytes { to in
        if Element.isFloat {
          unsafe reference_round(
            count, from.baseAddress?.assumingMemoryBound(to: Double.self),
            to.baseAddress?.assumingMemoryBound(to: Float.self))
        } else {
          unsafe to.copyMemory(from: from)
        }
      }
    }
    // The triangle of a factorization has the same singular values; DLATMS makes it otherwise.
    switch structure {
    case .upper where source == .own: self = try triangle
    case .lower where source == .own: self = try transposed.triangle.transposed
    default: break
    }
  }

  /// The real or complex numbers of `values` on the diagonal.
  init(diagonal values: [Element]) {
    self.init(rows: values.count, columns: values.count)
    for (i, value) in values.enumerated() { elements[i + i * rows] = value }
  }

  static func identity(_ count: Int) -> DenseMatrix {
    DenseMatrix(diagonal: [Element](repeating: 1, count: count))
  }

  static func random(rows: Int, columns: Int, seed: UInt64) throws -> DenseMatrix {
    let type = MatrixType(description: "random", structure: .random)
    return try DenseMatrix(
      MadeMatrix(type, rows: rows, columns: columns, isComplex: Element.isComplex, seed: seed),
      .random, .own)
  }

  var shape: ColumnMajorShape { ColumnMajorShape(rows: rows, columns: columns) }

  /// ‖·‖₁, the largest sum of a column's moduli.
  var norm: Double { norm(.one) }

  func norm(_ norm: MatrixNorm) -> Double {
    matrixNorm(
      elements.span,
      MatrixView(
        rows: rows, columns: columns, rowStride: 1, columnStride: max(1, rows)),
      norm)
  }

  /// ‖·‖₁ of each column.
  var columnNorms: [Double] { (0..<columns).map { column($0).norm } }

  func column(_ index: Int) -> DenseMatrix {
    var column = DenseMatrix(rows: rows, columns: 1)
    column.elements = Array(elements[index * rows..<(index + 1) * rows])
    return column
  }

  var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    let view = MatrixView(
      rows: columns, columns: rows, rowStride: max(1, rows), columnStride: 1)
    let shape = result.shape
    var to = result.elements.mutableSpan
    copyColumnMajor(elements.span, view, into: &to, shape)
    return result
  }

  /// R of a QR factorization.
  private var triangle: DenseMatrix {
    get throws {
      try LAPACK.require()
      var (factors, tau) = (self, [Element](repeating: 0, count: min(rows, columns)))
      do {
        var span = factors.elements.mutableSpan
        var tauSpan = tau.mutableSpan
        try LAPACK.geqrf(&span, shape, tau: &tauSpan)
      }
      var result = DenseMatrix(rows: rows, columns: columns)
      var to = result.elements.mutableSpan
      copyTriangle(.upper, factors.elements.span, shape, into: &to, shape)
      return result
    }
  }

  /// Adds α·A·op(B).
  mutating func add(
    _ alpha: Element, _ a: DenseMatrix, _ b: DenseMatrix, _ bForm: MatrixForm = .plain
  ) {
    add(alpha, a, .plain, b, bForm)
  }

  /// Adds α·op(A)·op(B).
  mutating func add(
    _ alpha: Element, _ a: DenseMatrix, _ aForm: MatrixForm, _ b: DenseMatrix,
    _ bForm: MatrixForm = .plain
  ) {
    guard !elements.isEmpty, rows > 0, a.rows > 0, a.columns > 0 else { return }
    let shape = shape
    var span = elements.mutableSpan
    LAPACK.gemm(
      alpha: alpha, a.elements.span, a.shape, aForm: aForm, b.elements.span, b.shape, bForm: bForm,
      beta: 1, &span, shape)
  }

  static func * (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
    var product = DenseMatrix(rows: a.rows, columns: b.columns)
    product.add(1, a, b)
    return product
  }

  /// Rows and columns in another order; row i becomes what row `rows[i]` was.
  func picking(rows rowOrder: [Int]? = nil, columns columnOrder: [Int]? = nil) -> DenseMatrix {
    var result = self
    guard rows * columns > 0 else { return result }
    unsafe elements.withUnsafeBytes { from in
      unsafe result.elements.withUnsafeMutableBytes { to in
        unsafe reference_pick(
          MemoryLayout<Element>.stride, rows, columns, from.baseAddress, rows, rowOrder,
          columnOrder, to.baseAddress)
      }
    }
    return result
  }

  /// The numbers of a power of 2 times as large, exactly.
  func scaled(exponent: Int) -> DenseMatrix {
    var result = self
    let count = elements.count * (Element.isComplex ? 2 : 1)
    unsafe result.elements.withUnsafeMutableBytes {
      unsafe reference_scale(Element.isFloat ? 1 : 0, count, $0.baseAddress, Int32(exponent))
    }
    return result
  }

  /// The matrix in shared memory, laid out in one of several ways.
  func shared(on executor: some WorkExecutor, _ layout: TestedLayout = .columns) throws
    -> SharedMatrix<Element>
  {
    let matrix: SharedMatrix<Element>
    switch layout {
    case .rows: matrix = try executor.matrix(repeating: 0, rows: rows, columns: columns)
    case .columns:
      matrix = try executor.matrix(repeating: 0, rows: columns, columns: rows).transposed
    case .gaps:
      let count = rows * columns == 0 ? 0 : rows * (3 * columns + 5)
      matrix = SharedMatrix(
        try executor.array(repeating: 0, count: count), rows: rows, columns: columns,
        rowStride: 3 * columns + 5, columnStride: 3)
    }
    guard rows * columns > 0 else { return matrix }
    matrix.storage.withMutableSpan { span in
      unsafe span.withUnsafeMutableBytes { to in
        unsafe elements.withUnsafeBytes { from in
          unsafe reference_place(
            MemoryLayout<Element>.stride, rows, columns, from.baseAddress, rows, to.baseAddress,
            matrix.rowStride, matrix.columnStride)
        }
      }
    }
    return matrix
  }
}

extension DenseMatrix where Element: TestedEigenScalar {
  /// The same numbers as complex ones.
  var asComplex: DenseMatrix<Element.ComplexNumber> {
    if let same = self as? DenseMatrix<Element.ComplexNumber> { return same }
    var result = DenseMatrix<Element.ComplexNumber>(rows: rows, columns: columns)
    unsafe elements.withUnsafeBytes { from in
      unsafe result.elements.withUnsafeMutableBytes { to in
        unsafe reference_widen(
          Element.isFloat ? 1 : 0, elements.count, from.baseAddress, to.baseAddress)
      }
    }
    return result
  }
}

extension TestedScalar {
  /// Whether its parts are floats.
  static var isFloat: Bool { scalarType == .float32 || scalarType == .complexFloat32 }
  static var precision: Precision { isFloat ? .float : .double }
}

/// A hash of the bits of results, which stays small where they differ.
struct BitDigest: Equatable {
  private(set) var value: UInt64 = 0

  mutating func add<Element: BitwiseCopyable & Sendable>(_ matrix: SharedMatrix<Element>) {
    matrix.storage.withSpan { span in
      value = unsafe span.withUnsafeBytes {
        unsafe reference_digest(
          value, MemoryLayout<Element>.stride, matrix.rows, matrix.columns, $0.baseAddress,
          matrix.rowStride, matrix.columnStride)
      }
    }
  }
  mutating func add<Element: BitwiseCopyable & Sendable>(_ array: SharedArray<Element>) {
    add(SharedMatrix(array, rows: array.count, columns: 1, rowStride: 1))
  }
  mutating func add(_ numbers: [Int]) {
    for number in numbers {
      value = (value ^ UInt64(bitPattern: Int64(number))) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
