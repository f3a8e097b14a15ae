import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// What every run of samples needs to know: how many there are, or when they are enough.
protocol SamplingOptions: ParsableArguments {
  var samples: SampleCount? { get }
  /// Where no end is given.
  static var defaultCount: Int { get }
  var ends: EndOptions { get }
  var quantiles: QuantileOptions { get }
  var saved: SavedOptions { get }
  var run: MonteCarloRunOptions { get }
}

/// Of plain samples.
struct MonteCarloOptions: SamplingOptions {
  static let defaultCount = 100_000_000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many samples, 2 to 1e12; 1e8 and 10_000_000 work. 1e8 where no end is given.",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var ends: EndOptions
  @OptionGroup var quantiles: QuantileOptions
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions
}

/// Of paths, a sample of which costs more.
struct PathOptions: SamplingOptions {
  static let defaultCount = 1_000_000
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many samples, 2 to 1e12; 1e6 and 10_000_000 work. 1e6 where no end is given.",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var ends: EndOptions
  @OptionGroup var quantiles: QuantileOptions
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions
}

/// When samples are enough; whatever comes first.
struct EndOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Ends at a standard error of this, in the unit of the estimate: looked at after 4,096 samples, twice "
        + "as many each time up to a million, and then four times in each doubling.", valueName: "e"
    ))
  var error: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Ends at a standard error of this part of the estimate: 0.001 is 0.1 %.", valueName: "part"))
  var relativeError: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "No error counts before so many samples: where few of them are most of the estimate.",
      valueName: "n"))
  var atLeast: SampleCount?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Ends after a time, in seconds.", valueName: "t"))
  var seconds: Double?

  func validate() throws {
    for (name, value) in [("error", error), ("relative-error", relativeError)] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("--\(name) must be a number above 0, not \(value)")
      }
    }
    if let seconds, !(seconds > 0 && seconds <= 1e9) {
      throw ValidationError("--seconds must be above 0, and 1e9 at most, not \(seconds)")
    }
  }

  /// - Parameters:
  ///   - samples: how many there are at most.
  ///   - count: how many where no end is given.
  func goal(samples: Int?, orElse count: Int) -> MonteCarloGoal {
    var goals: [MonteCarloGoal] = []
    if let samples { goals.append(.samples(samples)) }
    if let error { goals.append(.standardError(error)) }
    if let relativeError { goals.append(.relativeError(relativeError)) }
    if let seconds { goals.append(.time(.seconds(seconds))) }
    guard let first = goals.first else { return .samples(count) }
    return goals.dropFirst().reduce(first) { $0.or($1) }.atLeast(atLeast?.count ?? 0)
  }
}

/// What is asked of samples beside their mean.
struct QuantileOptions: ParsableArguments {
  /// More take too much memory, and say no more that anybody would read.
  static let sampleLimit = 10_000_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Quantiles of the samples too, as 0.05,0.5,0.95: of options and plain integrals, from the first "
        + "10,000,000 samples at most.", valueName: "p,q"))
  var quantiles: NumberList?

  var probabilities: [Double] { quantiles?.values ?? [] }

  func validate() throws {
    for value in probabilities where !(0...1 ~= value) {
      throw ValidationError("--quantiles must be numbers from 0 to 1, not \(value)")
    }
  }
}

/// Quantiles of the first samples of a run.
struct SampleQuantiles {
  let probabilities: [Double]
  let values: [Double]
  let sampleCount: Int
}

