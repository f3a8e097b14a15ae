import Echelon
import EchelonLinearAlgebra

extension BuiltIn {
  static let ordering =
    orders(Double.self) + orders(Float.self) + orders(Int64.self) + orders(Int32.self)
    + orders(UInt8.self)

  private static func orders<Element: TimedElement>(_ type: Element.Type) -> [BuiltIn] {
    [
      BuiltIn("sort, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.sorted(x) }
      },
      BuiltIn("sort, descending, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.sorted(x, .descending) }
      },
      BuiltIn("sorted indices, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.sortedIndices(x) }
      },
      BuiltIn("top 100, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.top(100, of: x) }
      },
      BuiltIn("histogram, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.histogram(x, bins: 100, in: Element.range) }
      },
      BuiltIn("quantile sketch, \(type)") { inputs in
        let x = try inputs.numbers(of: type)
        return { _ = try inputs.pool.quantileSketch(x) }
      },
    ]
  }

  static let movement =
    views(Double.self) + views(Float.self) + views(Int64.self) + views(Int32.self)
    + views(UInt8.self)

  /// One cheap operation, so that what counts is how elements are brought and taken.
  private static func views<Element: TimedElement>(_ type: Element.Type) -> [BuiltIn] {
    [
      BuiltIn("transposed matrix, \(type)") { inputs in
        let x = try inputs.matrix { Element(random: &$0) }
        let y = try inputs.matrix { Element(random: &$0) }
        return { _ = try inputs.pool.evaluateMatrix(abs(x.transposed), into: y) }
      },
      BuiltIn("every third element, \(type)") { inputs in
        let x = try inputs.numbers(of: type).strided(by: 3)
        let y = try inputs.numbers(of: type)[0..<x.count]
        return { _ = try inputs.pool.evaluate(abs(x), into: y) }
      },
      BuiltIn("row and column, repeated, \(type)") { inputs in
        let x = try inputs.matrix { Element(random: &$0) }
        let y = try inputs.matrix { Element(random: &$0) }
        let (row, column) = (x[0..<1, 0..<x.columns], x[0..<x.rows, 0..<1])
        return { _ = try inputs.pool.evaluateMatrix(max(row, column), into: y) }
      },
      BuiltIn("into every third element, \(type)") { inputs in
        let y = try inputs.numbers(of: type).strided(by: 3)
        let x = try inputs.numbers(of: type)[0..<y.count]
        return { try inputs.pool.evaluate(abs(x), into: y) }
      },
      BuiltIn("into a transposed matrix, \(type)") { inputs in
        let x = try inputs.matrix { Element(random: &$0) }
        let y = try inputs.matrix { Element(random: &$0) }
        return { _ = try inputs.pool.evaluateMatrix(abs(x), into: y.transposed) }
      },
      BuiltIn("mask to Bool, \(type)") { inputs in
        let (x, y) = (try inputs.numbers(of: type), try inputs.numbers(of: type, seed: 2))
        let z = try inputs.pool.array(repeating: false, count: x.count)
        return { _ = try inputs.pool.evaluate(x .< y, into: z) }
      },
      BuiltIn("mask from Bool, \(type)") { inputs in
        let (x, y) = (try inputs.numbers(of: type), try inputs.numbers(of: type, seed: 2))
        let flags = try inputs.array(count: x.count) { $0.uniform() < 0.5 }
        let z = try inputs.numbers(of: type)
        return { _ = try inputs.pool.evaluate(select(flags.mask(), x, y), into: z) }
      },
    ]
  }

  static let conversions =
    converted(Double.self, to: Float.self) + converted(Double.self, to: Int64.self)
    + converted(Double.self, to: Int32.self) + converted(Double.self, to: UInt8.self)
    + converted(Float.self, to: Int32.self) + converted(Float.self, to: UInt8.self)
    + converted(Int64.self, to: Int32.self) + converted(Int32.self, to: UInt8.self)

  /// There and back.
  private static func converted<From: TimedElement, To: TimedElement>(
    _ from: From.Type, to: To.Type
  ) -> [BuiltIn] {
    [conversion(from, to), conversion(to, from)]
  }

  private static func conversion<From: TimedElement, To: TimedElement>(
    _ from: From.Type, _ to: To.Type
  ) -> BuiltIn {
    BuiltIn("\(from) to \(to)") { inputs in
      let count = min(inputs.count(of: from), inputs.count(of: to))
      let x = try inputs.array(count: count) { From(random: &$0) }
      let y = try inputs.array(count: count) { To(random: &$0) }
      return { _ = try inputs.pool.evaluate(x.converted(to: to), into: y) }
    }
  }

  static let complex = complexNumbers(Double.self) + complexNumbers(Float.self)

  private static func complexNumbers<Part: TimedElement & ComplexPart>(
    _ type: Part.Type
  ) -> [BuiltIn] {
    [
      expression("z·w", type) { z, w in z * w },
      expression("z / w", type) { z, w in z / w },
      expression("exp z", type) { z, _ in exp(z) },
      expression("√z", type) { z, _ in sqrt(z) },
      BuiltIn("modulus, complex \(type)") { inputs in
        let z = try numbers(inputs, type)
        return { _ = try inputs.pool.evaluate(modulus(z)) }
      },
      reduction("sum", type) { _ = try $0.sum($1) },
      reduction("dot", type) { _ = try $0.dot($1, $1) },
      reduction("norm", type) { _ = try $0.norm($1) },
      reduction("product", type) { _ = try $0.product($1) },
      reduction("cumulative sum", type) { _ = try $0.cumulativeSum($1) },
      reduction("cumulative product", type) { _ = try $0.cumulativeProduct($1) },
      BuiltIn("sum of each row, complex \(type)") { inputs in
        let z = try inputs.matrix { ComplexElement(Part(random: &$0), Part(random: &$0)) }
        return { _ = try inputs.pool.sum(z, each: .row) }
      },
    ]
  }

  private static func expression<Part: TimedElement & ComplexPart>(
    _ name: String, _ type: Part.Type,
    _ body:
      @escaping @Sendable (SharedArray<ComplexElement<Part>>, SharedArray<ComplexElement<Part>>) ->
      ComplexExpression<Part>
  ) -> BuiltIn {
    BuiltIn("\(name), complex \(type)") { inputs in
      let (z, w) = (try numbers(inputs, type), try numbers(inputs, type, seed: 2))
      let out = try numbers(inputs, type)
      return { _ = try inputs.pool.evaluate(body(z, w), into: out) }
    }
  }

  private static func reduction<Part: TimedElement & ComplexPart>(
    _ name: String, _ type: Part.Type,
    _ run: @escaping @Sendable (ProcessPool, SharedArray<ComplexElement<Part>>) throws -> Void
  ) -> BuiltIn {
    BuiltIn("\(name), complex \(type)") { inputs in
      let z = try numbers(inputs, type)
      return { try run(inputs.pool, z) }
    }
  }

  private static func numbers<Part: TimedElement & ComplexPart>(
    _ inputs: Inputs, _ type: Part.Type, seed: UInt64 = 1
  ) throws -> SharedArray<ComplexElement<Part>> {
    try inputs.array(seed: seed) { ComplexElement(Part(random: &$0), Part(random: &$0)) }
  }
}
