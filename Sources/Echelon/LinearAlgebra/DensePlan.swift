import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory

/// How an operation of dense linear algebra is divided among workers: what `explain` returns.
///
/// It depends on the operation, the shape and the element type only. So do the bits of the result: they are the same
/// for any number of workers.
public struct DensePlan: Hashable, Sendable, CustomStringConvertible {
  /// The three ways.
  public enum Way: Hashable, Sendable {
    /// One wide call: of BLAS or LAPACK, by one worker.
    case oneCall
    /// The workers share steps, each on one tile of the matrix or on one block of its columns. What solves a system
    /// by the factors is one call after them.
    /// - Parameters:
    ///   - steps: how many there are.
    ///   - rows: of a tile; of a block of columns all.
    ///   - columns: of a tile or block.
    case steps(Int, rows: Int, columns: Int)
    /// Many narrow calls, one for each matrix of a batch: the workers share chunks of matrices.
    /// - Parameters:
    ///   - chunks: how many there are.
    ///   - matrices: in each but the last, which may have fewer.
    case chunks(Int, matrices: Int)
  }

  /// What is planned.
  public let operation: DenseOperation
  /// The element type, such as `Double`.
  public let elementType: String
  /// How it is divided.
  public let way: Way
  /// Threads of the BLAS inside one call: two in a wide call whose matrix has 400 rows and columns or more, else one.
  /// They depend on the shape only, since their number shows in the bits of the result.
  public let blasThreadCount: Int
  private let isFactoredInSteps: Bool

  fileprivate init(_ operation: DenseOperation, _ type: Any.Type, way: Way) {
    self.operation = operation
    elementType = "\(type)"
    self.way = way
    blasThreadCount = way == .oneCall ? operation.wideCallThreadCount : 1
    isFactoredInSteps = ElementType(of: type) != nil
  }

  /// One sentence: what is done, in how many pieces, and why.
  public var description: String {
    let (name, shape) = operation.words
    let what = "\(name) of \(shape) \(elementType)"
    let threads = blasThreadCount == 1 ? "one thread" : "\(blasThreadCount) threads"
    return switch way {
    case .oneCall:
      "\(what): one call in one worker, with \(threads); "
        + operation.reasonForOneCall(isFactoredInSteps: isFactoredInSteps)
    case .steps(let count, let rows, let columns):
      "\(what): \(count) steps on up to \(rows) × \(columns) elements each, shared by all workers, \(threads) in each"
    case .chunks(let count, let matrices):
      "\(what): \(count) \(count == 1 ? "chunk" : "chunks") of up to \(matrices) matrices, "
        + "shared by all workers, \(threads) in each; each matrix is worked on by one worker"
    }
  }
}

/// From which size on factorizations are divided: below, the steps are too short for what it costs to hand them
/// out and to look for the next one.
private let leastTiledOrder = 257

extension WorkExecutor {
  /// How an operation is divided among workers: as one wide call, as steps that they share, or as many narrow calls.
  /// Nothing is computed.
  ///
  ///     print(pool.explain(.cholesky(order: 4096), of: Double.self))
  ///     print(pool.explain(.batch(.solve(order: 50, rightSides: 1), count: 10_000), of: Double.self))
  public func explain<Element: LinearAlgebraScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) -> DensePlan {
    DensePlan(operation, type, way: way(of: operation, type.scalarType))
  }

  private func way(of operation: DenseOperation, _ type: ScalarType) -> DensePlan.Way {
    let elementType = ElementType(type)
    if case .batch(let operation, let count) = operation {
      let work = BatchWork(type, count: count, operation)
      return .chunks(work.chunkCount, matrices: work.chunkLength)
    }
    guard let elementType else {
      guard case .product(let rows, _, let columns) = operation else { return .oneCall }
      let grid = BlockGrid.product(rows: rows, columns: columns)
      guard grid.count > 1 else { return .oneCall }
      return .steps(
        grid.count, rows: min(rows, grid.blockRows), columns: min(columns, grid.blockColumns))
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
      return .steps(steps.count, rows: min(order, steps.height), columns: steps.width)
    case .solve(let order, let structure):
      let factorization = DenseOperation.factorization(order: order, structure)
      return factorization.map { way(of: $0, type) } ?? .oneCall
    case .svd, .symmetricEigen, .eigen, .schur, .leastSquares, .other, .batch: return .oneCall
    }
  }

  /// Whether a factorization, or the solution of a system, is divided.
  func isDivided<Element: LinearAlgebraScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) -> Bool {
    way(of: operation, type.scalarType) != .oneCall
  }
}

extension ElementType {
  /// That of the kernels for Double or Float; nil of complex numbers, which there are no kernels for.
  fileprivate init?(_ type: ScalarType) {
    switch type {
    case .float64: self = .float64
    case .float32: self = .float32
    case .complexFloat64, .complexFloat32: return nil
    }
  }
}
