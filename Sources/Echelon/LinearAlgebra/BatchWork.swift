import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// How each matrix of a batch lies, in elements.
struct BatchLayout: Sendable, BitwiseCopyable, Hashable, Codable {
  let rows: Int
  let columns: Int
  let matrixStride: Int
  let rowStride: Int
  let columnStride: Int

  var view: MatrixView {
    MatrixView(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }

  /// Elements from the first to one past the last of one matrix.
  var matrixExtent: Int {
    rows == 0 || columns == 0 ? 0 : (rows - 1) * rowStride + (columns - 1) * columnStride + 1
  }

  /// Where one of the matrices lies.
  func place(of index: Int) -> Range<Int> {
    let extent = matrixExtent
    return extent == 0 ? 0..<0 : index * matrixStride..<index * matrixStride + extent
  }

  /// Whether no two elements of `count` such matrices share an address, as far as strides tell: each is larger than
  /// what the smaller ones span.
  func isInjective(count: Int) -> Bool {
    if count == 0 || matrixExtent == 0 { return true }
    var span = 0
    let dimensions = [(count, matrixStride), (rows, rowStride), (columns, columnStride)]
    for (count, stride) in dimensions.sorted(by: { $0.1 < $1.1 }) where count > 1 {
      guard stride > span else { return false }
      span += (count - 1) * stride
    }
    return true
  }
}

/// A batch without its element type, as it travels.
struct BatchOperand: Sendable {
  let bytes: SharedArray<UInt8>
  let layout: BatchLayout

  init<Element>(_ batch: SharedMatrixBatch<Element>) {
    bytes = batch.storage.bytes
    layout = batch.layout
  }
}

/// Operations on every matrix of a batch by itself. Chunks of matrices depend on shapes and the element type alone;
/// what works on one is made outside of generic code, since it travels.
struct BatchWork: Sendable {
  let type: ScalarType
  /// The number of matrices.
  let count: Int
  /// How many of them a worker takes at a time.
  let chunkLength: Int

  init(_ type: ScalarType, count: Int, _ operation: BatchOperation) {
    self.type = type
    self.count = count
    // About 50 µs of work, so that a chunk costs nothing beside it and all workers end together.
    chunkLength = max(1, min(count, Int(0x1p20 / operation.cost(of: type))))
  }

  /// How many chunks there are.
  var chunkCount: Int { count / chunkLength + (count % chunkLength == 0 ? 0 : 1) }

  /// The matrices of a chunk.
  func range(ofChunk chunk: Int) -> Range<Int> {
    chunk * chunkLength..<min(count, (chunk + 1) * chunkLength)
  }

  /// Solves the systems of a chunk.
  /// - Parameters:
  ///   - b: the right sides; not read for inverses.
  ///   - failures: one for each matrix: 0, or the number of the column without a pivot, from 1 on; its results are NaN.
  func solution(
    of a: BatchOperand, _ b: BatchOperand, into x: BatchOperand, isInverse: Bool,
    isPositiveDefinite: Bool, failures: SharedArray<Int>
  ) -> @Sendable (Int) -> Void {
    { [self] chunk in
      func run<Element: LinearAlgebraScalar>(_ type: Element.Type) {
        let (aView, bView, xView) = (a.layout.view, b.layout.view, x.layout.view)
        let scratchCount = solveScratch(of: type, size: aView.rows, sides: xView.columns)
        a.bytes.view(as: type).withSpan { allA in
          b.bytes.view(as: type).withSpan { allB in
            x.bytes.view(as: type).withMutableSpan { allX in
              KernelScratch.withSpan(of: type, count: scratchCount) { scratch in
                let indices = range(ofChunk: chunk)
                for index in indices {
                  let distance = index + 1 < indices.upperBound ? a.layout.matrixStride : 0
                  let a = allA.extracting(a.layout.place(of: index))
                  var x = allX._mutatingExtracting(x.layout.place(of: index))
                  let column =
                    isInverse
                    ? invert(a, aView, into: &x, xView, distance: distance, scratch: &scratch)
                    : solve(
                      a, aView, allB.extracting(b.layout.place(of: index)), bView, into: &x, xView,
                      isPositiveDefinite: isPositiveDefinite, distance: distance,
                      scratch: &scratch)
                  failures[index] = column.map { $0 + 1 } ?? 0
                  if column != nil { fillWithNaN(&x, xView) }
                }
              }
            }
          }
        }
      }
      switch type {
      case .float64: run(Double.self)
      case .float32: run(Float.self)
      case .complexFloat64: run(ComplexElement<Double>.self)
      case .complexFloat32: run(ComplexElement<Float>.self)
      }
    }
  }