/// What is kept of a run, for one that goes on from it.
struct SavedOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to write how far the run has come: at its end, or at Ctrl-C or SIGTERM. Then it keeps the "
        + "samples up to the last look at the estimate, and those after it are drawn once more.",
      valueName: "file"),
    completion: .file())
  var save: String?
  @Option(
    help: ArgumentHelp(
      "Goes on from there, with the same command and numbers: the answer has the digits of a run "
        + "that never stopped. Samples and errors are those of both; seconds are new ones, and those "
        + "before stand apart.",
      valueName: "file"), completion: .file())
  var resume: String?
  @Option(
    help: ArgumentHelp(
      "A picture of how the estimate settled: a file ending in .svg or .png, or - for the terminal.",
      valueName: "path"), completion: .file(extensions: ["svg", "png"]))
  var plot: String?

  func validate() throws {
    if let plot, plot != InputFile.standardStream { _ = try PlotFile(checking: plot) }
    if let save {
      try OutputPlace.check(save)
      guard Folder.entry(at: save) != .folder else {
        throw ValidationError("--save \(save): is a folder; name a file in it")
      }
    }
  }

  /// Refuses a place where the run could not be saved: found out before it, not after it.
  func checkPlace() throws {
    // Begun and dropped, which leaves nothing behind.
    if let save { _ = try AtomicFileWriter(path: save) }
  }
}

/// From where samples go on, and how far.
struct Course<State: RunState> {
  let seed: UInt64
  let goal: MonteCarloGoal
  let state: State?
}

/// How the samples of a command are started.
struct Sampler<Estimate: RunEstimate> {
  typealias Estimates = AsyncThrowingStream<Estimate, any Error>
  /// To their end at once.
  let start: (ProcessPool, Course<Estimate.State>) throws -> Future<Estimate>
  /// With estimates on the way.
  let estimates: (ProcessPool, Course<Estimate.State>) throws -> Estimates
  /// The first so many samples one by one; nil where they are of no use, or not to be had.
  var kept: ((ProcessPool, _ count: Int, _ seed: UInt64) throws -> Future<SharedArray<Double>>)?

  init(
    estimates: @escaping (ProcessPool, Course<Estimate.State>) throws -> Estimates,
    _ start: @escaping (ProcessPool, Course<Estimate.State>) throws -> Future<Estimate>
  ) {
    (self.start, self.estimates) = (start, estimates)
  }
}

