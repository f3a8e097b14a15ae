import Echelon
import EchelonFiles
import Foundation
import Testing

/// What the comment of `PriceTable` and the README show.
@Suite(.timeLimit(.minutes(2))) struct `A file of prices, from Swift` {
  private let path = CommandProcess.repository.appending(path: "data/stocks.csv").path

  @Test func `goes to returns, a bootstrap, a permutation test and value at risk`() async throws {
    let prices = try PriceTable(path: path)
    #expect(prices.assets == ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"] && prices.notes.isEmpty)
    #expect(prices.dates.first == "Aug 1 2004" && prices.dates.last == "Mar 1 2010")
    let (ibm, apple) = (try prices.returns(of: "IBM"), try prices.returns(of: "AAPL"))
    #expect(ibm.count == 67 && prices.returns.map { $0[2] } == ibm)
    let exact = ibm.reduce(0, +) / 67
    let growth = ibm.reduce(1) { $0 * (1 + $1) }
    #expect(abs(growth - prices.prices[67][2] / prices.prices[0][2]) < 1e-12)
    try await withProcessPool(workers: 2) { pool in
      let (x, y) = (try pool.array(ibm), try pool.array(apple))
      let mean = try await pool.bootstrap(x, seed: 42) { x in
        x.indices.reduce(0) { $0 + x[$1] } / Double(x.count)
      }
      #expect(abs(mean.estimate - exact) < 1e-12)
      #expect(mean.confidenceInterval(0.95).contains(exact))
      let test = try await pool.permutationTest(x, y, seed: 42) { x, y in
        x.indices.reduce(0) { $0 + x[$1] } / Double(x.count)
          - y.indices.reduce(0) { $0 + y[$1] } / Double(y.count)
      }
      // Apple's mean of 4 % a month beside IBM's 0.9 %.
      #expect(test.pValue > 0.001 && test.pValue < 0.2)
      let returns = prices.returns
      let matrix = try pool.matrix(rows: returns.count, columns: prices.assets.count) {
        returns[$0][$1]
      }
      let risk = try await pool.portfolioRisk(
        returns: matrix, weights: [0, 0, 1, 0, 0], samples: 10_000, seed: 42)
      // Single periods of the past: one of them, or between two.
      let losses = ibm.map { -$0 }.sorted()
      #expect((losses[60]...losses[66]).contains(risk.valueAtRisk))
    }
  }

  @Test func `says what is wrong with it, by name`() throws {
    let prices = try PriceTable(path: path, columns: PriceColumns(price: "price", by: "symbol"))
    #expect(throws: PriceTableError.self) { try prices.returns(of: "NONE") }
    #expect(throws: PriceTableError.self) {
      try PriceTable(path: path, columns: PriceColumns(price: "cost"))
    }
    #expect(throws: FileError.self) { try PriceTable(path: "/none.csv") }
  }
}
