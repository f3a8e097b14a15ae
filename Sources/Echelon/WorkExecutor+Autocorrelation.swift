public import EchelonKernels
import EchelonLinearAlgebra
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// How an array correlates with itself some places on: Σ (xᵢ − m)(xᵢ₊ₖ − m) / Σ (xᵢ − m)², where m is the mean of
  /// all and k the lag.
  ///
  /// It lies in −1 ... 1, and is 1 for a lag of 0. NaN when all elements are equal, or one is NaN or infinite.
  /// - Parameters:
  ///   - x: n elements.
  ///   - lag: from 0 to n − 1 places.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Accuracy: differences from the mean are rounded to the element type; their products are added as `dot` does
  ///   it, in double precision, and what the rounded mean leaves is taken out again.
  /// - Source: G. E. P. Box, G. M. Jenkins, *Time Series Analysis*, 2.1.5; the lag-1 coefficient of NIST StRD.
  /// - Throws: `PoolError.invalidArgument` for a lag that the elements do not have; `KernelError.emptyInput` for no
  ///   elements.
  public func autocorrelation<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, lag: Int = 1, priority: WorkPriority = .normal
  ) async throws -> Double {
    let operand = try PreparedOperand(x, operation: "autocorrelation")
    let places = operand.count
    guard places > 0 else { throw KernelError.emptyInput(kernel: "autocorrelation") }
    guard (0..<places).contains(lag) else {
      throw PoolError.invalidArgument(
        "a lag of \(lag) in \(places) elements; it is 0 to \(places - 1)")
    }
    return try await inSteps {
      let x = try await operand.array(on: self, priority)
      let mean = Element(try await moments(x, priority: priority).mean)
      let all = x - mean
      let (first, last) = (x[0..<x.count - lag] - mean, x[lag..<x.count] - mean)
      func sum(_ x: ArrayExpression<Element>) async throws -> Double {
        try await start(.sumInDouble(of: Element.self), x, priority: priority).value
      }
      func dot(
        _ x: ArrayExpression<Element>, _ y: ArrayExpression<Element>
      ) async throws -> Double {
        try await start(.dotInDouble(of: Element.self), x, y, priority: priority).value
      }
      let count = Double(x.count)
      let rest = try await sum(all) / count
      let squares = try await dot(all, all) - count * rest * rest
      let sums = try await sum(first) + sum(last)
      let products = try await dot(first, last) - rest * sums + (count - Double(lag)) * rest * rest
      let value = products / squares
      return value.isNaN ? value : Swift.max(-1, Swift.min(1, value))
    }
  }

  /// How an array correlates with itself some places on, blocking; see the async form.
  @available(*, noasync)
  public func autocorrelation<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, lag: Int = 1, priority: WorkPriority = .normal
  ) throws -> Double {
    try startSteps { [self] in try await autocorrelation(x, lag: lag, priority: priority) }.result()
  }
}
