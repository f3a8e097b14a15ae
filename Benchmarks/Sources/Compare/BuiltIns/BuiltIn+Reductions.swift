import Echelon
import EchelonLinearAlgebra

extension BuiltIn {
  static let statistics =
    inOrder(Double.self) + inOrder(Float.self) + [
      BuiltIn("histogram, weighted, Double") { inputs in
        let (x, weights) = (try inputs.doubles(), try inputs.doubles(seed: 2))
        return { _ = try inputs.pool.histogram(x, weights: weights, bins: 100, in: 0...1) }
      },
      BuiltIn("quantiles, weighted, Double") { inputs in
        let (x, weights) = (try inputs.doubles(), try inputs.doubles(seed: 2))
        return { _ = try inputs.pool.quantiles(x, [0.1, 0.5, 0.9], weights: weights) }
      },
      BuiltIn("weighted moments, Double") { inputs in
        let (x, weights) = (try inputs.doubles(), try inputs.doubles(seed: 2))
        return { _ = try inputs.pool.weightedMoments(x, weights: weights) }
      },
      BuiltIn("covariance of 16 columns, Double") { inputs in
        let x = try observations(inputs)
        return { _ = try inputs.pool.covariance(x) }
      },
      BuiltIn("covariance, weighted, of 16 columns, Double") { inputs in
        let x = try observations(inputs)
        let weights = try inputs.doubles(seed: 2)[0..<x.rows]
        return { _ = try inputs.pool.covariance(x, weights: weights) }
      },
      BuiltIn("Monte Carlo, uniform") { inputs in
        let samples = inputs.count(of: Double.self)
        return {
          _ = try inputs.pool.monteCarlo(samples: samples, seed: 1) { generator in
            let (x, y) = (generator.uniform(), generator.uniform())
            return x * x + y * y < 1 ? 4 : 0
          }
        }
      },
      BuiltIn("Monte Carlo, normal") { inputs in
        let samples = inputs.count(of: Double.self)
        return { _ = try inputs.pool.monteCarlo(samples: samples, seed: 1) { $0.normal() } }
      },
    ]

  private static func observations(_ inputs: Inputs) throws -> SharedMatrix<Double> {
    let x = try inputs.doubles()
    return x[0..<x.count / 16 * 16].reshaped(rows: x.count / 16, columns: 16)
  }

  private static func inOrder<Element: TimedElement & KernelElement & BinaryFloatingPoint>(
    _ type: Element.Type
  ) -> [BuiltIn] {
    [
      BuiltIn("median, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.median(x) }
      },
      BuiltIn("cumulative sum, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.cumulativeSum(x) }
      },
      BuiltIn("cumulative product, \(type)") { inputs in
        let x = try inputs.array { 1 + Element($0.uniform() - 0.5) * 0x1p-20 }
        return { _ = try inputs.pool.cumulativeProduct(x) }
      },
      BuiltIn("exact sum, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.exactSum(x) }
      },
      BuiltIn("autocorrelation, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.autocorrelation(x, lag: 3) }
      },
    ]
  }

  static let wholeNumbers = integers(Int64.self) + integers(Int32.self) + integers(UInt8.self)

  private static func integers<Element: TimedElement & VectorInteger>(
    _ type: Element.Type
  ) -> [BuiltIn] {
    [
      BuiltIn("sum, \(type)") { inputs in
        // Small enough for the sum of all.
        let x = try inputs.array { Element(truncatingIfNeeded: $0.next() >> 40) }
        return { _ = try inputs.pool.sum(x) }
      },
      BuiltIn("sum where a mask holds, \(type)") { inputs in
        let x = try inputs.array { Element(truncatingIfNeeded: $0.next() >> 40) }
        return { _ = try inputs.pool.sum(x, where: x .> 100) }
      },
      BuiltIn("minimum, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.minimum(x) }
      },
      BuiltIn("position of the maximum, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.maximumPosition(x) }
      },
      BuiltIn("count where, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.count(where: x .> 100) }
      },
    ]
  }

  static let reductions =
    floating(Double.self) + floating(Float.self) + [
      BuiltIn("reduce with +, Double") { inputs in
        let x = try inputs.doubles()
        return { _ = try inputs.pool.reduce(x, initial: 0) { $0 + $1 } }
      },
      BuiltIn("reduce with max, Int32") { inputs in
        let x = try inputs.numbers(of: Int32.self)
        return { _ = try inputs.pool.reduce(x, initial: 0) { max($0, $1) } }
      },
      BuiltIn("reduce with &+, Int64") { inputs in
        let x = try inputs.numbers(of: Int64.self)
        return { _ = try inputs.pool.reduce(x, initial: 0) { $0 &+ $1 } }
      },
    ]

