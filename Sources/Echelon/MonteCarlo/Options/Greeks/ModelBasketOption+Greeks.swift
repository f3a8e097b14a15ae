import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension ModelBasketOption: BasketWithGreeks {
  /// See `BasketWithGreeks`. It needs a volatility above 0 of each asset with jumps, and of each in Heston's model a variance
  /// above 0 today and a correlation of its own between -1 and 1. The price is that of the same samples as `simulation` has.
  ///
  /// Given the jumps and the paths of the variances the logarithms of the prices are normal, and that is the density of the
  /// likelihood ratio. Vega and theta are the same by both methods. Along the path they are those of assets with jumps; theta
  /// counts jumps by the likelihood ratio. In Heston's model they are central differences, as of `HestonOption`, of
  /// what paths of the same random numbers pay, and vega is by the volatility of today, √V.
  public func greeksSimulations(by method: GreeksMethod) throws -> [GreeksSimulation] {
    let path = try ModelBasketPath(self)
    for (index, asset) in assets.enumerated() {
      let bad =
        switch asset {
        case .heston(let asset): option(on: asset).greeksProblem
        case .merton(let asset): option(on: asset).european.greeksProblem
        }
      guard let bad else { continue }
      try OptionProblem.refuse(assets.count == 1 ? bad : "an asset \(index) with \(bad)")
    }
    let noise = try BasketNoise(self)
    return assets.indices.map { asset in
      ModelBasketGreeksPath(
        self, path, noise, asset: asset, isPathwise: method == .pathwise
      ).simulation
    }
  }
}

/// What the noises of the prices are in a step, given what the variances are made of.
private struct BasketNoise: Sendable {
  /// Their means: for each asset what the numbers that make each asset's variance are multiplied by, row by row.
  let means: [Double]
  /// Their covariances, row by row.
  let covariances: [Double]

  init(_ option: ModelBasketOption) throws {
    let count = option.assets.count
    // A price that jumps has all of its Brownian motion beside its variance, which is none.
    let own = option.assets.map { asset in
      if case .heston(let asset) = asset { asset.correlation } else { 0.0 }
    }
    let rest = own.map { ((1 - $0) * (1 + $0)).squareRoot() }
    let correlations = option.correlations
    // Of the numbers that make the variances, and of the noises with them.
    var variances: [[Double]] = []
    var mixed: [[Double]] = []
    for i in 0..<count {
      variances.append((0..<count).map { $0 == i ? 1 : own[i] * own[$0] * correlations[i][$0] })
      mixed.append((0..<count).map { $0 == i ? 0 : rest[i] * own[$0] * correlations[i][$0] })
    }
    let precision = inverse(ofPositiveDefinite: variances)
    var means = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count {
        for k in 0..<count { means[i * count + j] += mixed[i][k] * precision[k * count + j] }
      }
    }
    var covariances: [[Double]] = []
    for i in 0..<count {
      covariances.append(
        (0...i).map { j in
          var sum = i == j ? 1 : rest[i] * rest[j] * correlations[i][j]
          for k in 0..<count { sum -= means[i * count + k] * mixed[j][k] }
          return sum
        })
    }
    let whole = (0..<count).map { i in
      (0..<count).map { $0 <= i ? covariances[i][$0] : covariances[$0][i] }
    }
    // Refuses what rounding has left of assets that nearly follow from others.
    _ = try MultivariateNormalDistribution(mean: own.map { _ in 0 }, covariance: whole)
    self.means = means
    self.covariances = whole.flatMap { $0 }
  }
}

private struct ModelBasketGreeksPath: Sendable {
  /// Two paths that are moved, one down and one up.
  struct Moved: BitwiseCopyable, Sendable {
    let low: HestonPath
    let high: HestonPath
  }

  /// Where they are.
  struct Course {
    var low: HestonPath.Walk
    var high: HestonPath.Walk
  }

  /// Memory for a path.
  struct Memory {
    var path: ModelBasketPath.Memory
    /// Of each asset in a step: of what its variance is made, its price's noise, and the deviation of that.
    var shocks: [Double]
    var noises: [Double]
    var deviations: [Double]
    /// Until now, given the paths of the variances: the noises less their means, and their covariances, of which the upper
    /// half is not looked at.
    var free: [Double]
    var spread: [Double]
    /// Of each asset, with another time until expiry.
    var times: [Course]
    /// What is added to the derivatives.
    var amounts: [Double]
    var scores: [Double]
    var column: [Double]
  }

