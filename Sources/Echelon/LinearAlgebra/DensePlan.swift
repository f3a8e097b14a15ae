import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory

/// An operation of dense linear algebra and the sizes that it is planned by.
public enum DenseOperation: Hashable, Sendable {
  /// The product of m × k and k × n.
  case product(rows: Int, inner: Int, columns: Int)
  /// LU with partial pivoting, and what begins with it: `solve`, `inverse`, `determinant`.
  case lu(rows: Int, columns: Int)
  /// Cholesky, and solving with a positive definite matrix.
  case cholesky(order: Int)
  /// QR without pivoting.
  case qr(rows: Int, columns: Int)
  /// Anything else: one call of LAPACK.
  case other(name: String, rows: Int, columns: Int)
}

/// How an operation of dense linear algebra is divided among workers: what `explain` returns.
///
/// It depends on the operation, the shape and the element type only. So do the bits of the result: they are the same
/// for any number of workers.
public struct DensePlan: Hashable, Sendable, CustomStringConvertible {
  /// The two ways.
  public enum Way: Hashable, Sendable {
    /// One worker makes one call of BLAS or LAPACK.
    case oneCall
    /// The workers share steps, each on one tile of the matrix or on one block of its columns.
    /// - Parameters:
    ///   - steps: how many there are.
    ///   - rows: of a tile; of a block of columns all.
    ///   - columns: of a tile or block.
    case steps(Int, rows: Int, columns: Int)
  }

  /// What is planned.
  public let operation: DenseOperation
  /// The element type, such as `Double`.
  public let elementType: String
  /// How it is divided.
  public let way: Way
  /// Threads of the BLAS inside a call: always one, since its number would show in the bits of the result, and
  /// workers beside it would compete with them.
  public var blasThreadCount: Int { 1 }

  /// One sentence: what is done, in how many pieces, and why.
  public var description: String {
    let (name, shape) = operation.words
    let what = "\(name) of \(shape) \(elementType)"
    return switch way {
    case .oneCall:
      "\(what): one call in one worker, with one thread; \(operation.reasonForOneCall(elementType))"
    case .steps(let count, let rows, let columns):
      "\(what): \(count) steps on \(rows) × \(columns) elements each, shared by all workers, one thread in each"
    }
  }
}

extension DenseOperation {
  fileprivate var words: (name: String, shape: String) {
    switch self {
    case .product(let rows, let inner, let columns):
      ("product", "\(rows) × \(inner) by \(inner) × \(columns)")
    case .lu(let rows, let columns): ("LU", "\(rows) × \(columns)")
    case .cholesky(let order): ("Cholesky", "\(order) × \(order)")
    case .qr(let rows, let columns): ("QR", "\(rows) × \(columns)")
    case .other(let name, let rows, let columns): (name, "\(rows) × \(columns)")
    }
  }

  fileprivate func reasonForOneCall(_ type: String) -> String {
    switch self {
    case .other: "LAPACK has no form of it that falls into steps"
    case .product: "it is too small to divide"
    case .lu, .cholesky, .qr:
      type == "Double" || type == "Float"
        ? "it is too small to divide" : "only Double and Float are factored in steps"
    }
  }
}

/// From which size on factorizations are divided: below, the steps are too short for what it costs to hand them
/// out and to look for the next one.
private let leastTiledOrder = 257

extension WorkExecutor {
  /// How an operation is divided among workers. Nothing is computed.
  ///
  ///     print(pool.explain(.cholesky(order: 4096), of: Double.self))
  public func explain<Element: LinearAlgebraScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) -> DensePlan {
    DensePlan(
      operation: operation, elementType: "\(type)", way: way(of: operation, Element.scalarType))
  }

  private func way(of operation: DenseOperation, _ type: ScalarType) -> DensePlan.Way {
    let elementType: ElementType
    switch type {
    case .float64: elementType = .float64
    case .float32: elementType = .float32
    case .complexFloat64, .complexFloat32: return .oneCall
    }
    func layout(_ rows: Int, _ columns: Int) -> OperandLayout {
      OperandLayout(
        matrixOf: elementType, rows: rows, columns: columns, rowStride: 1,
        columnStride: max(1, rows))
    }
    switch operation {
    case .product(let rows, let inner, let columns):
      let plan = try? KernelFamily.matrixProduct[elementType].plan(
        for: KernelShape(
          inputs: [layout(rows, inner), layout(inner, columns)], outputs: [layout(rows, columns)]))
      guard case .tiles(_, _, let height, let width) = plan, let count = plan?.chunkCount, count > 1
      else { return .oneCall }
      return .steps(count, rows: min(rows, height), columns: min(columns, width))
    case .lu(let rows, let columns):
      guard min(rows, columns) >= leastTiledOrder else { return .oneCall }
      let steps = KernelFamily.luSteps(rows: rows, columns: columns)
      return .steps(steps.count, rows: rows, columns: steps.width)
    case .qr(let rows, let columns):
      guard min(rows, columns) >= leastTiledOrder else { return .oneCall }
      let steps = KernelFamily.qrSteps(rows: rows, columns: columns)
      return .steps(steps.count, rows: rows, columns: steps.width)
    case .cholesky(let order):
      guard order >= leastTiledOrder else { return .oneCall }
      let steps = KernelFamily.choleskySteps(order: order)
      return .steps(steps.count, rows: steps.width, columns: steps.width)
    case .other: return .oneCall
    }
  }

  /// Whether a factorization is divided.
  func isDivided<Element: LinearAlgebraScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) -> Bool {
    way(of: operation, Element.scalarType) != .oneCall
  }
}