extension Sampler<MonteCarloEstimate> {
  static var pi: Sampler {
    Sampler {
      try $0.piEstimates(seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: {
      try $0.startPi(seed: $1.seed, until: $1.goal, resuming: $1.state)
    }
  }

  static func price(of option: some SimulatedOption) -> Sampler {
    var sampler = Sampler {
      try $0.priceEstimates(of: option, seed: $1.seed, until: $1.goal, resuming: $1.state)
    } _: {
      try $0.startPrice(of: option, seed: $1.seed, until: $1.goal, resuming: $1.state)
    }
    sampler.kept = { try $0.startPriceSamples(of: option, count: $1, seed: $2) }
    return sampler
  }
}

extension SamplingOptions {
  /// Whether a number of samples is all that may end the run.
  var hasSamplesAlone: Bool {
    ends.error == nil && ends.relativeError == nil && ends.seconds == nil && saved.save == nil
      && saved.resume == nil && saved.plot == nil && quantiles.probabilities.isEmpty
  }

  /// Runs samples to their end in a pool whose workers have started, and writes the report.
  /// - Parameters:
  ///   - exact: the true value, where it is known.
  ///   - note: what the standard error does not say.
  func run<Estimate>(
    _ name: String, exact: Double?, parameters: [(name: String, value: JSONValue)] = [],
    note: String? = nil, sampler: Sampler<Estimate>
  ) async throws {
    if saved.plot == InputFile.standardStream, run.output.format != .table {
      throw WrongUse(
        "--plot - draws where --format \(run.output.format) writes; name a file for the picture",
        command: "montecarlo \(name)")
    }
    guard quantiles.probabilities.isEmpty || sampler.kept != nil else {
      throw WrongUse(
        "--quantiles goes with options whose payoffs are sampled (call, put, asian, barrier, lookback, basket, "
          + "heston, merton) and with integrals whose points are plain",
        command: "montecarlo \(name)")
    }
    let earlier = try saved.resume.map {
      try SavedRun<Estimate.State>(path: $0, of: name, parameters)
    }
    try earlier?.check(
      seed: run.givenSeed, samples: samples?.count, path: saved.resume ?? "")
    try saved.checkPlace()
    let course = Course(
      seed: earlier?.state.seed ?? run.seed,
      goal: ends.goal(
        samples: samples?.count, orElse: max(Self.defaultCount, earlier?.state.sampleCount ?? 0)),
      state: earlier?.state)
    try await run.inPool { pool, interruption in
      var history = EstimateHistory()
      let (found, seconds) = try await timed {
        try await estimate(sampler, course, pool, interruption, &history)
      }
      // Saved first, so that a report that nobody reads to its end loses nothing.
      var problem: (any Error)?
      if let path = saved.save, let state = found?.state {
        do {
          try SavedRun(run: name, parameters: parameters, state: state).write(to: path)
          if interruption.hasHappened {
            Console.writeError(
              "echelon: saved \(NumberText.count(state.sampleCount, "sample")) in \(path), all up to the "
                + "last look at the estimate; go on with --resume \(path)")
          }
        } catch { problem = error }
      } else if let path = saved.save, interruption.hasHappened {
        Console.writeError(
          "echelon: saved nothing in \(path): the run had not come to its first look at the estimate"
        )
      }
      guard let found, !interruption.hasHappened else { throw problem ?? CancellationError() }
      let report = MonteCarloReport(
        name: name, parameters: parameters, estimate: found, exact: exact, note: note,
        quantiles: try await quantiles(sampler, found.sampleCount, course.seed, pool, interruption),
        resumed: course.state, seed: course.seed, seconds: seconds,
        workerCount: run.workers.count)
      try report.write(run.output.format)
      // What has been found is there all the same.
      if let problem { Console.report(problem) }
      if let path = saved.plot { try history.plot(name, exact: exact, to: path) }
      if problem != nil { throw Exit.someInputFailed }
    }
  }

  /// Those that were asked for, of the first samples of a run drawn once more.
  private func quantiles<Estimate>(
    _ sampler: Sampler<Estimate>, _ samples: Int, _ seed: UInt64, _ pool: ProcessPool,
    _ interruption: Interruption
  ) async throws -> SampleQuantiles? {
    let probabilities = quantiles.probabilities
    guard !probabilities.isEmpty, let kept = sampler.kept else { return nil }
    let count = min(samples, QuantileOptions.sampleLimit)
    let drawing = try kept(pool, count, seed)
    interruption.watch([drawing])
    let sorting = try pool.startQuantiles(try await drawing.value, probabilities)
    interruption.watch([sorting])
    return SampleQuantiles(
      probabilities: probabilities, values: try await sorting.value, sampleCount: count)
  }

  /// The last estimate; of a run that was interrupted the last one before that, if there is one.
  private func estimate<Estimate>(
    _ sampler: Sampler<Estimate>, _ course: Course<Estimate.State>, _ pool: ProcessPool,
    _ interruption: Interruption, _ history: inout EstimateHistory
  ) async throws -> Estimate? {
    // Samples that nobody looks at on the way are one job, without a pause.
    let isWatched = saved.save != nil || saved.plot != nil || Terminal.isTerminal(.error)
    guard isWatched else {
      let future = try sampler.start(pool, course)
      interruption.watch([future])
      return try await future.value
    }
    let estimates = try sampler.estimates(pool, course)
    let task = Task {
      var line = EstimateLine(course.goal, from: course.state?.sampleCount ?? 0)
      defer { line.clear() }
      var last: Estimate?
      var history = EstimateHistory()
      for try await estimate in estimates {
        last = estimate
        history.add(estimate)
        line.draw(estimate)
      }
      return (last, history)
    }
    interruption.watch { task.cancel() }
    let (last, found) = try await task.value
    history = found
    return last
  }
}
