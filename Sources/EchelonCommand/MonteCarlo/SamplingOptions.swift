import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// What every run needs to know that can be saved and gone on with.
protocol SavedRunOptions: ParsableArguments {
  var samples: SampleCount? { get }
  /// What these are: samples where an option says nothing else.
  var unit: RunUnit { get }
  var saved: SavedOptions { get }
  var run: MonteCarloRunOptions { get }
  /// When samples are enough.
  /// - Parameter earlier: how many there are already.
  func goal(after earlier: Int) -> MonteCarloGoal
}

extension SavedRunOptions {
  var unit: RunUnit { .sample }
}

/// What every run of samples needs to know: how many there are, or when they are enough.
protocol SamplingOptions: SavedRunOptions {
  /// Where no end is given.
  static var defaultCount: Int { get }
  var ends: EndOptions { get }
  var quantiles: QuantileOptions { get }
  var picture: PictureOptions { get }
}

extension SamplingOptions {
  func goal(after earlier: Int) -> MonteCarloGoal {
    ends.goal(samples: samples?.count, orElse: max(Self.defaultCount, earlier))
  }

  /// Refuses a picture in the place of a run, which may be saved where it was resumed from.
  fileprivate func checkPicture() throws {
    guard let plot = picture.plot, plot != InputFile.standardStream else { return }
    for (run, option) in [(saved.resume, "--resume"), (saved.save, "--save")] {
      guard let run else { continue }
      guard InputProtection([run]).input(at: plot) == nil,
        InputName(run).path != InputName(plot).path
      else {
        throw ValidationError(
          "--plot \(plot) would replace the run of \(option) \(run); name another file for the picture"
        )
      }
    }
  }
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
  @OptionGroup var picture: PictureOptions
  @OptionGroup var run: MonteCarloRunOptions

  func validate() throws { try checkPicture() }
}

/// Of points, whose samples are one of two numbers, and have no quantiles.
struct PointOptions: SamplingOptions {
  static let defaultCount = MonteCarloOptions.defaultCount
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many samples, 2 to 1e12; 1e8 and 10_000_000 work. 1e8 where no end is given.",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var ends: EndOptions
  // Refused by its name.
  @OptionGroup(visibility: .private) var quantiles: QuantileOptions
  @OptionGroup var saved: SavedOptions
  @OptionGroup var picture: PictureOptions
  @OptionGroup var run: MonteCarloRunOptions

  func validate() throws { try checkPicture() }
}

/// Of policies, whose samples are no payoffs.
struct PolicyOptions: SamplingOptions {
  static let defaultCount = PathOptions.defaultCount
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many samples, 2 to 1e12; 1e6 and 10_000_000 work. 1e6 where no end is given.",
      valueName: "n"))
  var samples: SampleCount?
  @OptionGroup var ends: EndOptions
  // Refused by its name.
  @OptionGroup(visibility: .private) var quantiles: QuantileOptions
  @OptionGroup var saved: SavedOptions
  @OptionGroup var picture: PictureOptions
  @OptionGroup var run: MonteCarloRunOptions

  func validate() throws { try checkPicture() }
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
  @OptionGroup var picture: PictureOptions
  @OptionGroup var run: MonteCarloRunOptions

  func validate() throws { try checkPicture() }
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
      "Where to write how far the run has come: at its end, or at Ctrl-C or SIGTERM. Then it keeps what "
        + "there was at the last look at the estimate, and what came after it is drawn once more.",
      valueName: "file"),
    completion: .file())
  var save: String?
  @Option(
    help: ArgumentHelp(
      "Goes on from there, with the same command and numbers: the answer has the digits of a run "
        + "that never stopped (multilevel: one to the same error). Counts and errors are those of both; seconds are new ones, and those "
        + "before stand apart.",
      valueName: "file"), completion: .file())
  var resume: String?

  func validate() throws {
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

/// How a run looked on the way.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A picture of how the estimate settled: a file ending in .svg or .png, or - for the terminal.",
      valueName: "path"), completion: .file(extensions: ["svg", "png"]))
  var plot: String?

  func validate() throws {
    if let plot, plot != InputFile.standardStream { _ = try PlotFile(checking: plot) }
  }
}

/// What a run has found, and how it came to it.
struct RunOutcome<Estimate: RunEstimate> {
  let estimate: Estimate
  let course: Course<Estimate.State>
  let seconds: Double
  /// nil where nobody wanted it.
  let history: EstimateHistory?
}

