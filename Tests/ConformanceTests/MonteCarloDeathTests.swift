import Echelon
import TestSupport
import Testing

/// What shares its course with runs whose deaths are tested beside them, and is seen by itself here.
@Suite(.timeLimit(.minutes(5))) struct `After the deaths of workers the bits are the same` {
  @Test func `of permutation tests and of samples that are kept`() throws {
    let seed = testSeed()
    let numbers = (0..<200).map { Double($0 * $0 % 37) }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      let test = try pool.permutationTest(
        try pool.array(numbers[..<90]), try pool.array(numbers[90...]), permutations: 3000,
        seed: seed
      ) { x, y in x[0] - y[0] + x[1] * y[1] }
      let samples = try pool.monteCarloSamples(count: 100_000, seed: seed) { $0.normal() }
      return test.distribution + Array(samples)
    }
  }

  @Test func `of closures over vectors`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.monteCarloSIMD(seed: seed, until: .standardError(1e-3)) { rng in
        let u = rng.uniform()
        return u * u
      }
    }
  }

  @Test func `of options on paths in models, kept and not, and of those that are exercised`() throws
  {
    let seed = testSeed()
    let merton = MertonOption(
      .put, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1,
      jumpDeviation: 0.15, years: 1)
    let asian = ModelPathOption(.average(.arithmetic), dates: 4, in: .merton(merton))
    try expectSameWhileWorkersAreKilled(seed: seed, by: { $0 == $1 }) { pool in
      [
        try pool.price(of: asian, seed: seed, until: .samples(20_000)),
        try pool.price(
          of: ModelAmericanOption(dates: 4, in: .merton(merton)), regressionSamples: 2000,
          seed: seed, until: .samples(20_000)),
      ]
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      Array(try pool.startPriceSamples(of: asian, count: 20_000, seed: seed).result())
    }
  }

  @Test func `of Greeks of American options`() throws {
    let seed = testSeed()
    let put = AmericanOption(
      .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.3, years: 1, dates: 5)
    try expectSameWhileWorkersAreKilled(seed: seed, by: { $0 == $1 }) { pool in
      try pool.greeks(of: put, regressionSamples: 2000, samples: 20_000, seed: seed)
    }
  }
}
