import Echelon
import TestSupport
import Testing

/// The arrays whose elements are not those of a distribution's own generator, which `RandomArrayTests` compares.
@Suite(.timeLimit(.minutes(10))) struct `Arrays of random numbers` {
  private let pool = TestedExecutor.spawn.shared

  private func expectFit(
    _ x: SharedArray<Double>, _ fit: RealFit, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var fit = fit
    x.withSpan { x in for index in x.indices { fit.add(x[index]) } }
    fit.expectFit(what, sourceLocation: sourceLocation)
  }

  @Test(arguments: FitSeed.allCases)
  func `are uniform`(_ choice: FitSeed) throws {
    let seed = choice.value()
    for (name, distribution) in [
      ("half-open", try .uniform()), ("open", .uniformOpen), ("closed", .uniformClosed),
    ] as [(String, ArrayDistribution<Double>)] {
      let x = try pool.random(distribution, count: sampleCount, seed: seed)
      expectFit(x, RealFit(mean: 0.5, variance: 1 / 12) { $0 }, "\(name), seed \(seed)")
      #expect(x.withSpan { x in x.indices.allSatisfy { 0...1 ~= x[$0] } })
    }
  }

  @Test(arguments: FitSeed.allCases)
  func `are normal, and have nothing to do with what is made of the same block`(
    _ choice: FitSeed
  ) throws {
    let seed = choice.value()
    let x = try pool.random(.normal(), count: sampleCount, seed: seed)
    expectFit(x, RealFit(mean: 0, variance: 1, normalDistribution), "seed \(seed)")
    // Elements e and e + 16 of each group of 32: they themselves, and how large they are.
    let pairs = sampleCount / 32 * 16
    var (products, squares) = (0.0, 0.0)
    x.withSpan { x in
      for pair in 0..<pairs {
        let first = pair / 16 * 32 + pair % 16
        let (a, b) = (x[first], x[first + 16])
        products += a * b
        squares += (a * a - 1) * (b * b - 1)
      }
    }
    let root = Double(pairs).squareRoot()
    #expect(abs(products) < farAway * root, "\(products / root), seed \(seed)")
    #expect(abs(squares) < farAway * 2 * root, "\(squares / (2 * root)), seed \(seed)")
  }
}
