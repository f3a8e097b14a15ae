import ComplexModule
import EchelonKernels
import EchelonLinearAlgebra
import RealModule

/// What complex arithmetic on arrays takes: a `SharedArray` of complex numbers, a view of one, a `SharedMatrix`,
/// or a complex expression.
public protocol ComplexOperand<Part>: Sendable {
  /// The type of the real and of the imaginary parts.
  associatedtype Part: ComplexPart
  /// The operand as an expression.
  var complexExpression: ComplexExpression<Part> { get }
}

/// A computation on complex arrays that has been written down and not run: one expression for the real parts
/// and one for the imaginary ones.
///
///     let w = try await pool.evaluate(exp(z) / (z * z + 1))
///
/// All that `ArrayExpression` says holds for each of the two. A complex array is read as two arrays of every
/// second number, so an expression reads at most four of them.
public struct ComplexExpression<Part: ComplexPart>: ComplexOperand {
  let re: ArrayExpression<Part>
  let im: ArrayExpression<Part>

  init(re: ArrayExpression<Part>, im: ArrayExpression<Part>) {
    self.re = re
    self.im = im
  }

  init(_ value: Complex<Part>) {
    let (x, y) = value.rawStorage
    self.init(re: ArrayExpression(x), im: ArrayExpression(y))
  }

  /// The complex numbers with these real and imaginary parts.
  public init(_ real: some ArrayOperand<Part>, _ imaginary: some ArrayOperand<Part>) {
    self.init(re: real.expression, im: imaginary.expression)
  }

  /// Itself.
  public var complexExpression: ComplexExpression { self }
}

/// The element types of complex arrays, for constraints: `ComplexElement` alone.
public protocol ComplexArrayElement: BitwiseCopyable, Sendable {
  /// The type of the parts.
  associatedtype Part: ComplexPart
}

extension ComplexElement: ComplexArrayElement {}

extension SharedArray: ComplexOperand where Element: ComplexArrayElement {
  /// The type of the parts.
  public typealias Part = Element.Part
  /// The array as an expression.
  public var complexExpression: ComplexExpression<Element.Part> {
    ComplexExpression(leaf: self, rowLayout, isMatrix: false)
  }
}

extension ArrayView: ComplexOperand where Element: ComplexArrayElement {
  /// The type of the parts.
  public typealias Part = Element.Part
  /// The view as an expression.
  public var complexExpression: ComplexExpression<Element.Part> {
    ComplexExpression(leaf: storage, rowLayout, isMatrix: false)
  }
}

extension SharedMatrix: ComplexOperand where Element: ComplexArrayElement {
  /// The type of the parts.
  public typealias Part = Element.Part
  /// The matrix as an expression.
  public var complexExpression: ComplexExpression<Element.Part> {
    ComplexExpression(leaf: storage, layout, isMatrix: true)
  }
}

extension ComplexExpression {
  fileprivate init<Stored>(
    leaf storage: SharedArray<Stored>, _ layout: LeafLayout, isMatrix: Bool
  ) {
    precondition(MemoryLayout<Stored>.stride == 2 * MemoryLayout<Part>.stride)
    let strided = LeafLayout(
      rows: layout.rows, columns: layout.columns, rowStride: 2 * layout.rowStride,
      columnStride: 2 * layout.columnStride)
    let parts = SharedArray<Part>(
      block: storage.block, byteOffset: storage.byteOffset, count: 2 * storage.count)
    // To the last one that is read, and no further: a single element counts as contiguous.
    let start = min(1, strided.extent)
    self.init(
      re: ArrayExpression(leaf: parts[0..<strided.extent], strided, isMatrix: isMatrix),
      im: ArrayExpression(
        leaf: parts[start..<start + strided.extent], strided, isMatrix: isMatrix))
  }
}

extension ComplexOperand {
  /// The real parts, as they lie in memory also where a number is not finite.
  public var real: ArrayExpression<Part> {
    let z = complexExpression
    return z.re.shaped(as: z.im)
  }

  /// The imaginary parts, as they lie in memory also where a number is not finite.
  public var imaginary: ArrayExpression<Part> {
    let z = complexExpression
    return z.im.shaped(as: z.re)
  }

  /// The conjugate numbers: imaginary parts with the other sign.
  public var conjugate: ComplexExpression<Part> {
    let z = complexExpression
    return ComplexExpression(re: z.re, im: -z.im)
  }
}

extension ArrayExpression {
  /// The same values, in a graph that has the shape of both: one part of a complex expression may read arrays
  /// that the other does not, or none at all.
  fileprivate func shaped(as other: ArrayExpression) -> ArrayExpression {
    let mine = node.leafShapes
    guard other.node.leafShapes.isSubset(of: mine) else {
      let one = ArrayExpression(Element(nearest: 1 as Int64))
      return ArrayExpression(.select, one.node, node, other.node)
    }
    return self
  }
}

extension ExpressionNode where Leaf == ArrayLeaf {
  /// What decides the shape of the results.
  fileprivate var leafShapes: Set<ExpressionShape> {
    var shapes: Set<ExpressionShape> = []
    var seen: Set<ObjectIdentifier> = []
    var stack: [ExpressionNode] = [self]
    while let node = stack.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      switch node.content {
      case .leaf(let leaf):
        shapes.insert(
          ExpressionShape(
            rows: leaf.layout.rows, columns: leaf.layout.columns, isMatrix: leaf.isMatrix))
      case .constant: break
      case .operation(_, let operands): stack += operands
      }
    }
    return shapes
  }
}
