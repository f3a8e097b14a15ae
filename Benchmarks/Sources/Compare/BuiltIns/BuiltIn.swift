import Echelon
import EchelonComparison
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

  /// The shortest of three runs, or as many as fill 6 ms, in seconds: what disturbs one rarely disturbs all. One run
  /// is enough when it takes 0.1 s.
  static func sample(_ run: () throws -> Void) throws -> Double {
    var (shortest, total, count) = (Double.infinity, 0.0, 0)
    while total < 0.006 || (count < 3 && total < 0.1) {
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

/// Arrays of random numbers, the same ones in every build. One has 8 MB, whatever its elements: more than a core's own
/// caches have, and little enough for many turns.
struct Inputs {
  let pool: ProcessPool
  private let byteCount: Int

  init(_ pool: ProcessPool, shrink: Int) {
    self.pool = pool
    byteCount = 8_000_000 / shrink
  }

  /// Elements of an array.
  func count<Element>(of type: Element.Type) -> Int { byteCount / MemoryLayout<Element>.stride }

  func array<Element: BitwiseCopyable & Sendable>(
    count: Int? = nil, seed: UInt64 = 1, _ element: (inout PhiloxGenerator) -> Element
  ) throws -> SharedArray<Element> {
    var generator = PhiloxGenerator(seed: seed, index: 0)
    return try pool.array(count: count ?? self.count(of: Element.self)) { _ in element(&generator) }
  }

  /// A square one of about as many elements.
  func matrix<Element: BitwiseCopyable & Sendable>(
    seed: UInt64 = 1, _ element: (inout PhiloxGenerator) -> Element
  ) throws -> SharedMatrix<Element> {
    let side = Int(Double(count(of: Element.self)).squareRoot())
    return try array(count: side * side, seed: seed, element).reshaped(rows: side, columns: side)
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
  /// Where those numbers lie.
  static var range: ClosedRange<Double> { get }
}

extension Double: TimedElement {
  init(random generator: inout PhiloxGenerator) { self = generator.uniform() }
  static var range: ClosedRange<Double> { 0...1 }
}
extension Float: TimedElement {
  init(random generator: inout PhiloxGenerator) { self = Float(generator.uniform()) }
  static var range: ClosedRange<Double> { 0...1 }
}
extension Int64: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
  static var range: ClosedRange<Double> { Double(min)...Double(max) }
}
extension Int32: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
  static var range: ClosedRange<Double> { Double(min)...Double(max) }
}
extension UInt8: TimedElement {
  init(random generator: inout PhiloxGenerator) { self.init(truncatingIfNeeded: generator.next()) }
  static var range: ClosedRange<Double> { Double(min)...Double(max) }
}
