public import ArgumentParser
import CPeers
import Echelon
public import EchelonComparison
import Foundation

/// Measures Echelon beside its peers.
@main struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echelon-compare",
    abstract: "Measure Echelon beside its peers, in pairs, and print a table.",
    discussion: """
      Both sides of a figure are measured in turn, so that a noisy machine meets both. A figure is \
      met unless the whole 95 % interval of the median lies short of it. After the figures come \
      growths: what one of few costs, and one of many. Exit status 1 means that one of all these was \
      not met.

      EXAMPLES
        echelon-compare --json now.json --page now.html   to keep and to look at
        echelon-compare --only numpy --pairs 15           some figures
        echelon-compare --only growth --page growth.html  how costs grow with size
        echelon-compare compare before.json now.json      what changed
      """,
    subcommands: [ChangesCommand.self])

  @Option(
    help: ArgumentHelp(
      "Pairs per figure, at least 6; if left out, in steps until the ratio's interval is within ±5 %.",
      valueName: "n"))
  var pairs: Int?

  @Option(
    help: ArgumentHelp(
      "The most pairs per figure without --pairs; if left out, 61, and 31 in the short set.",
      valueName: "n"))
  var maxPairs: Int?

  @Option(
    name: .customLong("set"),
    help: "All figures, or some of every subject in a few minutes.")
  var figureSet = FigureSet.full

  @Option(help: ArgumentHelp("Write the result as JSON, all times included.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp("Write the result as one HTML page, with a picture.", valueName: "file"))
  var page: String?

  @Option(help: "Worker processes, and threads of the C side.")
  var workers = 2

  @Option(help: "Divide the sizes by this, to see that everything works.")
  var shrink = 1

  @Option(help: "Only the figures whose name contains this; may be given again.")
  var only: [String] = []

  @Flag(help: "Print the names of the figures and stop.")
  var list = false

  @Flag(help: "Instead, print what the spin of idle workers is worth.")
  var spin = false

  @Option(
    help: "Instead, the built-ins beside this program as it is when built for this processor alone."
  )
  var native: String?

  @Flag(help: .hidden)
  var answer = false

  func validate() throws {
    guard (pairs ?? maxPairs ?? MedianInterval.fewest) >= MedianInterval.fewest else {
      throw ValidationError(
        "\(pairs == nil ? "--max-pairs" : "--pairs") is at least \(MedianInterval.fewest): fewer give no 95 % interval"
      )
    }
    guard pairs == nil || maxPairs == nil else {
      throw ValidationError("--pairs and --max-pairs exclude each other: give one of them")
    }
    guard workers >= 1, shrink >= 1 else {
      throw ValidationError("--workers and --shrink are at least 1")
    }
    for path in [json, page].compactMap({ $0 }) {
      let folder = URL(filePath: path).deletingLastPathComponent().path
      guard FileManager.default.isWritableFile(atPath: folder) else {
        throw ValidationError("\(path): there is no folder '\(folder)' to write to; make it first")
      }
    }
  }

  func run() throws {
    BuiltPeers.announce()
    let plan = pairs.map(PairPlan.fixed) ?? .untilNarrow(atMost: maxPairs ?? figureSet.mostPairs)
    let setup = Setup(workers: workers, pairs: plan, shrink: shrink)
    if answer { return try OtherBuild.answer(setup) }
    let other = try native.map { try OtherBuild($0, setup) }
    defer { other?.end() }
    let figures = other.map { other in BuiltIn.all.map { $0.figure(beside: other) } }
    let isWanted = { (name: String) in
      (native != nil || figureSet.contains(name))
        && (only.isEmpty || only.contains { name.contains($0) })
    }
    var leftOut = LeftOut()
    let chosen = (figures ?? Figures.all).filter {
      isWanted($0.name) && leftOut.has($0.needs, for: $0.name)
    }
    let growths = (native == nil ? Growths.all : []).filter {
      isWanted($0.name) && leftOut.has($0.needs, for: $0.name)
    }
    if !leftOut.isEmpty { FileHandle.standardError.write(Data("\(leftOut.report)\n".utf8)) }
    guard !chosen.isEmpty || !growths.isEmpty else {
      if !leftOut.isEmpty {
        throw ValidationError("nothing can be measured of that before it is installed")
      }
      throw ValidationError(
        "no figure's name contains \(only.map { "'\($0)'" }.joined(separator: " or ")); --list has their names"
      )
    }
    if list { return (chosen.map(\.name) + growths.map(\.name)).forEach { print($0) } }
    #if DEBUG
      print("This is a debug build: run it with `-c release`. What follows means nothing.")
    #endif
    try check(peer_team_start(Int32(workers)), "start \(workers) threads")
    // More than any figure uses: memory that the host has not given to this machine before is slow.
    try check(peer_warm_machine((5 << 29) / shrink), "touch 2.5 GiB of memory")
    var record = Machine.record(
      setup, arguments: CommandLine.arguments,
      needs: Set(chosen.flatMap(\.needs)))
    print(Machine.describe(record), "\n")
    if let (given, better) = Figures.coreTypeSetAside {
      print(
        "OPENBLAS_CORETYPE=\(given) is set aside: both sides use the kernels for \(better), but NumPy as installed.\n"
      )
    }
    if spin { return try SpinTable.print(setup) }
    try measure(chosen, growths, setup, into: &record)
    if record.figures.contains(where: { $0.isMet == false })
      || record.growths.contains(where: { $0.isMet == false })
    {
      throw ExitCode(1)
    }
  }

  /// Files are written after every figure: whatever ends a long run, what was measured before is there.
  private func measure(
    _ figures: [Figure], _ growths: [Growth], _ setup: Setup, into record: inout ComparisonRecord
  ) throws {
    // What an earlier run has left there is not to be taken for this one's.
    try write(record)
    let count = figures.count + growths.count
    let progress = Progress(count: count)
    defer { progress.clear() }
    if !figures.isEmpty { print(ComparisonTable.head) }
    for (index, figure) in figures.enumerated() {
      let measured = try PairedMeasurement.run(figure, setup) { pairs in
        progress.show(index, figure.name, pairs: pairs)
      }
      progress.clear()
      print(ComparisonTable.row(measured))
      fflush(nil)
      record.figures.append(measured)
      record.isComplete = index == count - 1
      try write(record)
    }
    if !growths.isEmpty { print("\(figures.isEmpty ? "" : "\n")\(GrowthTable.head)") }
    for (index, growth) in zip(figures.count..., growths) {
      let measured = try GrowthMeasurement.run(growth, setup) { rounds in
        progress.show(index, growth.name, pairs: rounds)
      }
      progress.clear()
      if let measured {
        print(GrowthTable.row(measured))
        fflush(nil)
        record.growths.append(measured)
      } else {
        FileHandle.standardError.write(
          Data("left out: \(growth.name), whose costs are too small to be seen\n".utf8))
      }
      record.isComplete = index == count - 1
      try write(record)
    }
  }

  private func write(_ record: ComparisonRecord) throws {
    if let json { try record.json().write(to: URL(filePath: json), options: .atomic) }
    if let page { try ComparisonPage(of: record).write(to: page) }
  }
}

extension FigureSet: @retroactive ExpressibleByArgument {}
