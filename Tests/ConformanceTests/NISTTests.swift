import Echelon
import Glibc
import TestSupport
import Testing

@Suite struct `The univariate data sets of NIST StRD` {
  @Test(arguments: TestedExecutor.allCases, NISTDataSet.all)
  func `are met as closely as by GSL`(_ kind: TestedExecutor, _ set: NISTDataSet) throws {
    let pool = kind.shared
    let x = try pool.array(set.values)
    let moments = try pool.moments(x)
    let rows = [
      ("mean", moments.mean, set.mean, set.meanBar),
      ("standard deviation", moments.standardDeviation, set.standardDeviation, set.deviationBar),
      (
        "autocorrelation", try pool.autocorrelation(x), set.autocorrelation, set.autocorrelationBar
      ),
    ]
    for (name, value, certified, bar) in rows {
      let error = abs(value - certified) / abs(certified)
      // 15 digits are certified.
      let digits = error == 0 ? 15 : min(15, -log10(error))
      print("NIST \(set.name), \(name): log relative error \(digits), GSL \(-log10(bar))")
      #expect(error <= bar, "\(set.name), \(name): \(value), not \(certified)")
    }
  }
}

@Suite struct `An autocorrelation` {
  @Test(arguments: TestedExecutor.allCases, [1, 2, 3, 64, 65, 1009, 65_537, 140_009])
  func `is that of its definition`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    var last = 0.0
    let elements = (0..<count).map { _ in
      last = 0.7 * last + Double.random(in: -1...1, using: &random)
      return 1e6 + last
    }
    let x = try pool.array(elements)
    // The million goes first, exactly: else the mean of a few close elements is too coarse in Float80 as well.
    let shifted = elements.map { Float80($0 - 1e6) }
    let mean = shifted.reduce(0, +) / Float80(count)
    let deviations = shifted.map { $0 - mean }
    let squares = deviations.reduce(0) { $0 + $1 * $1 }
    for lag in Set([0, 1, count / 2, count - 1]) where lag < count {
      let products = zip(deviations, deviations.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
      let value = try pool.autocorrelation(x, lag: lag)
      let expected = Double(products / squares)
      #expect(
        expected.isNaN ? value.isNaN : abs(value - expected) < 1e-13,
        "lag \(lag), seed \(seed): \(value), not \(expected)")
    }
    let small = try pool.array(elements.map { Float($0 - 1e6) })
    if count > 64 {
      #expect(abs(try pool.autocorrelation(small) - pool.autocorrelation(x)) < 1e-5, "seed \(seed)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is refused for a lag that is not there`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1.0, 2, 4])
    for lag in [-1, 3, .max] {
      #expect(throws: PoolError.self) { try pool.autocorrelation(x, lag: lag) }
    }
    #expect(throws: KernelError.self) { try pool.autocorrelation(x[0..<0]) }
    #expect(try pool.autocorrelation(pool.array([2.0, 2, 2])).isNaN)
    #expect(try pool.autocorrelation(pool.array([2.0, .nan, 3])).isNaN)
    #expect(try pool.autocorrelation(pool.array([2.0, .infinity, 3])).isNaN)
  }
}
