public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire
import Glibc

/// Which norm of a vector.
public enum VectorNorm: Sendable, Hashable {
  /// `Σ |xᵢ|`.
  case one
  /// `√(Σ xᵢ²)`; neither overflows nor underflows on the way.
  case two
  /// `max |xᵢ|`.
  case infinity
  /// `(Σ |xᵢ|ᵖ)^(1/p)`, p > 0.
  case p(Double)
}

/// Mean and variance of elements that count as much as their weights say.
public struct WeightedMoments: Sendable, Hashable, BitwiseCopyable {
  /// `Σ wᵢ`.
  public let sumOfWeights: Double
  /// `Σ wᵢ·xᵢ / Σ wᵢ`.
  public let mean: Double
  /// `Σ wᵢ·(xᵢ - mean)² / Σ wᵢ`.
  public let populationVariance: Double

  /// The variance of a sample whose weights are numbers of repetitions, divisor `Σ wᵢ - 1`.
  public var variance: Double { populationVariance * sumOfWeights / (sumOfWeights - 1) }
  /// The square root of `variance`.
  public var standardDeviation: Double { variance.squareRoot() }

  /// - Parameters:
  ///   - total: of the weights.
  ///   - sum: `Σ wᵢ·xᵢ`.
  ///   - rest: `Σ wᵢ·(xᵢ - m)`, where m is the mean as the element type has it.
  ///   - squares: `Σ wᵢ·(xᵢ - m)²`.
  init(total: Double, sum: Double, rest: Double, squares: Double) {
    sumOfWeights = total
    mean = sum / total
    let variance = (squares - rest * rest / total) / total
    populationVariance = variance < 0 ? 0 : variance  // NaN stays
  }
}

