import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// How the elements of an operand lie in its memory, counted in elements; a stride of 0 repeats them.
struct LeafLayout: Hashable, Sendable, BitwiseCopyable, Codable {
  var rows: Int
  var columns: Int
  var rowStride: Int
  var columnStride: Int

  var count: Int { rows * columns }
  /// Elements from the first to one past the last in memory.
  var extent: Int {
    count == 0 ? 0 : (rows - 1) * rowStride + (columns - 1) * columnStride + 1
  }
  /// Whether they follow one another in row-major order without a gap.
  var isContiguous: Bool {
    count == 0 || ((columnStride == 1 || columns == 1) && (rowStride == columns || rows == 1))
  }

  /// The same elements with rows and columns exchanged.
  var transposed: LeafLayout {
    LeafLayout(rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride)
  }

  /// The same elements, repeated along every direction in which there is one only; nil when that does not
  /// give this shape.
  func broadcast(to shape: ExpressionShape) -> LeafLayout? {
    guard rows == shape.rows || rows == 1, columns == shape.columns || columns == 1 else {
      return nil
    }
    return LeafLayout(
      rows: shape.rows, columns: shape.columns,
      rowStride: rows == 1 ? (shape.rows == 1 ? rowStride : 0) : rowStride,
      columnStride: columns == 1 ? (shape.columns == 1 ? columnStride : 0) : columnStride)
  }
}

/// How an input of an expression lies, and what its elements are, as it travels.
struct LeafSource: Hashable, Sendable, BitwiseCopyable, Codable {
  var layout: LeafLayout
  let type: VectorElementType

  /// Bytes from the first element to the last.
  var byteCount: Int { layout.extent * type.byteCount }

  /// Whether a program of this type can read the elements where they lie.
  func isInPlace<Element: VectorProgramScalar>(for _: Element.Type) -> Bool {
    layout.isContiguous && type == Element.vectorType
  }

  /// Puts elements one behind the other, from one of them on and in row-major order.
  func gather<Element: VectorProgramScalar>(
    _ bytes: Span<UInt8>, from start: Int, into output: inout MutableSpan<Element>,
    at places: Range<Int>? = nil
  ) {
    type.gather(
      bytes, from: start, columns: layout.columns, rowStride: layout.rowStride,
      columnStride: layout.columnStride, into: &output, at: places)
  }
}

/// The shape of what an expression computes.
struct ExpressionShape: Hashable, Sendable {
  var rows: Int
  var columns: Int
  /// Whether a matrix is among the operands; vectors alone make a vector, one row.
  var isMatrix: Bool

  var count: Int { rows * columns }
}

/// An array in an expression. Views of the same elements are the same leaf.
struct ArrayLeaf: Hashable, Sendable {
  let reference: ArrayReference
  let layout: LeafLayout
  /// What its elements are in memory; an expression of another type converts them.
  let type: VectorElementType
  let isMatrix: Bool

  /// - Parameter storage: the elements from the first to the last of the view, in memory order.
  init<Element>(
    _ storage: SharedArray<Element>, _ layout: LeafLayout, of type: VectorElementType,
    isMatrix: Bool
  ) {
    reference = ArrayReference(storage)
    self.layout = layout
    self.type = type
    self.isMatrix = isMatrix
  }

  static func == (a: ArrayLeaf, b: ArrayLeaf) -> Bool {
    a.reference.operand.block === b.reference.operand.block
      && a.reference.operand.byteOffset == b.reference.operand.byteOffset && a.layout == b.layout
      && a.type == b.type && a.isMatrix == b.isMatrix
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(reference.operand.block.offset)
    hasher.combine(reference.operand.byteOffset)
    hasher.combine(layout)
  }

  /// Whether any byte of it is also one of `array`.
  func overlaps<Element>(_ array: SharedArray<Element>) -> Bool {
    reference.bytes.overlaps(array)
  }
}

extension ExpressionShape {
  /// The shape of operands that are all of the same one.
  /// - Throws: `KernelError` with the shapes when they are not.
  init(same operands: [ExpressionNode<ArrayLeaf>], operation: String) throws {
    let shapes = try operands.map { try ExpressionPlan([$0], operation: operation).shape }
    guard shapes.allSatisfy({ ($0.rows, $0.columns) == (shapes[0].rows, shapes[0].columns) }) else {
      throw KernelError.shapeMismatch(
        kernel: operation, shapes: shapes.map { "\($0.rows) × \($0.columns)" })
    }
    self = shapes[0]
  }

  /// The shape that all leaves can be repeated to: vectors have the same number of elements; when there is a
  /// matrix, along each direction all have the same number, or one, and a vector is a row.
  /// - Parameter leaves: one at least; numbers alone are no expression that a user can make.
  /// - Throws: `KernelError` with the counts or the shapes.
  init(of leaves: [ArrayLeaf], operation: String) throws(KernelError) {
    let first = leaves[0]
    var shape = ExpressionShape(
      rows: first.layout.rows, columns: first.layout.columns,
      isMatrix: leaves.contains { $0.isMatrix })
    for leaf in leaves {
      if shape.rows == 1 { shape.rows = leaf.layout.rows }
      if shape.columns == 1 { shape.columns = leaf.layout.columns }
    }
    // Vectors alone are not repeated: one of a single element is more often a mistake than meant.
    let counts = leaves.map(\.layout.columns)
    if !shape.isMatrix, counts.contains(where: { $0 != first.layout.columns }) {
      throw KernelError.countMismatch(kernel: operation, counts: counts)
    }
    guard leaves.allSatisfy({ $0.layout.broadcast(to: shape) != nil }) else {
      throw KernelError.shapeMismatch(
        kernel: operation, shapes: leaves.map { "\($0.layout.rows) × \($0.layout.columns)" })
    }
    self = shape
  }
}
