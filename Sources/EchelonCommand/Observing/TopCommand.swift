import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import Glibc

/// `echelon top`: the pools of other processes, live.
struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Shows what the pool of a running program does, live.",
    discussion: """
      Looks at the shared memory of the pool from outside: nothing is asked of the program, and nothing \
      in it slows down. It must run under the same user, with the same version of Echelon. Without a \
      process it lists every pool there is.

      On a terminal it draws anew every second until Ctrl-C or the end of the pool; elsewhere it writes \
      one report after the other.

      EXAMPLES
        echelon top
        echelon top 4711
        echelon top 4711 --once --format json
      """)

  @Argument(help: ArgumentHelp("The process that made the pool.", valueName: "pid"))
  var processID: Int32?

  @Flag(help: "One report, measured over an interval, then the end.")
  var once = false

  @Option(help: ArgumentHelp("Seconds between two reports, 0.1 to 3600.", valueName: "s"))
  var interval = 1.0

  @OptionGroup var output: FormatOptions

  func validate() throws {
    guard 0.1...3600 ~= interval else {
      throw ValidationError("--interval must be 0.1 to 3600 seconds, not \(interval)")
    }
    if let processID, processID <= 0 {
      throw ValidationError("a process has a positive number, not \(processID)")
    }
  }

  func run() async throws {
    guard let processID else { return try list() }
    let pools = try PoolObserver.all(of: processID)
    guard let stop = EventSignal() else { throw CommandError("no descriptors left") }
    // The first Ctrl-C leaves the screen as it was; the second ends the process, should that hang.
    Interrupt.onFirst { stop.signal() }
    let isLive = !once && output.format == .table && Terminal.isTerminal(.output)
    var screen = TopScreen(isLive: isLive)
    defer { screen.leave() }
    var before = pools.map { $0.read() }
    while true {
      let milliseconds = Int32(interval * 1000)
      let wasStopped =
        Readiness.wait(for: [stop.descriptor], timeoutMilliseconds: milliseconds) == [true]
      let now = pools.map { $0.read() }
      if wasStopped { return }
      let reports = zip(before, now).map { TopReport(before: $0, now: $1) }
      try screen.show(text(reports))
      before = now
      let isOver = now.allSatisfy { $0.hasEnded }
      if isOver {
        screen.leave()
        Console.writeError("echelon: the pool of process \(processID) has ended")
      }
      if once || isOver { return }
    }
  }

  private func text(_ reports: [TopReport]) -> String {
    switch output.format {
    case .table: reports.map { $0.text(width: Console.width) }.joined(separator: "\n")
    case .json: reports.map { $0.json.text(isIndented: once) + "\n" }.joined()
    case .csv: CSVWriter.text(TopReport.table(reports))
    }
  }

  /// Every pool of this user, one line each.
  private func list() throws {
    let pools = PoolObserver.all().map { $0.read() }
    switch output.format {
    case .json:
      try Console.write(
        JSONValue.array(pools.map { TopReport(before: $0, now: $0).json }).text() + "\n")
    case .csv:
      try Console.write(
        CSVWriter.text(TopReport.table(pools.map { TopReport(before: $0, now: $0) })))
    case .table:
      guard !pools.isEmpty else {
        return Console.writeError("echelon: no process that this user may look at has a pool")
      }
      var table = TextTable(columns: [
        .init("PID", .right), .init("Workers", .right), .init("Busy", .right),
        .init("Queued", .right), .init("Memory", .right), .init("Deaths", .right),
        .init("Up", .right), .init("Command", isElastic: true),
      ])
      for pool in pools {
        table.rows.append([
          .integer(Int(pool.processID)),
          .text("\(pool.seats.count { $0.processID != nil })/\(pool.seats.count)"),
          .integer(pool.seats.count { $0.statistics.state == .busy }), .integer(pool.queued),
          .text("\(ByteCount(pool.usedBytes))"), .integer(pool.deaths),
          .text(NumberText.time(seconds: pool.age)), .text(pool.command),
        ])
      }
      try Console.write(table.text(width: Console.width))
    }
  }
}

/// Where the reports go: one place on a terminal, else one below the other.
struct TopScreen {
  private let isLive: Bool
  private var isShown = false

  init(isLive: Bool) { self.isLive = isLive }

  mutating func show(_ text: String) throws {
    guard isLive else { return try Console.write(text) }
    // The other screen, without a cursor; then from the top, each line cleared to its end, and the
    // rest cleared, so that nothing flickers.
    let opening = isShown ? "" : "\u{1B}[?1049h\u{1B}[?25l"
    isShown = true
    let lines = Self.lines(of: text, height: Console.height)
    try Console.write(
      opening + "\u{1B}[H" + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[K\u{1B}[J")
  }

  /// The lines that fit: one more would push the first out of sight.
  static func lines(of text: String, height: Int?) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let height, height > 0, lines.count > height else { return lines }
    // What follows the last line break.
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count > height else { return lines }
    return lines.prefix(height - 1) + ["… and \(lines.count - height + 1) more lines"]
  }

  /// Gives the terminal back as it was.
  mutating func leave() {
    guard isShown else { return }
    isShown = false
    try? Console.write("\u{1B}[?25h\u{1B}[?1049l")
  }
}
