import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire

/// An option on one asset whose price and Greeks can be sampled together: what `greeks(of:method:samples:seed:)` takes.
public protocol OptionWithGreeks: Sendable {
  /// What a sample of the Greeks is.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, or none by this method.
  func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation

  /// The Greeks by a formula; nil where there is none.
  var exactGreeks: OptionGreeks? { get }
}

extension OptionWithGreeks {
  /// None, unless an option has a formula.
  public var exactGreeks: OptionGreeks? { nil }
}

/// How Greeks are sampled. The options make it for themselves.
public struct GreeksSimulation {
  let function: ChunkFunction
  let program: VectorSampleProgram<6>

  /// - Parameters:
  ///   - function: stores the sums of a chunk; made outside of generic code, since it travels.
  ///   - sample: one sample, for where the function cannot be sent.
  init(
    _ function: ChunkFunction,
    _ sample: @escaping (inout PhiloxGenerator) -> InlineArray<6, Double>
  ) {
    self.function = function
    program = VectorSampleProgram(sample)
  }
}

extension WorkExecutor {
  /// Starts the estimation of the Greeks of an option by simulation, and returns the future of the estimate.
  ///
  /// Samples are unbiased by both methods, where the price's samples are: not in Heston's model, whose Greeks have the
  /// bias of its price; vega and theta are differences there. Of a European option `EuropeanOption.greeks` is exact, and this shows how well a simulation does.
  /// - Parameters:
  ///   - option: with a volatility and a time above 0.
  ///   - method: see `GreeksMethod`. A barrier that is looked at at dates makes the payoff jump, which leaves
  ///     `.likelihoodRatio` alone; `OptionSampling.conditional` leaves `.pathwise` alone.
  ///   - samples: how many, 0 or more.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`, like all others.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, or none by this method, and a negative number
  ///   of samples.
  /// - Source: M. Broadie, P. Glasserman, *Estimating security price derivatives using simulation*, Management Science
  ///   42 (1996); P. Glasserman, *Monte Carlo Methods in Financial Engineering* (2003), ch. 7.
  public func startGreeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    _ = try option.greeksSimulation(by: method)
    try checkGreeks(samples: samples)
    return try startSteps { [self] in
      try await sampledGreeks(
        option.greeksSimulation(by: method), samples: samples, seed: seed, priority: priority)
    }
  }

  func checkGreeks(samples: Int) throws {
    guard samples >= 0 else {
      throw PoolError.invalidArgument("a Monte Carlo run of \(samples) samples; take 0 or more")
    }
  }

  func sampledGreeks(
    _ simulation: GreeksSimulation, samples: Int, seed: UInt64, priority: WorkPriority
  ) async throws -> GreeksEstimate {
    let future = try startVectorSampling(
      simulation.function, orElse: simulation.program, from: VectorMonteCarloState(seed: seed),
      until: .samples(samples), priority: priority, deadline: nil)
    return GreeksEstimate(try await finished(future))
  }

  /// The Greeks of an option by simulation; see `startGreeks`.
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, samples: samples, seed: seed, priority: priority
    ).value
  }

  /// The Greeks of an option by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: some OptionWithGreeks, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(of: option, method: method, samples: samples, seed: seed, priority: priority)
      .result()
  }
}
