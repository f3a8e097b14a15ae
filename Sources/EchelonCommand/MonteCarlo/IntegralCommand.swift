import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo integral`: Genz's integrands.
struct IntegralCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "integral",
    abstract:
      "An integral over the unit cube whose value is known: plain, by VEGAS or quasi-random.",
    discussion: """
      The integrands are those of Genz, for trying out methods: f(x) with numbers a, how hard it is in \
      each direction, and u, where. Both are drawn by chance, and the a scaled to a sum of --difficulty.

        oscillatory    cos(2π u1 + Σ a x)
        product-peak   Π 1 / (1/a² + (x - u)²)
        corner-peak    1 / (1 + Σ a x)^(n + 1)
        gaussian       exp(-Σ a² (x - u)²)
        continuous     exp(-Σ a |x - u|)
        discontinuous  0 where x1 > u1 or x2 > u2, else exp(Σ a x)

      VEGAS first learns where the integrand is large; those samples do not count. Quasi-random points \
      are Sobol's, scrambled in several ways, the replicates, whose differences tell the error. Each has \
      a power of 2 of points: as many as --samples allows for all of them.

      EXAMPLES
        echelon montecarlo integral gaussian --difficulty 20 --method vegas
        echelon montecarlo integral continuous --sampling quasi --error 1e-6
        echelon montecarlo integral corner-peak --relative-error 0.001 --format json
      """)

  /// How points are drawn.
  enum MethodChoice: String, CaseIterable, ExpressibleByArgument {
    case plain, vegas, quasi
  }

  @Argument(help: ArgumentHelp("Which one.", valueName: "integrand"))
  var integrandName: Named<GenzIntegrand.Family>
  @Option(help: ArgumentHelp("Of the cube, 1 to 1000.", valueName: "n"))
  var dimensions = 5
  @Option(
    help: ArgumentHelp(
      "The sum of the a, above 0. By default 9, 7.25, 1.85, 7.03, 20.4 and 4.3, in the order above.",
      valueName: "sum"))
  var difficulty: Double?
  @Option(help: ArgumentHelp("What a and u are drawn from.", valueName: "s"))
  var integrandSeed: UInt64 = 1
  @Option(
    name: [.long, .customLong("sampling")],
    help: ArgumentHelp("How points are drawn.", valueName: "method"))
  var method = MethodChoice.plain
  @Option(
    help: ArgumentHelp(
      "With how many samples VEGAS learns, each of ten times, up to 1e9.", valueName: "n"))
  var learningSamples = SampleCount(65_536)
  @Option(help: ArgumentHelp("Scrambled sets of quasi-random points, 2 to 65536.", valueName: "n"))
  var replicates = 16
  @OptionGroup var options: PathOptions

  private var family: GenzIntegrand.Family { integrandName.value }
  private var integrand: GenzIntegrand {
    get throws {
      try GenzIntegrand(
        family, dimensions: dimensions, difficulty: difficulty, seed: integrandSeed)
    }
  }

  func validate() throws {
    guard 1...1000 ~= dimensions else {
      throw ValidationError("--dimensions must be 1 to 1000, not \(dimensions)")
    }
    guard learningSamples.count <= 1_000_000_000 else {
      throw ValidationError("--learning-samples must be 2 to 1e9, not \(learningSamples.count)")
    }
    guard 2...65_536 ~= replicates else {
      throw ValidationError("--replicates must be 2 to 65536, not \(replicates)")
    }
    if method == .quasi, let samples = options.samples, samples.count < replicates {
      throw ValidationError(
        "--samples must be one for each of \(replicates) replicates at least, not \(samples.count)")
    }
    if let difficulty, !(difficulty > 0 && difficulty.isFinite) {
      throw ValidationError("--difficulty must be a number above 0, not \(difficulty)")
    }
  }

  func run() async throws {
    let integrand = try integrand
    var parameters: [(name: String, value: JSONValue)] = [
      ("integrand", .string(family.rawValue)), ("method", .string(self.method.rawValue)),
      ("dimensions", .integer(dimensions)),
      ("difficulty", .number(difficulty ?? family.usualDifficulty)),
      ("integrand_seed", .seed(integrandSeed)),
    ]
    switch method {
    case .plain:
      try await run(Self.sampler(of: integrand, .plain), integrand, parameters)
    case .vegas:
      parameters.append(("learning_samples", .integer(learningSamples.count)))
      let method = IntegrationMethod.vegas(samples: learningSamples.count)
      try await run(Self.sampler(of: integrand, method), integrand, parameters)
    case .quasi:
      parameters.append(("replicates", .integer(replicates)))
      try await run(Self.sampler(of: integrand, replicates: replicates), integrand, parameters)
    }
  }

  private func run(
    _ sampler: Sampler<some RunEstimate>, _ integrand: GenzIntegrand,
    _ parameters: [(name: String, value: JSONValue)]
  ) async throws {
    try await options.run(
      "integral", exact: integrand.integral, parameters: parameters, sampler: sampler)
  }

  private static func sampler(
    of integrand: GenzIntegrand, _ method: IntegrationMethod
  ) -> Sampler<MonteCarloEstimate> {
    Sampler {
      try $0.integralEstimates(
        of: integrand, method: method, seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: {
      try $0.startIntegrate(
        integrand, method: method, seed: $1.seed, until: $1.goal, resuming: $1.state)
    }
  }

  private static func sampler(
    of integrand: GenzIntegrand, replicates: Int
  ) -> Sampler<QuasiMonteCarloEstimate> {
    let dimensions = integrand.dimensions
    return Sampler {
      try $0.quasiMonteCarloEstimates(
        dimension: dimensions, replicates: replicates, seed: $1.seed, until: $1.goal,
        resuming: $1.state
      ) { integrand($0) }
    } _: { pool, course in
      try pool.startQuasiMonteCarlo(
        dimension: dimensions, replicates: replicates, seed: course.seed, until: course.goal,
        resuming: course.state
      ) { integrand($0) }
    }
  }
}
