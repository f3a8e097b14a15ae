import Echelon
import EchelonFiles
import EchelonTables

/// What `echelon montecarlo integral` integrates.
protocol CommandIntegrand: Sendable, Codable {
  /// The ranges of the variables.
  var box: [ClosedRange<Double>] { get }
  /// The value at a point of the box.
  func callAsFunction(_ point: Span<Double>) -> Double
}

extension GenzIntegrand: CommandIntegrand {
  var box: [ClosedRange<Double>] { Array(repeating: 0...1, count: dimensions) }
}

extension CommandIntegrand {
  func sampler(_ method: IntegrationMethod) -> Sampler<MonteCarloEstimate> {
    let box = box
    var sampler = Sampler<MonteCarloEstimate> {
      try $0.integralEstimates(
        over: box, method: method, seed: $1.seed, until: $1.goal, resuming: $1.state
      ) { self($0) }
    } _: { pool, course in
      try pool.startIntegrate(
        over: box, method: method, seed: course.seed, until: course.goal, resuming: course.state
      ) { self($0) }
    }
    if method == .plain {
      // The points of the run but for rounding: a coordinate is a uniform number of the sample's generator.
      let dimensions = box.count
      sampler.kept = { pool, count, seed in
        try pool.startMonteCarloSamples(count: count, seed: seed) { generator in
          let point = (0..<dimensions).map { _ in generator.uniform() }
          return self.unitCube(point.span)
        }
      }
    }
    return sampler
  }

  func sampler(replicates: Int) -> Sampler<QuasiMonteCarloEstimate> {
    let dimensions = box.count
    return Sampler {
      try $0.quasiMonteCarloEstimates(
        dimension: dimensions, replicates: replicates, seed: $1.seed, until: $1.goal,
        resuming: $1.state
      ) { self.unitCube($0) }
    } _: { pool, course in
      try pool.startQuasiMonteCarlo(
        dimension: dimensions, replicates: replicates, seed: course.seed, until: course.goal,
        resuming: course.state
      ) { self.unitCube($0) }
    }
  }

  /// The integrand over the unit cube that has the same integral.
  private func unitCube(_ point: Span<Double>) -> Double {
    let box = box
    var volume = 1.0
    let place = box.indices.map { axis in
      let (low, width) = (box[axis].lowerBound, box[axis].upperBound - box[axis].lowerBound)
      volume *= width
      return low + width * point[axis]
    }
    return volume * self(place.span)
  }
}

/// A user's expression over a box.
struct BoxIntegrand: CommandIntegrand {
  private let expression: PointExpression
  private let lowerBounds: [Double]
  private let upperBounds: [Double]

  var box: [ClosedRange<Double>] { zip(lowerBounds, upperBounds).map { $0...$1 } }

  func callAsFunction(_ point: Span<Double>) -> Double { expression(point) }

  /// - Parameter ranges: `name=low:high`, once for each variable.
  /// - Throws: `WrongUse` for ranges that are none, and expressions of something else.
  init(_ text: String, over ranges: [String]) throws {
    var (names, lower, upper): ([String], [Double], [Double]) = ([], [], [])
    for range in ranges {
      let (name, low, high) = try Self.range(range)
      guard !names.contains(name) else {
        throw Self.refusal(range, "'\(name)' has a range already")
      }
      names.append(name)
      lower.append(low)
      upper.append(high)
    }
    (lowerBounds, upperBounds) = (lower, upper)
    do {
      expression = try PointExpression(text, of: names)
    } catch {
      throw WrongUse("the integrand, \(error)", command: "montecarlo integral")
    }
  }

  private static func range(_ text: String) throws -> (String, Double, Double) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let bounds = parts.last?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    guard parts.count == 2, bounds.count == 2 else {
      throw refusal(text, "expected a name and two bounds, as in x=0:1")
    }
    let name = parts[0].trimmingPrefix(while: \.isWhitespace)
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else {
      throw refusal(text, "'\(name)' cannot be the name of a variable; take letters and digits")
    }
    let (low, high) = (try number(bounds[0], in: text), try number(bounds[1], in: text))
    guard low < high, (high - low).isFinite else {
      throw refusal(text, "the first bound must lie below the second, and both be finite")
    }
    return (String(name), low, high)
  }

  /// The value of a bound, which may be an expression of numbers.
  private static func number(_ text: Substring, in range: String) throws -> Double {
    do {
      let nowhere: [Double] = []
      return try PointExpression(String(text), of: [])(nowhere.span)
    } catch {
      throw refusal(range, "the bound '\(text)', \(error)")
    }
  }

  private static func refusal(_ range: String, _ problem: String) -> WrongUse {
    WrongUse("--over \(range): \(problem)", command: "montecarlo integral")
  }
}
