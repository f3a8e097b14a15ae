import CPeers
import Echelon
import EchelonComparison

/// How much of the memory's bandwidth a reduction gets.
extension Figures {
  static let sum = Figure(
    name: "sum", title: "sum of 10⁸ doubles", rivalTitle: "C vector loop, as many threads",
    requirement: .ratio(atMost: 1 / 0.95)
  ) { setup in
    let pool = try pool(setup)
    let count = 100_000_000 / setup.shrink
    let x = try pool.array(count: count) { 1 / (1 + Double($0)) }
    try check(peer_sum_prepare(count), "allocate an array of \(count) doubles")
    let expected = peer_sum()
    return Contest(
      echelon: {
        var total = 0.0
        let time = try seconds { total = try pool.sum(x) }
        guard abs(total - expected) <= 1e-12 * expected else {
          throw ComparisonError.disagreement(figure: "sum", echelon: total, rival: expected)
        }
        return time
      },
      rival: {
        var total = 0.0
        let time = seconds { total = peer_sum() }
        guard total == expected else { throw ComparisonError.rivalFailed("repeat its own sum") }
        return time
      },
      end: {
        peer_sum_release()
        pool.shutdown()
      })
  }
}
