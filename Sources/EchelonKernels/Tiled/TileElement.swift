import EchelonLinearAlgebra
import EchelonMemory

/// An element of a matrix that is factored in steps: Double, Float, or a complex number of both.
///
/// Operands of a kernel have real elements. A complex matrix is described by its real parts, with strides that count
/// parts, and behind each real part lies its imaginary one; of a vector all parts are counted.
protocol TileElement: BLASElement {
  associatedtype Part: KernelElement
}

extension Double: TileElement {
  typealias Part = Double
}

extension Float: TileElement {
  typealias Part = Float
}

extension ComplexParts: TileElement where Part: KernelElement {}

extension TileElement {
  /// Parts of an element.
  static var partCount: Int { isComplex ? 2 : 1 }
}

extension OperandLayout {
  /// Of a matrix, in elements of which each may have two parts.
  func view<Element: TileElement>(of type: Element.Type) -> MatrixView {
    MatrixView(
      rows: rows, columns: columns, rowStride: rowStride / Element.partCount,
      columnStride: columnStride / Element.partCount)
  }

  /// Of a matrix whose columns lie together.
  func columnMajor<Element: TileElement>(of type: Element.Type) -> ColumnMajorShape {
    ColumnMajorShape(
      rows: rows, columns: columns,
      leading: columns <= 1 ? max(1, rows) : columnStride / Element.partCount)
  }
}

extension KernelOperand {
  /// Reads a range of the memory, counted in elements of one part or two.
  func elements<Element: TileElement, Result>(
    of type: Element.Type, _ range: Range<Int>, _ body: (Span<Element>) -> Result
  ) -> Result {
    withSpan(of: type, parts: Element.partCount, range, body)
  }

  /// Writes a range of the memory, counted in elements of one part or two.
  func mutableElements<Element: TileElement, Result>(
    of type: Element.Type, _ range: Range<Int>, _ body: (inout MutableSpan<Element>) -> Result
  ) -> Result {
    withMutableSpan(of: type, parts: Element.partCount, range, body)
  }

  /// Reads all elements of a matrix, and what lies between them.
  func withMatrix<Element: TileElement, Result>(
    of type: Element.Type, _ body: (Span<Element>) -> Result
  ) -> Result {
    elements(of: type, 0..<layout.view(of: type).extent, body)
  }

  /// Writes elements of a matrix whose columns lie together.
  func withMutableMatrix<Element: TileElement, Result>(
    of type: Element.Type, _ body: (inout MutableSpan<Element>, ColumnMajorShape) -> Result
  ) -> Result {
    let shape = layout.columnMajor(of: type)
    return mutableElements(of: type, 0..<shape.extent) { body(&$0, shape) }
  }

  /// One element of a vector of real numbers.
  func load<Part: KernelElement>(_ type: Part.Type, at index: Int) -> Part {
    withSpan(of: type, index..<index + 1) { $0[0] }
  }

  func store<Part: KernelElement>(_ value: Part, at index: Int) {
    withMutableSpan(of: Part.self, index..<index + 1) { $0[0] = value }
  }
}
