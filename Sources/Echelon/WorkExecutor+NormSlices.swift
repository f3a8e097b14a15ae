public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire
import Glibc

// Norms and what else takes several passes, every row or column by itself, with the bits that it has by itself.

extension WorkExecutor {
  /// A norm of every row or column, in order; see the norm of a vector.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it; an array is one row.
  ///   - norm: which one.
  ///   - slice: rows or columns.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: as the norm of a vector.
  public func norm<X: ArrayOperand>(
    _ x: X, _ norm: VectorNorm = .two, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Double> where X.Element: KernelElement {
    if ignoringNaN {
      return try await self.norm(
        x.expression.without(nan: 0), norm, each: slice, priority: priority)
    }
    typealias Element = X.Element
    let power = try norm.checkedPower
    let shape = try ExpressionPlan([x.expression.node], operation: "norm").shape
    return try await inSteps {
      let x = try await leavingRoom([x.expression], priority)[0]
      guard shape.length(of: slice) > 0 else {
        return try array(repeating: 0, count: shape.count(of: slice))
      }
      if norm == .one {
        return try await start(
          .sumInDouble(of: Element.self), abs(x), each: slice, priority: priority
        ).value
      }
      var squares: SharedArray<Double>?
      if norm == .two {
        let found = try await start(
          .dotInDouble(of: Element.self), x, x, each: slice, priority: priority
        ).value
        if found.withSpan({ x in x.indices.allSatisfy { x[$0].isInUsualRange } }) {
          return try array(count: found.count) { found[$0].squareRoot() }
        }
        squares = found
      }
      let largest = try await maximum(abs(x), each: slice, priority: priority)
      if norm == .infinity { return try array(count: largest.count) { Double(largest[$0]) } }
      // Of what is 0, infinite or NaN the largest element is the norm.
      let scales = try array(count: largest.count) { vector in
        largest[vector].isFinite && largest[vector] > 0 ? largest[vector] : 1
      }
      let scaled = x / scales.repeated(for: slice)
      let totals: SharedArray<Double>
      if let power {
        totals = try await start(
          .sumInDouble(of: Element.self), pow(abs(scaled), Element(power)), each: slice,
          priority: priority
        ).value
      } else {
        totals = try await start(
          .dotInDouble(of: Element.self), scaled, scaled, each: slice, priority: priority
        ).value
      }
      return try array(count: totals.count) { vector in
        if let squares, squares[vector].isInUsualRange { return squares[vector].squareRoot() }
        guard largest[vector].isFinite, largest[vector] > 0 else { return Double(largest[vector]) }
        let root = power.map { pow(totals[vector], 1 / $0) } ?? totals[vector].squareRoot()
        return root * Double(largest[vector])
      }
    }
  }

  /// A norm of every row or column, blocking; see the async form.
  @available(*, noasync)
  public func norm<X: ArrayOperand>(
    _ x: X, _ norm: VectorNorm = .two, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Double> where X.Element: KernelElement {
    try startSteps { [self] in
      try await self.norm(x, norm, each: slice, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// `ln Σ exp` of every row or column, in order; see `logSumExp` of a vector.
  /// - Parameters: as for the norms of every row or column.
  public func logSumExp<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: KernelElement {
    if ignoringNaN {
      return try await logSumExp(
        x.expression.without(nan: -.infinity), each: slice, priority: priority)
    }
    let shape = try ExpressionPlan([x.expression.node], operation: "logSumExp").shape
    return try await inSteps {
      let x = try await leavingRoom([x.expression], priority)[0]
      guard shape.length(of: slice) > 0 else {
        return try array(repeating: -.infinity, count: shape.count(of: slice))
      }
      let largest = try await maximum(x, each: slice, priority: priority)
      let bases = try array(count: largest.count) { largest[$0].isFinite ? largest[$0] : 0 }
      let totals = try await sum(
        exp(x - bases.repeated(for: slice)), each: slice, priority: priority)
      return try array(count: totals.count) { vector in
        guard largest[vector].isFinite else { return largest[vector] }
        return X.Element(Double(largest[vector]) + log(Double(totals[vector])))
      }
    }
  }

  /// `ln Σ exp` of every row or column, blocking; see the async form.
  @available(*, noasync)
  public func logSumExp<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: KernelElement {
    try startSteps { [self] in
      try await logSumExp(x, each: slice, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// Mean and variance of every row or column with weights, in order; see `weightedMoments` of a vector.
  /// - Parameters:
  ///   - x: a matrix, any view, or an expression with one in it.
  ///   - weights: of the same shape, none negative. For weights that are the same in every vector,
  ///     `w + pool.matrix(repeating: 0, …)` repeats them.
  ///   - slice: rows or columns.
  ///   - ignoringNaN: whether elements that are NaN are left out, with their weights.
  ///   - priority: how urgent it is; it gives way to more urgent work between two panels.
  /// - Throws: `KernelError` when the shapes differ. NaN where the weights add up to 0.
  public func weightedMoments<X: ArrayOperand>(
    _ x: X, weights: some ArrayOperand<X.Element>, each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedArray<WeightedMoments> where X.Element: KernelElement {
    typealias Element = X.Element
    _ = try ExpressionShape(
      same: [x.expression.node, weights.expression.node], operation: "weightedMoments")
    if ignoringNaN {
      return try await weightedMoments(
        x.expression.without(nan: 0), weights: select(x.expression .== x.expression, weights, 0),
        each: slice, priority: priority)
    }
    return try await inSteps {
      let room = try await leavingRoom([x.expression, weights.expression], priority)
      let (x, weights) = (room[0], room[1])
      let totals = try await start(
        .sumInDouble(of: Element.self), weights, each: slice, priority: priority
      ).value
      let sums = try await start(
        .dotInDouble(of: Element.self), x, weights, each: slice, priority: priority
      ).value
      let means = try array(count: sums.count) { Element(sums[$0] / totals[$0]) }
      let deviation = x - means.repeated(for: slice)
      let weighted = deviation * weights
      let rests = try await start(
        .sumInDouble(of: Element.self), weighted, each: slice, priority: priority
      ).value
      let squares = try await start(
        .dotInDouble(of: Element.self), deviation, weighted, each: slice, priority: priority
      ).value
      return try array(count: sums.count) { vector in
        WeightedMoments(
          total: totals[vector], sum: sums[vector], rest: rests[vector], squares: squares[vector])
      }
    }
  }

  /// Mean and variance of every row or column with weights, blocking; see the async form.
  @available(*, noasync)
  public func weightedMoments<X: ArrayOperand>(
    _ x: X, weights: some ArrayOperand<X.Element>, each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedArray<WeightedMoments> where X.Element: KernelElement {
    try startSteps { [self] in
      try await weightedMoments(
        x, weights: weights, each: slice, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }
}

extension WorkExecutor {
  /// The same operands, to which another array can be added: of expressions over as many arrays as one can have,
  /// matrices are made first.
  fileprivate func leavingRoom<Element>(
    _ operands: [ArrayExpression<Element>], _ priority: WorkPriority
  ) async throws -> [ArrayExpression<Element>] {
    let plan = try ExpressionPlan(operands.map(\.node), operation: "evaluate")
    guard plan.leaves.count == expressionArrayLimit else { return operands }
    var matrices: [ArrayExpression<Element>] = []
    for operand in operands {
      matrices.append(
        try await finished(startEvaluateMatrix(operand, priority: priority)).expression)
    }
    return matrices
  }
}

extension ExpressionShape {
  /// How many vectors there are.
  func count(of slice: MatrixSlice) -> Int { slice == .row ? rows : columns }
  /// Elements of a vector.
  func length(of slice: MatrixSlice) -> Int { slice == .row ? columns : rows }
}

extension SharedArray where Element: VectorProgramScalar {
  /// One number for each row or column, as an operand that repeats it along that.
  func repeated(for slice: MatrixSlice) -> ArrayExpression<Element> {
    (slice == .row ? asColumn : asRow).expression
  }
}
