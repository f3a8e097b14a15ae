import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo integral`: an expression over a box, or one of Genz's integrands.
struct IntegralCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "integral",
    abstract: "The integral of an expression over a box: plain, by VEGAS or quasi-random.",
    discussion: """
      The integrand is an expression as 'echelon map --help' describes them, and --over gives each of \
      its variables a range. NAN somewhere makes the integral NAN.

      Integrands whose integrals are known, for trying out methods, are those of Genz, over a unit \
      cube: f(x) with numbers a, how hard it is in each direction, and u, where. Both are drawn by \
      chance, and the a scaled to a sum of --difficulty.

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
        echelon montecarlo integral 'exp(-x*y)' --over x=0:1 --over y=0:2
        echelon montecarlo integral 'x^2+y^2<1' --over x=-1:1 --over y=-1:1
        echelon montecarlo integral 'sin(x)/x' --over x=0:pi --sampling quasi
        echelon montecarlo integral gaussian --difficulty 20 --method vegas
        echelon montecarlo integral continuous --sampling quasi --error 1e-6
        echelon montecarlo integral corner-peak --relative-error 0.001 --format json
      """)

  /// How points are drawn.
  enum MethodChoice: String, CaseIterable, ExpressibleByArgument {
    case plain, vegas, quasi
  }

  @Argument(
    help: ArgumentHelp("An expression, or one of the names above.", valueName: "integrand"),
    completion: .list(GenzIntegrand.Family.allCases.map(\.rawValue)))
  var integrand: String
  @Option(
    help: ArgumentHelp(
      "A variable of the expression and its range, x=0:1; once for each. Bounds may be expressions "
        + "of numbers.", valueName: "name=low:high"))
  var over: [String] = []
  @Option(
    name: .customLong("dimensions"), parsing: .unconditional,
    help: ArgumentHelp("Of Genz's cube, 1 to 1000. (default: 5)", valueName: "n"))
  var givenDimensions: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The sum of the a, above 0. By default 9, 7.25, 1.85, 7.03, 20.4 and 4.3, in the order above.",
      valueName: "sum"))
  var difficulty: Double?
  @Option(
    name: .customLong("integrand-seed"), parsing: .unconditional,
    help: ArgumentHelp("What a and u are drawn from. (default: 1)", valueName: "s"))
  var givenIntegrandSeed: UInt64?
  @Option(
    name: [.long, .customLong("sampling")],
    help: ArgumentHelp("How points are drawn.", valueName: "method"))
  var method = MethodChoice.plain
  @Option(
    name: .customLong("learning-samples"), parsing: .unconditional,
    help: ArgumentHelp(
      "With how many samples VEGAS learns, each of ten times, up to 1e9. (default: 65536)",
      valueName: "n"))
  var givenLearningSamples: SampleCount?
  @Option(
    name: .customLong("replicates"), parsing: .unconditional,
    help: ArgumentHelp(
      "Scrambled sets of quasi-random points, 2 to 65536. (default: 16)", valueName: "n"))
  var givenReplicates: Int?
  @OptionGroup var options: PathOptions

  private var dimensions: Int { givenDimensions ?? 5 }
  private var integrandSeed: UInt64 { givenIntegrandSeed ?? 1 }
  private var learningSamples: SampleCount { givenLearningSamples ?? SampleCount(65_536) }
  private var replicates: Int { givenReplicates ?? 16 }

  /// Throws for options that something else makes meaningless.
  private func refuseContradictions() throws {
    let genz = [
      ("dimensions", givenDimensions != nil), ("difficulty", difficulty != nil),
      ("integrand-seed", givenIntegrandSeed != nil),
    ]
    for (name, isGiven) in genz where isGiven && !over.isEmpty {
      throw ValidationError(
        "--\(name) is of Genz's integrands; an expression over ranges (--over) goes without it")
    }
    let methods = [
      ("learning-samples", givenLearningSamples != nil, MethodChoice.vegas),
      ("replicates", givenReplicates != nil, .quasi),
    ]
    for (name, isGiven, needed) in methods where isGiven && method != needed {
      throw ValidationError(
        "--\(name) goes with --method \(needed.rawValue) alone, not with \(method.rawValue)")
    }
  }

  func validate() throws {
    try refuseContradictions()
    if over.isEmpty, GenzIntegrand.Family(rawValue: integrand) == nil {
      throw ValidationError(
        "'\(integrand)' is none of "
          + GenzIntegrand.Family.allCases.map(\.rawValue).joined(separator: ", ")
          + "; give the variables of an expression their ranges, --over x=0:1")
    }
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
    guard over.isEmpty else {
      let integrand = try BoxIntegrand(integrand, over: over)
      return try await run(
        integrand, exact: nil,
        [("integrand", .string(self.integrand)), ("over", .array(over.map { .string($0) }))])
    }
    guard let family = GenzIntegrand.Family(rawValue: integrand) else { return }
    let integrand = try GenzIntegrand(
      family, dimensions: dimensions, difficulty: difficulty, seed: integrandSeed)
    try await run(
      integrand, exact: integrand.integral,
      [
        ("integrand", .string(family.rawValue)), ("dimensions", .integer(dimensions)),
        ("difficulty", .number(difficulty ?? family.usualDifficulty)),
        ("integrand_seed", .seed(integrandSeed)),
      ])
  }

  private func run(
    _ integrand: some CommandIntegrand, exact: Double?,
    _ what: [(name: String, value: JSONValue)]
  ) async throws {
    var parameters = what
    parameters.insert(("method", .string(method.rawValue)), at: 1)
    switch method {
    case .plain: break
    case .vegas: parameters.append(("learning_samples", .integer(learningSamples.count)))
    case .quasi: parameters.append(("replicates", .integer(replicates)))
    }
    if method == .quasi {
      try await options.run(
        "integral", exact: exact, parameters: parameters,
        sampler: integrand.sampler(replicates: replicates))
    } else {
      try await options.run(
        "integral", exact: exact, parameters: parameters,
        sampler: integrand.sampler(
          method == .plain ? .plain : .vegas(samples: learningSamples.count)))
    }
  }
}