  /// Computes the determinants of a chunk: of real numbers by elimination in the caches, of complex ones by LAPACK.
  func determinants(
    of a: BatchOperand, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    { [self] chunk in
      let view = a.layout.view
      func run<Element: LinearAlgebraScalar>(_ determinant: (Span<Element>) -> Element) {
        let output = output.view(as: Element.self)
        a.bytes.view(as: Element.self).withSpan { all in
          for index in range(ofChunk: chunk) {
            output[index] = determinant(all.extracting(a.layout.place(of: index)))
          }
        }
      }
      func eliminate<Element: LinearAlgebraScalar & BLASScalar>(_ type: Element.Type) {
        let scratchCount = solveScratch(of: type, size: view.rows, sides: 0)
        KernelScratch.withSpan(of: type, count: scratchCount) { scratch in
          run { determinant($0, view, scratch: &scratch).value(as: type) }
        }
      }
      switch type {
      case .float64: eliminate(Double.self)
      case .float32: eliminate(Float.self)
      case .complexFloat64:
        run { (a: Span<ComplexElement<Double>>) in determinantByLU(a, view) }
      case .complexFloat32:
        run { (a: Span<ComplexElement<Float>>) in determinantByLU(a, view) }
      }
    }
  }

  /// Multiplies the matrices of a chunk.
  func product(
    of a: BatchOperand, _ b: BatchOperand, into c: BatchOperand
  ) -> @Sendable (Int) -> Void {
    { [self] chunk in
      func run<Element: LinearAlgebraScalar>(_ type: Element.Type) {
        let (aView, bView, cView) = (a.layout.view, b.layout.view, c.layout.view)
        a.bytes.view(as: type).withSpan { allA in
          b.bytes.view(as: type).withSpan { allB in
            c.bytes.view(as: type).withMutableSpan { allC in
              for index in range(ofChunk: chunk) {
                var c = allC._mutatingExtracting(c.layout.place(of: index))
                do throws(LinearAlgebraError) {
                  try multiply(
                    allA.extracting(a.layout.place(of: index)), aView,
                    allB.extracting(b.layout.place(of: index)), bView, into: &c, cView)
                } catch {
                  preconditionFailure("\(error)")  // the front end has checked the views
                }
              }
            }
          }
        }
      }
      switch type {
      case .float64: run(Double.self)
      case .float32: run(Float.self)
      case .complexFloat64: run(ComplexElement<Double>.self)
      case .complexFloat32: run(ComplexElement<Float>.self)
      }
    }
  }
}

extension LinearAlgebraScalar {
  /// NaN, in both parts of a complex number.
  static var notANumber: Self { Self(real: .nan) * Self(real: .nan) }
}

/// Sets all elements of a matrix to NaN.
func fillWithNaN<Element: LinearAlgebraScalar>(
  _ x: inout MutableSpan<Element>, _ view: MatrixView
) {
  let nan = Element.notANumber
  for row in 0..<view.rows {
    for column in 0..<view.columns {
      x[row * view.rowStride + column * view.columnStride] = nan
    }
  }
}

/// The determinant of a square matrix: ± the product of U's diagonal. There is a LAPACK.
private func determinantByLU<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView
) -> Element {
  let shape = ColumnMajorShape(rows: view.rows, columns: view.columns)
  do throws(LinearAlgebraError) {
    try LAPACK.require()
    return try withScratch(of: Element.self, shape) { lu throws(LinearAlgebraError) in
      try withScratch(of: Int32.self, count: view.rows) { pivots throws(LinearAlgebraError) in
        copyColumnMajor(a, view, into: &lu, shape)
        // What LAPACK makes of NaN depends on where that is.
        if containsNaN(lu.span, shape) { return .notANumber }
        if try LAPACK.getrf(&lu, shape, pivots: &pivots) != nil { return 0 }
        var product = DeterminantProduct<Element>()
        for row in 0..<view.rows { product.multiply(by: lu[row + row * shape.leading]) }
        return isOddPermutation(pivots.span) ? -product.value : product.value
      }
    }
  } catch {
    preconditionFailure("\(error)")  // the front end found a LAPACK on this machine
  }
}