extension SavedRunOptions {
  /// Runs samples to their end in a pool whose workers have started, saves how far they have come where that is asked for,
  /// also when they are interrupted, and has the report written.
  /// - Parameters:
  ///   - name: that of the command.
  ///   - parameters: what says which run it is.
  ///   - isWatched: whether estimates on the way are of use.
  ///   - keepsHistory: whether how the run looked on the way is wanted; intervals may take long.
  func sample<Estimate: RunEstimate>(
    _ name: String, parameters: [(name: String, value: JSONValue)], isWatched: Bool,
    keepsHistory: Bool = false, sampler: Sampler<Estimate>,
    write: (RunOutcome<Estimate>, ProcessPool, Interruption) async throws -> Void
  ) async throws {
    let earlier = try saved.resume.map {
      try SavedRun<Estimate.State>(path: $0, of: name, parameters)
    }
    try earlier?.check(
      seed: run.givenSeed, samples: samples?.count, unit, path: saved.resume ?? "")
    try saved.checkPlace()
    let course = Course(
      seed: earlier?.state.seed ?? run.seed, goal: goal(after: earlier?.state.sampleCount ?? 0),
      state: earlier?.state)
    try await run.inPool { pool, interruption in
      var history = keepsHistory ? EstimateHistory() : nil
      let (found, seconds) = try await timed {
        // Samples that nobody looks at on the way are one job, without a pause.
        guard isWatched || saved.save != nil || EndlessRun.isPossible(course.goal) else {
          return try await sampler.found(pool, course, interruption) as Estimate?
        }
        return try await estimate(sampler, course, pool, interruption, &history)
      }
      // Saved first, so that a report that nobody reads to its end loses nothing.
      var problem: (any Error)?
      if let path = saved.save, let state = found?.state {
        do {
          try SavedRun(run: name, parameters: parameters, state: state).write(to: path)
          if interruption.hasHappened {
            Console.writeError(
              "echelon: saved \(state.words ?? unit.count(state.sampleCount)) in \(path), all up to the "
                + "last look at the estimate; go on with --resume \(path)")
          }
        } catch { problem = error }
      } else if let path = saved.save, interruption.hasHappened {
        Console.writeError(
          "echelon: saved nothing in \(path): the run had not come to its first look at the estimate"
        )
      }
      guard let found, !interruption.hasHappened else { throw problem ?? CancellationError() }
      // What has been found is there all the same.
      if let problem { Console.report(problem) }
      try await write(
        RunOutcome(estimate: found, course: course, seconds: seconds, history: history), pool,
        interruption)
      if problem != nil { throw Exit.someInputFailed }
    }
  }

  /// The last estimate; of a run that was interrupted the last one before that, if there is one.
  private func estimate<Estimate: RunEstimate>(
    _ sampler: Sampler<Estimate>, _ course: Course<Estimate.State>, _ pool: ProcessPool,
    _ interruption: Interruption, _ history: inout EstimateHistory?
  ) async throws -> Estimate? {
    let (unit, begun) = (unit, history)
    let estimates = try sampler.estimates(pool, course)
    var drawing: WorkDrawing?
    if let preparation = sampler.preparation, Terminal.isTerminal(.error) {
      drawing = WorkDrawing(preparation.name, chunkCount: preparation.chunkCount, in: pool)
    }
    let preparing = drawing
    let task = Task {
      var line = EstimateLine(course.goal, unit, from: course.state?.sampleCount ?? 0)
      defer { line.clear() }
      var endless = EndlessRun(course.goal, unit)
      var last: Estimate?
      var history = begun
      for try await estimate in estimates {
        if last == nil { await preparing?.end() }
        last = estimate
        history?.add(estimate)
        if let warning = endless.warning(of: estimate) {
          line.clear()
          Console.writeError("echelon: \(warning)")
        }
        line.draw(estimate)
      }
      return (last, history)
    }
    interruption.watch { task.cancel() }
    let result = await Result(of: { try await task.value })
    await preparing?.end()
    let (last, found) = try result.get()
    history = found
    return last
  }
}

extension SamplingOptions {
  /// Runs samples to their end in a pool whose workers have started, and writes the report.
  /// - Parameters:
  ///   - runName: what a saved run is called, where that is not the name of the command alone.
  ///   - exact: the true value, where it is known.
  ///   - note: what the standard error does not say.
  func run<Estimate>(
    _ name: String, savedAs runName: String? = nil, exact: Double?,
    parameters: [(name: String, value: JSONValue)] = [],
    note: String? = nil, sampler: Sampler<Estimate>
  ) async throws {
    if picture.plot == InputFile.standardStream, run.output.format != .table {
      throw WrongUse(
        "--plot - draws where --format \(run.output.format) writes; name a file for the picture",
        command: "montecarlo \(name)")
    }
    guard quantiles.probabilities.isEmpty || sampler.kept != nil else {
      throw WrongUse(
        "--quantiles goes with options whose payoffs are sampled (call, put, asian, barrier, lookback, basket, "
          + "heston and merton, but none that are american) and with integrals whose points are plain",
        command: "montecarlo \(name)")
    }
    try await sample(
      runName ?? name, parameters: parameters,
      isWatched: picture.plot != nil || Terminal.isTerminal(.error),
      keepsHistory: picture.plot != nil, sampler: sampler
    ) { outcome, pool, interruption in
      let (found, course) = (outcome.estimate, outcome.course)
      let report = MonteCarloReport(
        name: name, parameters: parameters, estimate: found, exact: exact, note: note,
        quantiles: try await quantiles(sampler, found.sampleCount, course.seed, pool, interruption),
        resumed: course.state, seed: course.seed, seconds: outcome.seconds,
        workerCount: run.workers.count)
      try report.write(run.output.format)
      if let path = picture.plot { try outcome.history?.plot(name, exact: exact, to: path) }
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
}