  let path: ModelBasketPath
  let noise: BasketNoise
  /// By which derivatives are taken.
  let asset: Int
  let spot: Double
  let rate: Double
  let years: Double
  let isPathwise: Bool
  /// Of assets in Heston's model; nil of others.
  let times: [Moved?]
  let volatility: Moved?
  /// Through the differences of prices.
  var vega = 0.0
  var theta = 0.0
  /// Of all assets, per year.
  let jumpsPerYear: Double

  init(
    _ option: ModelBasketOption, _ path: ModelBasketPath, _ noise: BasketNoise, asset: Int,
    isPathwise: Bool
  ) {
    self.path = path
    self.noise = noise
    self.asset = asset
    self.isPathwise = isPathwise
    spot = option.assets[asset].spot
    rate = option.rate
    years = option.years
    var times: [Moved?] = []
    var volatility: Moved?
    var jumps = 0.0
    for (index, other) in option.assets.enumerated() {
      switch other {
      case .heston(let held):
        let moves = HestonMoves(option.option(on: held))
        times.append(Moved(low: moves.paths.short, high: moves.paths.long))
        theta = moves.theta
        if index == asset {
          volatility = Moved(low: moves.paths.low, high: moves.paths.high)
          vega = moves.vega
        }
      case .merton(let held):
        times.append(nil)
        jumps += held.jumpsPerYear
      }
    }
    self.times = times
    self.volatility = volatility
    jumpsPerYear = jumps
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(
      ChunkFunction { chunk in
        var memory = memory
        chunk.accumulateVectors { sample(&$0, &memory) }
      }
    ) { generator in
      var memory = memory
      return sample(&generator, &memory)
    }
  }

  private var memory: Memory {
    let none = [Double](repeating: 0, count: times.count)
    let walk = path.start(0)
    return Memory(
      path: path.memory, shocks: none, noises: none, deviations: none, free: none,
      spread: [Double](repeating: 0, count: times.count * times.count),
      times: times.map { _ in Course(low: walk, high: walk) }, amounts: none, scores: none,
      column: none)
  }

  private func sample(
    _ generator: inout PhiloxGenerator, _ memory: inout Memory
  ) -> InlineArray<6, Double> {
    let count = times.count
    for index in 0..<count {
      memory.path.walks[index] = path.start(index)
      memory.free[index] = 0
      for other in 0..<count { memory.spread[index * count + other] = 0 }
      if let moved = times[index] {
        memory.times[index] = Course(low: moved.low.start, high: moved.high.start)
      }
    }
    let today = path.start(asset)
    var moved =
      volatility.map { Course(low: $0.low.start, high: $0.high.start) }
      ?? Course(low: today, high: today)
    for _ in 0..<path.steps {
      path.draw(&memory.path, &generator)
      for index in 0..<count { step(index, &memory, &moved, &generator) }
      add(&memory)
    }
    var jumps = -jumpsPerYear
    // The prices of the basket, and of one whose variances have had less and more time.
    var (sum, soon, late) = (0.0, 0.0, 0.0)
    for index in 0..<count {
      if case .merton(let dates) = path.assets[index] {
        let drawn = path.jumps(dates, &generator)
        memory.path.walks[index].end.logarithm +=
          path.end(dates, memory.path.walks[index].end.noise, drawn)
        let spread = drawn.count * dates.jumpVariance
        memory.free[index] += spread.squareRoot() * drawn.noise
        memory.spread[index * count + index] += spread
        jumps += drawn.count / years
      }
      let weight = path.weights[index]
      let amount = weight * exp(memory.path.walks[index].end.logarithm)
      memory.amounts[index] = amount
      sum += amount
      let course = memory.times[index]
      soon += times[index] == nil ? amount : weight * exp(course.low.end.logarithm)
      late += times[index] == nil ? amount : weight * exp(course.high.end.logarithm)
    }
    let value = payment(sum)
    var greeks = slopes(sum, &memory)
    greeks.theta += (rate - jumps) * value + theta * (payment(late) - payment(soon))
    if volatility != nil {
      let others = sum - memory.amounts[asset]
      let weight = path.weights[asset]
      greeks.vega =
        vega
        * (payment(others + weight * exp(moved.high.end.logarithm))
          - payment(others + weight * exp(moved.low.end.logarithm)))
    }
    return greeks.scaled(by: path.discount).components
  }

  private func payment(_ sum: Double) -> Double { max(0, path.sign * (sum - path.strike)) }

