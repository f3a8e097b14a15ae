import EchelonMemory
import EchelonRandom

/// Courses in a chunk, which depend on nothing else.
private let chunkLength = 4096

/// How many chunks so many courses are.
func riskChunks(of courses: Int) -> Int { (courses + chunkLength - 1) / chunkLength }

/// What is simulated: a portfolio, and where its returns come from.
struct RiskPlan: Sendable {
  /// So many courses of an earlier run are simulated once more.
  static let comparedCount = 64

  /// Past ones, row by row.
  let returns: [Double]
  let periods: Int
  let weights: [Double]
  let level: Double
  /// nil where periods of the past are drawn.
  let law: MultivariateNormalDistribution?
  let horizon: Int
  let seed: UInt64

  var leastSamples: Double { Self.leastSamples(level) }

  /// So that 10 courses lie on either side of the level.
  static func leastSamples(_ level: Double) -> Double {
    max(100, (10 / min(level, 1 - level)).rounded(.up))
  }
}

/// Simulates the losses of courses, each from a generator of its own.
struct RiskSimulation: Sendable {
  let plan: RiskPlan
  /// Those of the plan.
  let returns: SharedArray<Double>
  /// The first course of these.
  let first: Int
  let losses: SharedArray<Double>

  var chunkCount: Int { riskChunks(of: losses.count - first) }
  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ chunk: Int) {
    let start = first + chunk * chunkLength
    let courses = start..<min(losses.count, start + chunkLength)
    let (weights, periods, law) = (plan.weights, plan.periods, plan.law)
    var drawn = [Double](repeating: 0, count: weights.count)
    var growth = drawn
    returns.withSpan { returns in
      losses.withMutableSpan { losses in
        for course in courses {
          var generator = PhiloxGenerator(seed: plan.seed, index: UInt64(course))
          for asset in growth.indices { growth[asset] = 1 }
          for _ in 0..<plan.horizon {
            if let law {
              var span = drawn.mutableSpan
              law.sample(into: &span, using: &generator)
              // Nothing is worth less than nothing.
              for asset in growth.indices { growth[asset] *= max(0, 1 + drawn[asset]) }
            } else {
              let start = generator.integer(below: periods) * weights.count
              for asset in growth.indices { growth[asset] *= 1 + returns[start + asset] }
            }
          }
          var loss = 0.0
          for asset in growth.indices where weights[asset] != 0 {
            loss -= weights[asset] * (growth[asset] - 1)
          }
          losses[course] = loss
        }
      }
    }
  }
}

/// Adds up by how much losses exceed a threshold.
struct RiskTail: Sendable {
  let losses: SharedArray<Double>
  let threshold: Double
  /// For each chunk the sum, and that of the squares.
  let sums: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ chunk: Int) {
    let courses = chunk * chunkLength..<min(losses.count, (chunk + 1) * chunkLength)
    let (sum, squares) = losses.withSpan { losses in
      courses.reduce((0.0, 0.0)) { sums, course in
        let excess = max(0, losses[course] - threshold)
        return (sums.0 + excess, sums.1 + excess * excess)
      }
    }
    sums[2 * chunk] = sum
    sums[2 * chunk + 1] = squares
  }

  /// Of the excesses of all losses, most of which are 0; in the order of the chunks.
  var meanAndDeviation: (mean: Double, deviation: Double) {
    let sums = Array(sums)
    let count = Double(losses.count)
    let mean = stride(from: 0, to: sums.count, by: 2).reduce(0) { $0 + sums[$1] } / count
    let squares = stride(from: 1, to: sums.count, by: 2).reduce(0) { $0 + sums[$1] }
    let rest = squares - count * mean * mean
    // A little below 0 by rounding; NaN where squares are infinite.
    return (mean, (rest < 0 ? 0 : rest / (count - 1)).squareRoot())
  }
}
