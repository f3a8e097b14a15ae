import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// Where `evaluate` and `sorted` can put results beside arrays: an `ArrayView` or a `SharedMatrix`, whose elements
/// lie anywhere in an array.
public protocol ArrayTarget<Element>: Sendable {
  /// The type of the elements.
  associatedtype Element: BitwiseCopyable & Sendable
  /// Where the elements lie.
  var target: TargetElements<Element> { get }
}

/// Where the elements of an `ArrayTarget` lie.
public struct TargetElements<Element: BitwiseCopyable & Sendable>: Sendable {
  /// From the first to the last of them, in memory order.
  let storage: SharedArray<Element>
  let layout: LeafLayout
  let isMatrix: Bool

  /// - Throws: `KernelError` when it has another shape, or elements that share an address: what these would be in
  ///   the end depended on which chunk came last.
  func check(_ shape: ExpressionShape, _ operation: String) throws(KernelError) {
    if isMatrix {
      guard (layout.rows, layout.columns) == (shape.rows, shape.columns) else {
        throw .shapeMismatch(
          kernel: operation,
          shapes: ["\(shape.rows) × \(shape.columns)", "\(layout.rows) × \(layout.columns)"])
      }
    } else if layout.count != shape.count {
      throw .countMismatch(kernel: operation, counts: [shape.count, layout.count])
    }
    guard layout.isInjective else { throw .outputOverlapsItself(kernel: operation, output: 0) }
  }
}

extension ArrayView: ArrayTarget {
  /// Where the elements lie.
  public var target: TargetElements<Element> {
    TargetElements(storage: storage, layout: rowLayout, isMatrix: false)
  }
}

extension SharedMatrix: ArrayTarget {
  /// Where the elements lie.
  public var target: TargetElements<Element> {
    TargetElements(storage: storage, layout: layout, isMatrix: true)
  }
}

extension LeafLayout {
  /// Whether no two elements share an address; of overlapping rows and columns also when they might.
  var isInjective: Bool {
    if rows <= 1 || columns <= 1 { return true }
    return rowStride > (columns - 1) * columnStride || columnStride > (rows - 1) * rowStride
  }
}

extension ArrayLeaf {
  /// Whether it may share a byte with an element of a target. Columns of one matrix do not, nor do blocks beside
  /// one another, although memory between the elements of each belongs to the other.
  func mayShareElements<Element>(with target: TargetElements<Element>) -> Bool {
    guard overlaps(target.storage) else { return false }
    let ours = ByteRuns(layout, at: reference.operand.byteOffset, elementBytes: type.byteCount)
    let theirs = ByteRuns(
      target.layout, at: target.storage.byteOffset,
      elementBytes: MemoryLayout<Element>.stride)
    return ours.mayOverlap(theirs)
  }
}

/// Elements of a layout as runs of bytes without a gap, which begin at multiples of a distance from the first.
private struct ByteRuns {
  let start: Int
  var length: Int
  /// Of which the distances between runs are multiples; 0 for one run.
  var distance = 0

  init(_ layout: LeafLayout, at start: Int, elementBytes: Int) {
    self.start = start
    length = elementBytes
    let directions = [(layout.rows, layout.rowStride), (layout.columns, layout.columnStride)]
      .filter { $0.0 > 1 }
      .sorted { $0.1 < $1.1 }
    for (count, stride) in directions {
      if distance == 0, stride * elementBytes == length {
        length *= count
      } else {
        distance = greatestCommonDivisor(distance, stride * elementBytes)
      }
    }
  }

  /// Counted in a circle of the common distance, every run of one side lies at the same place.
  func mayOverlap(_ other: ByteRuns) -> Bool {
    let circle = greatestCommonDivisor(distance, other.distance)
    guard circle > 0 else { return true }
    let difference = other.start - start
    let place =
      difference - (difference >= 0 ? difference : difference - circle + 1) / circle * circle
    return place < length || place + other.length > circle
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
