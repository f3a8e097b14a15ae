import ArgumentParser
import CPeers
import Echelon

/// Measures Echelon beside plain C.
@main struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echelon-compare",
    abstract: "Measure Echelon beside plain C, in pairs, and print a table.",
    discussion: """
      Both sides of a figure are measured in turn, so that a noisy machine meets both. A figure is \
      met unless the whole 95 % interval of the median lies short of it. Exit status 1 means that a \
      figure was not met.
      """)

  @Option(help: "Pairs per figure; 15 or more for numbers that are quoted.")
  var pairs = 31

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
    guard pairs >= 6 else {
      throw ValidationError("--pairs is at least 6: fewer give no 95 % interval")
    }
    guard workers >= 1, shrink >= 1 else {
      throw ValidationError("--workers and --shrink are at least 1")
    }
  }

  func run() throws {
    let setup = Setup(workers: workers, pairs: pairs, shrink: shrink)
    if answer { return try OtherBuild.answer(setup) }
    let other = try native.map { try OtherBuild($0, setup) }
    defer { other?.end() }
    let figures = other.map { other in BuiltIn.all.map { $0.figure(beside: other) } }
    let chosen = (figures ?? Figures.all).filter { figure in
      only.isEmpty || only.contains { figure.name.contains($0) }
    }
    if list { return chosen.forEach { print($0.name) } }
    #if DEBUG
      print("This is a debug build: run it with `-c release`. What follows means nothing.")
    #endif
    try check(peer_team_start(Int32(workers)), "start \(workers) threads")
    // More than any figure uses: memory that the host has not given to this machine before is slow.
    try check(peer_warm_machine((5 << 29) / shrink), "touch 2.5 GiB of memory")
    print(Machine.describe(setup, arguments: Array(CommandLine.arguments.dropFirst())), "\n")
    if let (given, better) = Figures.coreTypeSetAside {
      print(
        "OPENBLAS_CORETYPE=\(given) is set aside: both sides use the kernels for \(better), but NumPy as installed.\n"
      )
    }
    if spin { return try SpinTable.print(setup) }
    print(Report.head)
    var missed = 0
    for figure in chosen {
      let measured = try PairedMeasurement(figure, setup)
      print(Report.row(measured))
      if measured.isMet == false { missed += 1 }
    }
    if missed > 0 { throw ExitCode(1) }
  }
}
