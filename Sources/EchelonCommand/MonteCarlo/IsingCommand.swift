import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo ising`: spins on a lattice.
struct IsingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ising",
    abstract: "An Ising model: energy and magnetization of spins on a square lattice.",
    discussion: """
      Spins of ±1, of which neighbours prefer to be alike; the edges of the lattice meet. Chains begin \
      with all spins alike, and in a sweep each spin is drawn anew once, given its neighbours (a heat \
      bath). Errors are found by blocking, since successive sweeps are alike: the statistical \
      inefficiency is how many of them are as much as one that depends on no other. Infinite lattices \
      are magnetised below a temperature of 2.269185. What --save wrote, --resume goes on from, with the \
      same lattice, burn-in and chains: --sweeps counts all.

      EXAMPLES
        echelon montecarlo ising --size 32 --temperature 2
        echelon montecarlo ising --size 16 --temperature 2.5 --format json
        echelon montecarlo ising --size 256 --sweeps 1e5 --save ising.json
        echelon montecarlo ising --size 256 --sweeps 1e6 --resume ising.json
      """)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Spins along an edge, 2 to 16384.", valueName: "n"))
  var size = 32
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "In units of the coupling over Boltzmann's constant, above 0.", valueName: "T"))
  var temperature = 2.0
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sweeps that do not count, before those that do, 0 to 1e9.", valueName: "n"))
  var burnIn = 1000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many chains, 1 to 65536; each is one worker's.", valueName: "n"))
  var chains = 8
  @OptionGroup var options: IsingOptions

  func validate() throws {
    guard 2...16_384 ~= size else {
      throw ValidationError("--size must be 2 to 16384, not \(size)")
    }
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("--temperature must be a number above 0, not \(temperature)")
    }
    guard 0...1_000_000_000 ~= burnIn else {
      throw ValidationError("--burn-in must be 0 to 1e9, not \(burnIn)")
    }
    guard 1...65_536 ~= chains else {
      throw ValidationError("--chains must be 1 to 65536, not \(chains)")
    }
  }

  func run() async throws {
    let model = IsingModel(size: size, temperature: temperature)
    let parameters: [(name: String, value: JSONValue)] = [
      ("size", .integer(size)), ("temperature", .number(temperature)),
      ("burn_in", .integer(burnIn)), ("chains", .integer(chains)),
    ]
    let (burnIn, chains, options) = (burnIn, chains, options)
    let sampler = Sampler<IsingRun> {
      try $0.isingEstimates(
        model, sweeps: options.sweeps(of: $1), burnIn: burnIn, chains: chains, seed: $1.seed,
        resuming: $1.state)
    } found: {
      let future = try $0.startIsing(
        model, sweeps: options.sweeps(of: $1), burnIn: burnIn, chains: chains, seed: $1.seed,
        resuming: $1.state)
      return try await $2.value(
        of: future, "ising", chunkCount: chains, in: $0)
    } make: {
      IsingRun(found: $0)
    }
    // A terminal shows how its chains get on, unless there are estimates to be saved.
    try await options.sample("ising", parameters: parameters, isWatched: false, sampler: sampler) {
      outcome, _, _ in
      try IsingReport(
        model: model, burnIn: burnIn, chains: chains, found: outcome.estimate.found,
        resumed: outcome.course.state, seed: outcome.course.seed, seconds: outcome.seconds,
        workerCount: options.run.workers.count
      ).write(options.run.output.format)
    }
  }
}

/// How many sweeps there are, and what is kept of them.
struct IsingOptions: SavedRunOptions {
  static let defaultCount = 10_000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Sweeps of each chain that count, 16 to 1e9. (default: 10000, or as many as --resume has)",
      valueName: "n"))
  var sweeps: SampleCount?
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  var samples: SampleCount? { sweeps }
  var unit: RunUnit { RunUnit(noun: "sweep", option: "--sweeps") }

  func validate() throws {
    if let sweeps, !(16...1_000_000_000 ~= sweeps.count) {
      throw ValidationError("--sweeps must be 16 to 1e9, not \(sweeps.count)")
    }
  }

  func goal(after earlier: Int) -> MonteCarloGoal {
    .samples(sweeps?.count ?? max(Self.defaultCount, earlier))
  }

  /// How many there are to be in the end.
  func sweeps(of course: Course<IsingState>) -> Int {
    course.goal.sampleLimit ?? Self.defaultCount
  }
}

extension IsingState: RunState {
  var sampleCount: Int { sweeps }
  var words: String? { sweeps == 0 ? "the burn-in so far" : nil }
}

/// An estimate of which the energy is shown on the way.
struct IsingRun: RunEstimate {
  let found: IsingEstimate

  var mean: Double { found.energy.mean }
  var standardError: Double { found.energy.standardError }
  var sampleCount: Int { found.state.sweeps }
  var state: IsingState? { found.state }
  var isErrorKnown: Bool { !found.energy.isTooShort }
  var spread: SampleSpread? { nil }

  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    found.energy.confidenceInterval(level)
  }
}

/// The outcome of such a run.
struct IsingReport: RunReport {
  let model: IsingModel
  let burnIn: Int
  let chains: Int
  let found: IsingEstimate
  /// How far an earlier run had come, where there was one.
  let resumed: IsingState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private var parameters: [(name: String, value: JSONValue)] {
    [
      ("size", .integer(model.size)), ("temperature", .number(model.temperature)),
      ("sweeps", .integer(found.state.sweeps)), ("burn_in", .integer(burnIn)),
      ("chains", .integer(chains)),
    ]
  }

  private var note: String? {
    found.energy.isTooShort || found.magnetization.isTooShort
      ? "too few sweeps: errors may be larger; take more --sweeps" : nil
  }

  var members: [(name: String, value: JSONValue)] {
    func of(_ name: String, _ found: BlockedEstimate) -> [(name: String, value: JSONValue)] {
      [
        (name, .number(found.mean)), (name + "_error", .number(found.standardError)),
        (name + "_statistical_inefficiency", .number(found.statisticalInefficiency)),
      ]
    }
    return [("run", .string("ising"))] + parameters + [("seed", .seed(seed))]
      + of("energy", found.energy) + of("magnetization", found.magnetization) + [
        ("infinite_magnetization", .number(model.spontaneousMagnetization)),
        ("seconds", .number(seconds)), ("workers", .integer(workerCount)),
      ]
      + (resumed.map {
        [
          ("resumed_sweeps", .integer($0.sweeps)),
          ("resumed_seconds", .number($0.elapsedTime.seconds)),
        ]
      } ?? []) + (note.map { [("note", .string($0))] } ?? [])
  }

  var text: String {
    func words(_ found: BlockedEstimate) -> String {
      "\(found.mean.rounded(significantDigits: 6)) ± "
        + "\(found.standardError.rounded(significantDigits: 2)) per spin, "
        + "statistical inefficiency \(found.statisticalInefficiency.rounded(significantDigits: 3)) sweeps"
    }
    // All that were drawn now.
    let sweeps = found.state.allSweeps - (resumed?.allSweeps ?? 0)
    let flips = Double(chains) * Double(sweeps) * Double(model.size * model.size) / seconds
    var rows = [
      ("Energy", words(found.energy)), ("Magnetization", words(found.magnetization)),
      (
        "Infinite lattice",
        "magnetization \(model.spontaneousMagnetization.rounded(significantDigits: 6))"
      ),
    ]
    if let note { rows.append(("Note", note)) }
    if let resumed {
      rows.append(
        (
          "Before",
          "\(NumberText.grouped(resumed.sweeps)) of the sweeps in the run that was saved, in "
            + NumberText.time(seconds: resumed.elapsedTime.seconds)
        ))
    }
    rows += [
      ("Seed", "\(seed)"),
      (
        "Time",
        "\(NumberText.time(seconds: seconds)), \(NumberText.rate(flips, unit: " spins")), "
          + NumberText.count(workerCount, "worker")
      ),
    ]
    return Self.table(Self.title("ising", parameters), rows)
  }
}
