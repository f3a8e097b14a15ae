import Echelon
import EchelonFiles

/// The parts of `echelon demo`, each of which shows what it found and notes how long it took.
struct DemoTour {
  private let pool: ProcessPool
  private let workerCount: Int
  private let interruption: Interruption
  private var times: [(part: String, work: String, seconds: Double, rate: String)] = []
  private(set) var failureCount = 0

  init(
    pool: ProcessPool, workerCount: Int, interruption: Interruption, startSeconds: Double
  ) {
    self.pool = pool
    self.workerCount = workerCount
    self.interruption = interruption
    times.append(("Start the pool", NumberText.count(workerCount, "worker"), startSeconds, ""))
  }

  // MARK: Files

  /// One task for each file.
  mutating func studyFiles(_ tasks: [BatchTask], folder: String) async throws {
    let start = ContinuousClock.now
    let futures = try tasks.map { try pool.submit(retries: 2, studyFile, $0) }
    interruption.watch(futures)
    var studies: [(task: BatchTask, study: FileStudy)] = []
    for (task, future) in zip(tasks, futures) {
      do { studies.append((task, try await future.value)) } catch {
        if future.isCancelled { continue }  // taken back before it began
        failureCount += 1
        Console.report(InputFailure(error, path: task.path))
      }
    }
    let seconds = (ContinuousClock.now - start).seconds
    let byteCount = studies.reduce(0) { $0 + $1.study.byteCount }
    times.append(
      (
        "Read and summarize", "\(NumberText.count(studies.count, "file")), \(ByteCount(byteCount))",
        seconds, NumberText.rate(Double(byteCount) / seconds, unit: "B")
      ))
    try CSVWriter.write(Self.summary(studies), to: "\(folder)/summary.csv")

    var table = TextTable(columns: [
      .init("File", isElastic: true), .init("Rows", .right), .init("Columns", .right),
      .init("Missing", .right), .init("r", .decimal),
      .init("Strongest correlation", isElastic: true),
    ])
    for (task, study) in studies {
      let pair = study.strongest
      table.rows.append([
        .text(InputFiles.name(task.path)), .integer(study.rowCount), .integer(study.columnCount),
        .integer(study.missingCount),
        pair.map { .text(Self.threeDecimals($0.correlation)) } ?? .text(""),
        .text(pair.map { "\($0.first) ~ \($0.second)" } ?? ""),
      ])
    }
    try Console.write(
      Console.bold("Files") + "  one task each\n" + table.text(width: Console.width) + "\n")
    if interruption.hasHappened { throw CancellationError() }
  }

  private static func summary(_ studies: [(task: BatchTask, study: FileStudy)]) -> DataTable {
    let found = studies.map(\.study)
    return DataTable(columns: [
      Column(name: "file", text: studies.map { InputFiles.name($0.task.path) }),
      Column(name: "rows", numbers: found.map { Double($0.rowCount) }),
      Column(name: "columns", numbers: found.map { Double($0.columnCount) }),
      Column(name: "missing", numbers: found.map { Double($0.missingCount) }),
      Column(name: "correlation", numbers: found.map { $0.strongest?.correlation ?? .nan }),
      Column(name: "first", text: found.map { $0.strongest?.first }),
      Column(name: "second", text: found.map { $0.strongest?.second }),
    ])
  }

  /// `0.963`, `-0.900`: correlations are compared, so they have the same number of decimals.
  private static func threeDecimals(_ value: Double) -> String {
    let thousandths = Int((abs(value) * 1000).rounded())
    let digits = String(thousandths % 1000)
    return (value < 0 ? "-" : "") + "\(thousandths / 1000)."
      + String(repeating: "0", count: 3 - digits.count) + digits
  }

  // MARK: Monte Carlo

  mutating func sample(count: Int, seed: UInt64) async throws {
    let option = EuropeanOption(
      .call, spot: 100, strike: 105, rate: 0.05, volatility: 0.2, years: 1)
    let optionCount = max(2, count / 10)
    let pi = try await timed {
      let future = try pool.startPi(seed: seed, until: .samples(count))
      interruption.watch([future])
      return try await future.value
    }
    let call = try await timed {
      let future = try pool.startPrice(of: option, seed: seed, until: .samples(optionCount))
      interruption.watch([future])
      return try await future.value
    }
    let runs = [("π", pi, Double.pi), ("European call", call, option.price)]
    var table = TextTable(columns: [
      .init("Quantity"), .init("Estimate", .decimal), .init("± 95 %", .decimal),
      .init("True value", .decimal), .init("Error in SE", .decimal), .init("Samples", .right),
    ])
    for (name, run, exact) in runs {
      let estimate = run.value
      let halfWidth = estimate.confidenceInterval(0.95).upperBound - estimate.mean
      table.rows.append([
        .text(name), .text(estimate.mean.rounded(significantDigits: 7)),
        .text(halfWidth.rounded(significantDigits: 2)),
        .text(exact.rounded(significantDigits: 7)),
        .text(
          ((estimate.mean - exact) / estimate.standardError).rounded(significantDigits: 2)),
        .text(NumberText.grouped(estimate.sampleCount)),
      ])
      times.append(
        (
          "Monte Carlo, \(name)", "\(NumberText.grouped(estimate.sampleCount)) samples",
          run.seconds,
          NumberText.rate(Double(estimate.sampleCount) / run.seconds, unit: " samples")
        ))
    }
    try Console.write(
      Console.bold("Monte Carlo") + "  seed \(seed)\n" + table.text(width: Console.width) + "\n")
  }

  // MARK: Matrix product

  mutating func multiply() async throws {
    if interruption.hasHappened { throw CancellationError() }
    let order = 1024
    let (speed, a, b, product) = try await MatrixProductSpeed.measure(order: order, in: pool)
    // Some elements by the definition, to see that it is the product.
    var worst = 0.0
    for step in 0..<64 {
      let (i, j) = (step * 613 % order, step * 379 % order)
      let exact = (0..<order).reduce(0.0) { $0 + a[i, $1] * b[$1, j] }
      worst = max(worst, abs(product[i, j] - exact))
    }
    times.append(
      (
        "Matrix product", "\(order) × \(order), float64", speed.seconds, speed.description
      ))
    try Console.write(
      Console.bold("Matrix product")
        + "  \(order) × \(order) in \(NumberText.time(seconds: speed.seconds)), "
        + "\(speed); largest error of 64 elements checked "
        + "\(worst.rounded(significantDigits: 2))\n\n")
  }

  // MARK: The end

  func finish(folder: String) throws {
    var table = TextTable(columns: [
      .init("Part"), .init("Work", isElastic: true), .init("Time", .right),
      .init("Workers", .right), .init("Speed", .right),
    ])
    for (part, work, seconds, rate) in times {
      table.rows.append([
        .text(part), .text(work), .text(NumberText.time(seconds: seconds)), .integer(workerCount),
        .text(rate),
      ])
    }
    try Console.write(
      Console.bold("Time") + "\n" + table.text(width: Console.width)
        + "\nStatistics of every file, and summary.csv, are in \(Console.bold(folder)).\n")
  }
}