extension WorkExecutor {
  /// How many elements a mask holds for.
  public func count<Element: VectorProgramScalar>(
    where mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Int {
    try await startCount(mask, JobOptions(priority: priority, deadline: deadline)).value
  }

  /// How many elements a mask holds for, blocking.
  @available(*, noasync)
  public func count<Element: VectorProgramScalar>(
    where mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Int {
    try startCount(mask, JobOptions(priority: priority, deadline: deadline)).result()
  }

  /// Whether a mask holds for any element; false for none.
  public func any<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Bool {
    try await startCount(mask, JobOptions(priority: priority, deadline: deadline)).value > 0
  }

  /// Whether a mask holds for any element, blocking; false for none.
  @available(*, noasync)
  public func any<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Bool {
    try startCount(mask, JobOptions(priority: priority, deadline: deadline)).result() > 0
  }

  /// Whether a mask holds for every element; true for none.
  public func all<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Bool {
    try await startCount(.!mask, JobOptions(priority: priority, deadline: deadline)).value == 0
  }

  /// Whether a mask holds for every element, blocking; true for none.
  @available(*, noasync)
  public func all<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Bool {
    try startCount(.!mask, JobOptions(priority: priority, deadline: deadline)).result() == 0
  }
}

extension WorkExecutor {
  /// A norm of a vector, 0 for no elements; NaN and infinities as IEEE arithmetic has them.
  ///
  /// - Accuracy: as `sum` and `dot`, in double precision for Float too. Elements are scaled by the largest one
  ///   for `.p`, and for `.two` where squares overflow or underflow, in passes of their own; powers are rounded
  ///   to the element type.
  /// - Parameter ignoringNaN: whether elements that are NaN are left out.
  /// - Throws: `KernelError` and `ExpressionError` as for `sum`; `PoolError.invalidArgument` for p ≤ 0.
  public func norm<X: ArrayOperand>(
    _ x: X, _ norm: VectorNorm = .two, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> Double where X.Element: KernelElement {
    if ignoringNaN { return try await self.norm(x.expression.without(nan: 0), norm, priority: priority) }
    let power = try norm.checkedPower
    return try await inSteps {
      if norm == .one {
        return try await start(.sumInDouble(of: X.Element.self), abs(x), priority: priority).value
      }
      if norm == .two {
        let square = try await start(.dotInDouble(of: X.Element.self), x, x, priority: priority)
          .value
        if square.isInUsualRange { return square.squareRoot() }
      }
      let largest: X.Element
      do { largest = try await maximum(abs(x), priority: priority) } catch KernelError.emptyInput {
        return 0
      }
      guard norm != .infinity, largest.isFinite, largest > 0 else { return Double(largest) }
      let scaled = x.expression / largest
      guard let power else {
        return try await start(.dotInDouble(of: X.Element.self), scaled, scaled, priority: priority)
          .value.squareRoot() * Double(largest)
      }
      let total = try await start(
        .sumInDouble(of: X.Element.self), pow(abs(scaled), X.Element(power)), priority: priority
      ).value
      return pow(total, 1 / power) * Double(largest)
    }
  }

  /// A norm of a vector, blocking; see the async form.
  @available(*, noasync)
  public func norm<X: ArrayOperand>(
    _ x: X, _ norm: VectorNorm = .two, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Double where X.Element: KernelElement {
    try startSteps { [self] in
      try await self.norm(x, norm, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// `ln Σ exp(xᵢ)`, with no overflow on the way; -∞ for no elements.
  /// - Accuracy: the error is that of `exp` and `sum` about the largest element m, which is
  ///   m + ln Σ exp(xᵢ - m).
  /// - Parameter ignoringNaN: whether elements that are NaN are left out.
  public func logSumExp<X: ArrayOperand>(
    _ x: X, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> X.Element where X.Element: KernelElement {
    if ignoringNaN {
      return try await logSumExp(x.expression.without(nan: -.infinity), priority: priority)
    }
    return try await inSteps {
      let largest: X.Element
      do { largest = try await maximum(x, priority: priority) } catch KernelError.emptyInput {
        return -.infinity
      }
      guard largest.isFinite else { return largest }
      let total = try await sum(exp(x - largest), priority: priority)
      return X.Element(Double(largest) + log(Double(total)))
    }
  }

  /// `ln Σ exp(xᵢ)`, blocking; see the async form.
  @available(*, noasync)
  public func logSumExp<X: ArrayOperand>(
    _ x: X, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> X.Element where X.Element: KernelElement {
    try startSteps { [self] in
      try await logSumExp(x, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }

  /// Mean and variance with weights, in two passes.
  /// - Parameters:
  ///   - weights: of the same shape, none negative.
  ///   - ignoringNaN: whether elements that are NaN are left out, with their weights.
  /// - Accuracy: differences from the mean, and these times their weights, are rounded to the element type; sums
  ///   as `dot`, in double precision.
  /// - Throws: `KernelError` when the counts differ. NaN when the weights add up to 0.
  public func weightedMoments<X: ArrayOperand>(
    _ x: X, weights: some ArrayOperand<X.Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> WeightedMoments where X.Element: KernelElement {
    typealias Element = X.Element
    // Weights are not repeated: the sum of all would be another.
    _ = try ExpressionShape(
      same: [x.expression.node, weights.expression.node], operation: "weightedMoments")
    if ignoringNaN {
      return try await weightedMoments(
        x.expression.without(nan: 0), weights: select(x.expression .== x.expression, weights, 0),
        priority: priority)
    }
    return try await inSteps {
      let total = try await start(.sumInDouble(of: Element.self), weights, priority: priority).value
      let sum = try await start(.dotInDouble(of: Element.self), x, weights, priority: priority)
        .value
      // About the mean as the element type has it, and what that leaves.
      let deviation = x - Element(sum / total)
      let weighted = deviation * weights
      let rest = try await start(.sumInDouble(of: Element.self), weighted, priority: priority).value
      let squares = try await start(
        .dotInDouble(of: Element.self), deviation, weighted, priority: priority
      ).value
      return WeightedMoments(total: total, sum: sum, rest: rest, squares: squares)
    }
  }

  /// Mean and variance with weights, blocking; see the async form.
  @available(*, noasync)
  public func weightedMoments<X: ArrayOperand>(
    _ x: X, weights: some ArrayOperand<X.Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> WeightedMoments where X.Element: KernelElement {
    try startSteps { [self] in
      try await weightedMoments(x, weights: weights, ignoringNaN: ignoringNaN, priority: priority)
    }.result()
  }
}

extension ArrayExpression where Element: KernelElement {
  /// The same with a number in place of each NaN.
  func without(nan number: Element) -> ArrayExpression {
    select(self .== self, self, number)
  }
}

extension VectorNorm {
  /// The power of a norm that is not one of the three.
  var checkedPower: Double? {
    get throws {
      guard case .p(let power) = self else { return nil }
      guard power > 0, power.isFinite else {
        throw PoolError.invalidArgument("a norm of power \(power); it is above 0 and finite")
      }
      return power
    }
  }
}

extension Double {
  /// Whether the root of a sum of squares, which this is, has lost nothing to overflow or underflow.
  var isInUsualRange: Bool { self > 0x1p-900 && self < .infinity }
}
