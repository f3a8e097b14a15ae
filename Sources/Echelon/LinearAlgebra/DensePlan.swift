import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory

/// How an operation of dense linear algebra is divided among workers: what `explain` returns.
///
/// It depends on the operation, the shape and the element type only, so the bits of the result are the same for any
/// number of workers and for any view of the same elements.
public struct DensePlan: Hashable, Sendable, CustomStringConvertible {
  /// The ways.
  public enum Way: Hashable, Sendable {
    /// One wide call, of BLAS or LAPACK, or several after one another, by one worker.
    case oneCall
    /// The workers share steps, each on one tile of a matrix or on one block of its rows or columns: of the factors, of
    /// a product, or of the matrix that a vector is multiplied by. What solves a system by the factors is one call
    /// after them.
    /// - Parameters:
    ///   - steps: how many there are.
    ///   - rows: of a tile or block of rows; of a block of columns all.
    ///   - columns: of a tile or block of columns; of a block of rows all.
    case steps(Int, rows: Int, columns: Int)
    /// The workers share steps on blocks of rows, which form a tree: QR of a matrix with many more rows than columns.
    /// Each block is factored alone, then what that leaves of several, one below the other, and so on; and what has
    /// been found at the top goes the same way down.
    /// - Parameters:
    ///   - steps: how many there are.
    ///   - blocks: of the matrix, the leaves of the tree.
    ///   - rows: of a block, which may have one fewer.
    case tree(steps: Int, blocks: Int, rows: Int)
    /// Many narrow calls, one for each matrix of a batch: the workers share chunks of matrices.
    /// - Parameters:
    ///   - chunks: how many there are.
    ///   - matrices: in each but the last, which may have fewer.
    case chunks(Int, matrices: Int)
    /// One matrix of a batch after the other, few and large ones: the workers share the steps of each.
    /// - Parameters:
    ///   - matrices: how many there are.
    ///   - steps: of each, of its factorization or product.
    case oneByOne(matrices: Int, steps: Int)
  }

  /// What is planned.
  public let operation: DenseOperation
  /// The element type, such as `Double`.
  public let elementType: String
  /// How it is divided.
  public let way: Way
  /// Threads of the BLAS inside one call: two in a wide call whose matrix has 400 rows and columns or more, else one, and
  /// always one of a BLAS without threads, as the reference BLAS is. With one BLAS they depend on the shape only, since
  /// their number shows in the bits of the result.
  public let blasThreadCount: Int

  fileprivate init(_ operation: DenseOperation, _ type: Any.Type, way: Way) {
    self.operation = operation
    elementType = "\(type)"
    self.way = way
    blasThreadCount =
      way == .oneCall && BLASInfo.hasThreads ? operation.wideCallThreadCount : 1
  }

