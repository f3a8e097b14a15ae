import Echelon

/// One line on a terminal that says how good an estimate has become; nothing anywhere else.
struct EstimateLine {
  private let goal: MonteCarloGoal
  private let unit: RunUnit
  private let first: Int
  private let start = ContinuousClock.now
  private var line = StatusLine()

  /// - Parameters:
  ///   - unit: what the run has ever more of.
  ///   - first: how many of them there were before.
  init(_ goal: MonteCarloGoal, _ unit: RunUnit, from first: Int) {
    (self.goal, self.unit, self.first) = (goal, unit, first)
  }

  mutating func draw(_ estimate: some RunEstimate) {
    guard line.isDue() else { return }
    line.draw(text(estimate, elapsed: (ContinuousClock.now - start).seconds))
  }

  func clear() { line.clear() }

  private func text(_ estimate: some RunEstimate, elapsed: Double) -> String {
    if let words = estimate.state?.words { return words }
    let rate = Double(estimate.sampleCount - first) / max(elapsed, 1e-3)
    var text =
      "\(estimate.mean.rounded(significantDigits: 8)) ± "
      + "\(estimate.standardError.rounded(significantDigits: 2)), "
      + "\(unit.count(estimate.sampleCount)), " + NumberText.rate(rate, unit: " \(unit.noun)s")
    if let left = secondsLeft(estimate, rate, elapsed) {
      text += ", \(NumberText.time(seconds: left)) left"
    }
    return text
  }

  /// Until the goal that seems to be the first; an error falls as the square root of the number of samples.
  private func secondsLeft(
    _ estimate: some RunEstimate, _ rate: Double, _ elapsed: Double
  ) -> Double? {
    let count = Double(estimate.sampleCount)
    var left: [Double] = []
    if let limit = goal.sampleLimit { left.append((Double(limit) - count) / rate) }
    let errors = [goal.standardError, goal.relativeError.map { $0 * abs(estimate.mean) }]
    for error in errors.compactMap({ $0 }) where error > 0 {
      let ratio = estimate.standardError / error
      left.append(count * (ratio * ratio - 1) / rate)
    }
    if let duration = goal.duration { left.append(duration.seconds - elapsed) }
    return left.filter { $0 >= 0 && $0.isFinite }.min()
  }
}