  private static func floating<Element: TimedElement & KernelElement>(
    _ type: Element.Type
  ) -> [BuiltIn] {
    [
      reduction("sum", type) { _ = try $0.sum($1) },
      reduction("product", type) { _ = try $0.product($1) },
      reduction("sum without NaN", type) { _ = try $0.sum($1, ignoringNaN: true) },
      reduction("dot of expressions", type) { _ = try $0.dot($1 * $1, $1) },
      reduction("minimum", type) { _ = try $0.minimum($1) },
      reduction("position of the minimum", type) { _ = try $0.minimumPosition($1) },
      reduction("moments", type) { _ = try $0.moments($1) },
      reduction("higher moments", type) { _ = try $0.higherMoments($1) },
      reduction("norm", type) { _ = try $0.norm($1) },
      reduction("norm, p = 3", type) { _ = try $0.norm($1, .p(3)) },
      reduction("log-sum-exp", type) { _ = try $0.logSumExp($1) },
      reduction("count where", type) { _ = try $0.count(where: $1 .> $1 * $1) },
    ]
  }

  private static func reduction<Element: TimedElement>(
    _ name: String, _ type: Element.Type,
    _ run: @escaping @Sendable (ProcessPool, SharedArray<Element>) throws -> Void
  ) -> BuiltIn {
    BuiltIn("\(name), \(type)") { inputs in
      let x = try inputs.numbers(of: type)
      return { try run(inputs.pool, x) }
    }
  }

  static let slices =
    eachSlice(Double.self) + eachSlice(Float.self) + wholeSlices(Int64.self)
    + wholeSlices(Int32.self) + wholeSlices(UInt8.self)

  private static func wholeSlices<Element: TimedElement & VectorInteger>(
    _ type: Element.Type
  ) -> [BuiltIn] {
    [MatrixSlice.row, .column].flatMap { slice in
      [
        slices("sum", slice, type) { _ = try $0.sum($1 & 0xf, each: $2) },
        slices("position of the maximum", slice, type) {
          _ = try $0.maximumPosition($1, each: $2)
        },
        slices("count where", slice, type) { _ = try $0.count(where: $1 .> 100, each: $2) },
        slices("sorted", slice, type) { _ = try $0.sorted($1, each: $2) },
      ]
    }
  }

  private static func eachSlice<
    Element: TimedElement & KernelElement & SortableElement & BinaryFloatingPoint
  >(
    _ type: Element.Type
  ) -> [BuiltIn] {
    [MatrixSlice.row, .column].flatMap { slice in
      [
        slices("sum", slice, type) { _ = try $0.sum($1, each: $2) },
        slices("product", slice, type) { _ = try $0.product($1, each: $2) },
        slices("maximum", slice, type) { _ = try $0.maximum($1, each: $2) },
        slices("moments", slice, type) { _ = try $0.moments($1, each: $2) },
        slices("position of the minimum", slice, type) { _ = try $0.minimumPosition($1, each: $2) },
        slices("norm", slice, type) { _ = try $0.norm($1, each: $2) },
        slices("log-sum-exp", slice, type) { _ = try $0.logSumExp($1, each: $2) },
        slices("sum without NaN", slice, type) { _ = try $0.sum($1, each: $2, ignoringNaN: true) },
        slices("count where", slice, type) { _ = try $0.count(where: $1 .> 0.5, each: $2) },
        slices("median", slice, type) { _ = try $0.median($1, each: $2) },
        slices("histogram", slice, type) { _ = try $0.histogram($1, bins: 9, in: 0...1, each: $2) },
        slices("exact sum", slice, type) { _ = try $0.exactSum($1, each: $2) },
        slices("cumulative sum", slice, type) { _ = try $0.cumulativeSum($1, each: $2) },
        slices("cumulative product", slice, type) { _ = try $0.cumulativeProduct($1, each: $2) },
        slices("sorted", slice, type) { _ = try $0.sorted($1, each: $2) },
        slices("sorted indices", slice, type) { _ = try $0.sortedIndices($1, each: $2) },
      ]
    }
  }

  private static func slices<Element: TimedElement>(
    _ name: String, _ slice: MatrixSlice, _ type: Element.Type,
    _ run: @escaping @Sendable (ProcessPool, SharedMatrix<Element>, MatrixSlice) throws -> Void
  ) -> BuiltIn {
    BuiltIn("\(name) of each \(slice), \(type)") { inputs in
      let x = try inputs.matrix { Element(random: &$0) }
      return { try run(inputs.pool, x, slice) }
    }
  }
}
