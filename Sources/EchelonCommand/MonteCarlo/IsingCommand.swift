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
      are magnetised below a temperature of 2.269185.

      EXAMPLES
        echelon montecarlo ising --size 32 --temperature 2
        echelon montecarlo ising --size 16 --temperature 2.5 --format json
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
    help: ArgumentHelp("Sweeps of each chain that count, 16 to 1e9.", valueName: "n"))
  var sweeps = SampleCount(10_000)
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Those before them, which do not, 0 to 1e9.", valueName: "n"))
  var burnIn = 1000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many chains, 1 to 65536; each is one worker's.", valueName: "n"))
  var chains = 8
  @OptionGroup var options: MonteCarloRunOptions

  func validate() throws {
    guard 2...16_384 ~= size else {
      throw ValidationError("--size must be 2 to 16384, not \(size)")
    }
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("--temperature must be a number above 0, not \(temperature)")
    }
    guard 16...1_000_000_000 ~= sweeps.count else {
      throw ValidationError("--sweeps must be 16 to 1e9, not \(sweeps.count)")
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
    try await options.inPool { pool, interruption in
      let (found, seconds) = try await timed {
        let future = try pool.startIsing(
          model, sweeps: sweeps.count, burnIn: burnIn, chains: chains, seed: options.seed)
        return try await options.value(
          of: future, "ising", chunkCount: chains, in: pool, interruption)
      }
      try IsingReport(
        model: model, sweeps: sweeps.count, burnIn: burnIn, chains: chains, found: found,
        seed: options.seed, seconds: seconds, workerCount: options.workers.count
      ).write(options.output.format)
    }
  }
}

/// The outcome of such a run.
struct IsingReport: RunReport {
  let model: IsingModel
  let sweeps: Int
  let burnIn: Int
  let chains: Int
  let found: IsingEstimate
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private var parameters: [(name: String, value: JSONValue)] {
    [
      ("size", .integer(model.size)), ("temperature", .number(model.temperature)),
      ("sweeps", .integer(sweeps)), ("burn_in", .integer(burnIn)), ("chains", .integer(chains)),
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
      ] + (note.map { [("note", .string($0))] } ?? [])
  }

  var text: String {
    func words(_ found: BlockedEstimate) -> String {
      "\(found.mean.rounded(significantDigits: 6)) ± "
        + "\(found.standardError.rounded(significantDigits: 2)) per spin, "
        + "statistical inefficiency \(found.statisticalInefficiency.rounded(significantDigits: 3)) sweeps"
    }
    let flips = Double(chains) * Double(sweeps + burnIn) * Double(model.size * model.size) / seconds
    return Self.table(
      Self.title("ising", parameters),
      [
        ("Energy", words(found.energy)), ("Magnetization", words(found.magnetization)),
        (
          "Infinite lattice",
          "magnetization \(model.spontaneousMagnetization.rounded(significantDigits: 6))"
        ),
      ] + (note.map { [("Note", $0)] } ?? []) + [
        ("Seed", "\(seed)"),
        (
          "Time",
          "\(NumberText.time(seconds: seconds)), \(NumberText.rate(flips, unit: " spins")), "
            + NumberText.count(workerCount, "worker")
        ),
      ])
  }
}
