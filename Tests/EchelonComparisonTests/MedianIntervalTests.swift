import EchelonComparison
import Foundation
import Testing

@Suite struct `An interval of the median` {
  /// The ranks of Conover's table A3: of 6, 15 and 31 values the first, fourth and tenth from either end.
  @Test(arguments: [(6, 1), (15, 4), (31, 10), (61, 23)])
  func `has the ranks of the binomial distribution`(_ count: Int, _ rank: Int) {
    let interval = MedianInterval(of: (1...count).map(Double.init).reversed())
    #expect(interval.low == Double(rank) && interval.high == Double(count + 1 - rank))
    #expect(interval.median == Double(count + 1) / 2)
  }

  @Test(arguments: [1000, 1001, 1100, 20_000])
  func `ends for many values, with the normal distribution's ranks`(_ count: Int) {
    let interval = MedianInterval(of: (1...count).map(Double.init))
    let half = 1.96 * Double(count).squareRoot() / 2
    #expect(abs(interval.low - (Double(count) / 2 - half)) < 1.5)
    #expect(interval.low + interval.high == Double(count + 1))
  }
}
