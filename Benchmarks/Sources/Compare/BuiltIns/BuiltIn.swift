import Echelon
import EchelonLinearAlgebra

/// A built-in whose loops are in Swift, wholly or in part, for `--native`. Those in C have `make native` to themselves.
struct BuiltIn: Sendable {
  /// What it does and to which elements, for `--only` and for the other build to find it by.
  let name: String
  /// Makes what it works on, and returns one run of it.
  let prepare: @Sendable (Inputs) throws -> () throws -> Void

  init(_ name: String, _ prepare: @escaping @Sendable (Inputs) throws -> () throws -> Void) {
    self.name = name
    self.prepare = prepare
  }

  static let all =
    ordering + statistics + wholeNumbers + reductions + slices + movement + conversions + complex

  /// The shortest of three runs or more, which take 6 ms together, in seconds: what disturbs one rarely disturbs all.
  static func sample(_ run: () throws -> Void) throws -> Double {
    var (shortest, total, count) = (Double.infinity, 0.0, 0)
    while count < 3 || total < 0.006 {
      let time = try seconds(run)
      shortest = min(shortest, time)
      total += time
      count += 1
    }
    return shortest
  }

  /// Beside the same in another build of this program.
  func figure(beside other: OtherBuild) -> Figure {
    Figure(
      name: name, title: name, rivalTitle: "built for this processor alone",
      requirement: .ratio(atMost: 1.1)
    ) { setup in
      let pool = try Figures.pool(setup)
      let run = try prepare(Inputs(pool, shrink: setup.shrink))
      return Contest(
        echelon: { try Self.sample(run) },
        rival: { try other.seconds(name) },
        end: { pool.shutdown() })
    }
  }
}

/// Arrays of random numbers, the same ones in every build.
struct Inputs {
  let pool: ProcessPool
  /// Elements of an array.
  let count: Int
  /// Rows of a square matrix of about as many.
  let side: Int

  init(_ pool: ProcessPool, shrink: Int) {
    self.pool = pool
    count = 4_000_000 / shrink
    side = Int(Double(count).squareRoot())
  }

  func array<Element: BitwiseCopyable & Sendable>(
    seed: UInt64 = 1, _ element: (inout PhiloxGenerator) -> Element
  ) throws -> SharedArray<Element> {
    var generator = PhiloxGenerator(seed: seed, index: 0)
    return try pool.array(count: count) { _ in element(&generator) }
  }

  func matrix<Element: BitwiseCopyable & Sendable>(
    seed: UInt64 = 1, _ element: (inout PhiloxGenerator) -> Element
  ) throws -> SharedMatrix<Element> {
    var generator = PhiloxGenerator(seed: seed, index: 0)
    return try pool.matrix(rows: side, columns: side) { _, _ in element(&generator) }
  }

  func doubles(seed: UInt64 = 1) throws -> SharedArray<Double> {
    try array(seed: seed) { $0.uniform() }
  }

  func numbers<Element: TimedElement>(
    of type: Element.Type, seed: UInt64 = 1
  ) throws -> SharedArray<Element> {
    try array(seed: seed) { Element(random: &$0) }
  }
}

/// The element types that the loops are compiled for.
protocol TimedElement: SortableElement {
  init(random generator: inout PhiloxGenerator)
}

extension Double: TimedElement {
  init(random generator: inout PhiloxGenerator) { self = generator.uniform() }
}
extension Float: TimedElement {
  init(random generator: inout PhiloxGenerator) { self = Float(generator.uniform()) }
}
extension Int64: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
}
extension Int32: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
}
extension UInt8: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
}