  /// One sentence: what is done, in how many pieces, and why.
  public var description: String {
    let (name, shape) = operation.words
    let what = "\(name) of \(shape) \(elementType)"
    let threads = blasThreadCount == 1 ? "one thread" : "\(blasThreadCount) threads"
    return switch way {
    case .oneCall:
      "\(what): one call in one worker, with \(threads); "
        + operation.reasonForOneCall
    case .steps(let count, let rows, let columns):
      "\(what): \(count) steps on up to \(rows) × \(columns) elements each, shared by all workers, \(threads) in each"
    case .tree(let count, let blocks, let rows):
      "\(what): \(count) steps on a tree over \(blocks) blocks of up to \(rows) rows, shared by all workers, "
        + "\(threads) in each"
    case .chunks(let count, let matrices):
      "\(what): \(count) \(count == 1 ? "chunk" : "chunks") of "
        + (matrices == 1 ? "one matrix each, " : "up to \(matrices) matrices, ")
        + "shared by all workers, \(threads) in each; each matrix is worked on by one worker"
    case .oneByOne(_, let steps):
      "\(what): one matrix after the other, each in \(steps) steps shared by all workers, \(threads) in each"
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
  ///
  /// Sizes and counts are 0 to 2³¹ - 1, as LAPACK counts them; of others it traps.
  public func explain<Element: LinearAlgebraScalar>(
    _ operation: DenseOperation, of type: Element.Type
  ) -> DensePlan {
    operation.checkSizes()
    return DensePlan(operation, type, way: way(of: operation, type.scalarType))
  }

  private func way(of operation: DenseOperation, _ type: ScalarType) -> DensePlan.Way {
    switch operation {
    case .product(let rows, let inner, let columns):
      if let elementType = ElementType(type) {
        return wayOfProduct(rows, inner, columns, elementType)
      }
      return wayOf(BlockGrid.product(rows: rows, columns: columns))
    case .structuredProduct(_, let order, let columns):
      return wayOf(BlockGrid.structuredProduct(rows: order, columns: columns))
    case .outer(let rows, let columns):
      return wayOf(BlockGrid.product(rows: rows, columns: columns))
    case .matrixVector(let rows, let columns):
      let grid = BlockGrid.matrixVector(rows: rows, columns: columns)
      return grid.count > 1
        ? .steps(grid.count, rows: min(rows, grid.blockRows), columns: columns) : .oneCall
    case .batch(let operation, let count):
      if let single = operation.single(count: count),
        case .steps(let steps, _, _) = way(of: single, type)
      {
        return .oneByOne(matrices: count, steps: steps)
      }
      let work = BatchWork(type, count: count, operation)
      return .chunks(work.chunkCount, matrices: work.chunkLength)
    case .lu, .qr, .cholesky: return wayOfSteps(operation)
    case .solve(let order, let structure):
      let factorization = DenseOperation.factorization(order: order, structure)
      return factorization.map { way(of: $0, type) } ?? .oneCall
    case .pivotedQR, .byFactors, .svd, .symmetricEigen, .eigen, .schur, .leastSquares,
      .principalComponents, .matrixExponential, .matrixNorm, .other:
      return .oneCall
    }
  }

  private func wayOf(_ grid: BlockGrid) -> DensePlan.Way {
    grid.count > 1
      ? .steps(
        grid.count, rows: min(grid.rows, grid.blockRows),
        columns: min(grid.columns, grid.blockColumns)) : .oneCall
  }

  /// That of the kernel for products of real numbers.
  private func wayOfProduct(
    _ rows: Int, _ inner: Int, _ columns: Int, _ type: ElementType
  ) -> DensePlan.Way {
    func layout(_ rows: Int, _ columns: Int) -> OperandLayout {
      OperandLayout(
        matrixOf: type, rows: rows, columns: columns, rowStride: 1, columnStride: max(1, rows))
    }
    let plan = try? KernelFamily.matrixProduct[type].plan(
      for: KernelShape(
        inputs: [layout(rows, inner), layout(inner, columns)], outputs: [layout(rows, columns)]))
    guard case .tiles(_, _, let height, let width) = plan, let count = plan?.chunkCount, count > 1
    else { return .oneCall }
    return .steps(count, rows: min(rows, height), columns: min(columns, width))
  }

  /// That of a factorization for which there are steps.
  private func wayOfSteps(_ operation: DenseOperation) -> DensePlan.Way {
    switch operation {
    case .lu(let rows, let columns) where min(rows, columns) >= leastTiledOrder:
      let steps = KernelFamily.luSteps(rows: rows, columns: columns)
      return .steps(steps.count, rows: rows, columns: steps.width)
    case .qr(let rows, let columns) where KernelFamily.isTall(rows: rows, columns: columns):
      let tree = KernelFamily.tallQRSteps(rows: rows, columns: columns)
      return .tree(steps: tree.count, blocks: tree.blockCount, rows: tree.blockRows)
    case .qr(let rows, let columns) where min(rows, columns) >= leastTiledOrder:
      let steps = KernelFamily.qrSteps(rows: rows, columns: columns)
      return .steps(steps.count, rows: rows, columns: steps.width)
    case .cholesky(let order) where order >= leastTiledOrder:
      let steps = KernelFamily.choleskySteps(order: order)
      return .steps(steps.count, rows: min(order, steps.height), columns: steps.width)
    default: return .oneCall
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
  /// That of the kernels for Double or Float; nil of complex numbers, whose products are no kernel's.
  fileprivate init?(_ type: ScalarType) {
    switch type {
    case .float64: self = .float64
    case .float32: self = .float32
    case .complexFloat64, .complexFloat32: return nil
    }
  }
}
