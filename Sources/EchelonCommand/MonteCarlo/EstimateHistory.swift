import Echelon
import EchelonMemory
import EchelonPlots

/// The estimates of a run, for a picture of how they settled.
struct EstimateHistory: Sendable {
  private var counts: [Double] = []
  private var estimates: [Double] = []
  private var halfWidths: [Double] = []

  mutating func add(_ estimate: some RunEstimate) {
    let interval = estimate.confidenceInterval(0.95)
    counts.append(Double(estimate.sampleCount))
    estimates.append(estimate.mean)
    halfWidths.append((interval.upperBound - interval.lowerBound) / 2)
  }

  /// Draws them.
  /// - Parameter path: `-` is the terminal.
  func plot(_ name: String, exact: Double?, to path: String) throws {
    let chart = Chart.convergence(
      of: name, counts: counts, estimates: estimates, halfWidths: halfWidths, exact: exact)
    guard path != InputFile.standardStream else {
      return try Console.write("\n" + TerminalChart(fitting: chart).text)
    }
    try PlotFile(checking: path).write(chart, PlotFile.size(of: chart))
  }
}