  /// Takes an asset a step on.
  @inline(__always)
  private func step(
    _ index: Int, _ memory: inout Memory, _ moved: inout Course,
    _ generator: inout PhiloxGenerator
  ) {
    let price = memory.path.noise[index]
    switch path.assets[index] {
    case .heston(let path, let own, let rest):
      let shock = self.path.shock(own: own, rest: rest, price: price, &generator)
      let noise = shock.noise
      var number = HestonPath.CommonNumber(normal: shock.variance)
      let before = memory.path.walks[index].variance
      let isSquare = path.step(&memory.path.walks[index], &number, noise: noise)
      (memory.shocks[index], memory.noises[index]) = (shock.variance, noise)
      memory.deviations[index] = path.deviation(
        from: before, to: memory.path.walks[index].variance)
      let time = times[index]!
      time.low.follow(&memory.times[index].low, &number, noise: noise, isSquare: isSquare)
      time.high.follow(&memory.times[index].high, &number, noise: noise, isSquare: isSquare)
      if index == asset, let volatility {
        volatility.low.follow(&moved.low, &number, noise: noise, isSquare: isSquare)
        volatility.high.follow(&moved.high, &number, noise: noise, isSquare: isSquare)
      }
    case .merton(let dates):
      memory.path.walks[index].end.noise += price
      (memory.shocks[index], memory.noises[index]) = (0, price)
      memory.deviations[index] = dates.variance.squareRoot() * path.rootOfPart
    }
  }

  /// Adds a step to what is normal of the prices.
  private func add(_ memory: inout Memory) {
    let count = times.count
    for index in 0..<count {
      var noise = memory.noises[index]
      for other in 0..<count {
        noise -= self.noise.means[index * count + other] * memory.shocks[other]
      }
      let deviation = memory.deviations[index]
      memory.free[index] += deviation * noise
      for other in 0...index {
        memory.spread[index * count + other] +=
          deviation * memory.deviations[other] * self.noise.covariances[index * count + other]
      }
    }
  }

  /// Along the path, or by the likelihood ratio, all but differences and what is not of the path.
  private func slopes(_ sum: Double, _ memory: inout Memory) -> OptionGreeks {
    var greeks = OptionGreeks([0, 0, 0, 0, 0, 0])
    let value = path.sign * (sum - path.strike)
    guard value > 0 else { return greeks }
    greeks.price = value
    let (all, own, stiffness) = scores(&memory)
    let held = path.sign * memory.amounts[asset]
    if isPathwise {
      greeks.delta = held / spot
      greeks.gamma = own * (held - value) / (spot * spot)
      greeks.rho = years * (path.sign * sum - value)
    } else {
      greeks.delta = value * own / spot
      greeks.gamma = value * (own * own - stiffness - own) / (spot * spot)
      greeks.rho = years * value * (all - 1)
    }
    for index in memory.amounts.indices {
      guard case .merton(let dates) = path.assets[index] else { continue }
      let deviation = dates.variance.squareRoot()
      let normal = path.rootOfPart * memory.path.walks[index].end.noise
      greeks.theta -=
        path.sign * memory.amounts[index] * (dates.drift + deviation / 2 * normal) / years
      if index == asset { greeks.vega = held * years.squareRoot() * (normal - deviation) }
    }
    return greeks
  }

  /// Of the density of the logarithms: the derivatives of its logarithm by all means at once and by the asset's own, and
  /// minus the second one by that.
  private func scores(_ memory: inout Memory) -> (all: Double, own: Double, stiffness: Double) {
    let count = times.count
    // Cholesky's factor, in the place of the covariances.
    for i in 0..<count {
      for j in 0...i {
        var rest = memory.spread[i * count + j]
        for k in 0..<j { rest -= memory.spread[i * count + k] * memory.spread[j * count + k] }
        memory.spread[i * count + j] =
          i == j ? rest.squareRoot() : rest / memory.spread[j * count + j]
      }
    }
    var stiffness = 0.0
    for i in 0..<count {
      var (score, column) = (memory.free[i], i == asset ? 1.0 : 0)
      for j in 0..<i {
        score -= memory.spread[i * count + j] * memory.scores[j]
        column -= memory.spread[i * count + j] * memory.column[j]
      }
      memory.scores[i] = score / memory.spread[i * count + i]
      memory.column[i] = column / memory.spread[i * count + i]
      stiffness += memory.column[i] * memory.column[i]
    }
    var all = 0.0
    for i in (0..<count).reversed() {
      var score = memory.scores[i]
      for j in (i + 1)..<count {
        score -= memory.spread[j * count + i] * memory.scores[j]
      }
      memory.scores[i] = score / memory.spread[i * count + i]
      all += memory.scores[i]
    }
    return (all, memory.scores[asset], stiffness)
  }
}
