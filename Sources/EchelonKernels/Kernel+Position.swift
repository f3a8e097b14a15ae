public import EchelonLinearAlgebra
internal import EchelonMemory

/// An element, and where in its vector it is.
public struct Extreme<Element: VectorProgramScalar & Hashable>: Sendable, Hashable, BitwiseCopyable {
  /// The element.
  public let value: Element
  /// Its position, from 0; of equal ones the first.
  public let index: Int

  /// Both put together as they are.
  public init(value: Element, index: Int) {
    self.value = value
    self.index = index
  }
}

extension Extreme where Element: KernelElement {
  /// - Returns: nil for the partial result of no elements.
  init?(_ partial: KernelPartial) {
    guard partial[integer: 0] > 0 else { return nil }
    self.init(value: Element(partial[double: 1]), index: partial[integer: 2])
  }
}

extension Kernel {
  /// A reduction to an extreme element and its position. Words of its partial result: count, value, position.
  static func position<Element: KernelElement>(
    family: UInt32, name: String, summary: String, over type: Element.Type, worst: Double,
    extreme: @escaping @Sendable (Span<Element>) -> Element,
    isBetter: @escaping @Sendable (Double, Double) -> Bool
  ) -> Kernel {
    var kernel = reduction(
      family: family, name: name, summary: summary, over: type, operationsPerElement: 2,
      identity: extremePartial(count: 0, worst),
      run: { call, range in
        call.inputs[0].withSpan(of: type, range) { span in
          let value = extreme(span)
          var partial = extremePartial(count: range.count, Double(value))
          // In the cache still; mostly a fraction of the chunk.
          for index in span.indices where isSame(Double(span[index]), Double(value)) {
            partial[integer: 2] = range.lowerBound + index
            break
          }
          return partial
        }
      },
      merge: { left, right in
        if left[integer: 0] == 0 { return right }
        if right[integer: 0] == 0 { return left }
        var best = isAhead(right[double: 1], of: left[double: 1], isBetter) ? right : left
        best[integer: 0] = left[integer: 0] + right[integer: 0]
        return best
      },
      oracle: KernelOracle(
        expected: { call in
          let x = call.inputs[0].values(of: type)
          guard var best = x.first else { return [worst, 0] }
          var position = 0
          for (index, value) in x.enumerated() where isAhead(value, of: best, isBetter) {
            (best, position) = (value, index)
          }
          return [best, Double(position)]
        },
        observed: { [$1[double: 1], Double($1[integer: 2])] },
        tolerance: { _ in [0, 0] }))
    kernel.movePositions = { partial, place in
      guard partial[integer: 0] > 0 else { return partial }
      var moved = partial
      moved[integer: 2] = place(partial[integer: 2])
      return moved
    }
    return kernel
  }
}

/// Whether two numbers are one as far as extremes go: zeros of different signs are not, all NaN are.
private func isSame(_ a: Double, _ b: Double) -> Bool {
  a == b ? a.sign == b.sign || a != 0 : a.isNaN && b.isNaN
}

/// Whether `a`, which comes later, is a better extreme than `b`. NaN is the best of all.
private func isAhead(
  _ a: Double, of b: Double, _ isBetter: (Double, Double) -> Bool
) -> Bool {
  if a.isNaN || b.isNaN { return !b.isNaN }
  // By the sign bit alone, -0 is the smaller.
  if a == 0, b == 0 { return isBetter(a.sign == .minus ? -1 : 1, b.sign == .minus ? -1 : 1) }
  return isBetter(a, b)
}
