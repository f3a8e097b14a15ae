import Echelon
import Foundation
import TestSupport
import Testing

/// A command on a terminal of its own (`script` makes one), where Ctrl-C goes to the whole group of
/// processes in the foreground.
private final class OnTerminal {
  private let process = Process()
  private let keys = Pipe()
  private let folder: String
  private let file: FileHandle

  init(_ arguments: String, in folder: String) throws {
    self.folder = folder
    _ = FileManager.default.createFile(atPath: folder + "/screen", contents: nil)
    file = try FileHandle(forWritingTo: URL(filePath: folder + "/screen"))
    process.executableURL = URL(filePath: "/usr/bin/script")
    process.arguments = [
      "-qec", "stty rows 30 cols 100; exec \(CommandProcess.executable) \(arguments)", "/dev/null",
    ]
    process.standardInput = keys
    process.standardOutput = file
    process.standardError = FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
    try process.run()
  }

  /// The command, once it runs.
  var commandProcessID: Int32? { Machine.children(of: process.processIdentifier).first }
  var screen: String {
    (try? String(decoding: contents(folder + "/screen"), as: UTF8.self)) ?? ""
  }
  func pressControlC() throws { try keys.fileHandleForWriting.write(contentsOf: Data([3])) }
  /// Changes the window, as its user would.
  func resize(rows: Int, columns: Int) throws {
    let command = try #require(commandProcessID)
    let terminal = try FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/\(command)/fd/1")
    let result = try CommandProcess.shell("stty -F \(terminal) rows \(rows) cols \(columns)")
    #expect(result.status == 0, "\(result.errors)")
  }
  /// What was drawn, one screen after the other, each as its lines without what styles them.
  var screens: [[Substring]] {
    screen.components(separatedBy: "\u{1B}[H").dropFirst().map { screen in
      screen.replacing(/\u{1B}\[[?0-9]*[a-zA-Z]/, with: "").split(
        omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
  }
  func waitForEnd() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct `On a terminal` {
  @Test func `Ctrl-C ends a run, and its workers with it`() throws {
    try withFolder { folder in
      let run = try OnTerminal("montecarlo pi --samples 1e11 --workers 2", in: folder)
      try eventually("the workers run") {
        run.commandProcessID.map { Machine.children(of: $0).count == 2 } == true
      }
      let workers = Machine.children(of: try #require(run.commandProcessID))
      try run.pressControlC()
      #expect(run.waitForEnd() == 130)
      try eventually("the workers are gone") { workers.allSatisfy(Machine.isGone) }
    }
  }

  @Test(arguments: [
    ("pi", "--error 1e-7", "sample", "3.1"),
    ("bootstrap", "DATA --column GNP --statistic median --resamples 1e8", "resample", "38"),
    ("permutation", "DATA --columns UNEMP,ARMED --permutations 1e8", "permutation", "0.0"),
  ])
  func `an estimate is drawn in one line while it gets better, and saved at Ctrl-C`(
    _ name: String, _ options: String, _ unit: String, _ start: String
  ) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let data = CommandProcess.repository.appending(path: "data/longley.csv").path
      let run = try OnTerminal(
        "montecarlo \(name) \(options.replacing("DATA", with: data)) --workers 2 --save \(file)",
        in: folder)
      try eventually("it has drawn twice") {
        run.screen.components(separatedBy: " \(unit)s, ").count > 2
      }
      try run.pressControlC()
      #expect(run.waitForEnd() == 130)
      let lines = run.screen.components(separatedBy: "\r\u{1B}[K")[0].split(separator: "\r").map {
        $0.replacing("\u{1B}[K", with: "")
      }
      for line in lines.prefix(2) {
        #expect(line.hasPrefix(start) && line.contains(" ± ") && line.contains(" left"), "\(line)")
        #expect(line.count < 100 && !line.contains("\n"))
      }
      for words in ["echelon: saved ", " \(unit)s in \(file)", "--resume \(file)"] {
        #expect(run.screen.contains(words), "\(run.screen)")
      }
      let saved = String(decoding: try contents(file), as: UTF8.self)
      #expect(saved.contains("\"run\" : \"\(name)\""))
    }
  }

  @Test func `what has no estimates on the way says how far its chunks have come`() throws {
    try withFolder { folder in
      let data = CommandProcess.repository.appending(path: "data/stocks.csv").path
      let run = try OnTerminal(
        "montecarlo var \(data) --samples 1e9 --horizon 100 --workers 2", in: folder)
      try eventually("it has drawn twice") {
        run.screen.components(separatedBy: "value at risk: ").count > 2
      }
      try run.pressControlC()
      #expect(run.waitForEnd() == 130)
      #expect(run.screen.contains(#/value at risk: [0-9,]+ chunks?, /#), "\(run.screen)")
    }
  }

  @Test(arguments: [
    "american --put --dates 500", "american --put --dates 500 --greeks pathwise",
    "heston --payoff american --put --dates 500 --steps 500",
  ])
  func `regressions say how far they have come`(_ arguments: String) throws {
    try withFolder { folder in
      let run = try OnTerminal(
        "montecarlo \(arguments) --regression-samples 1e5 --workers 2", in: folder)
      try eventually("it has drawn twice") {
        run.screen.components(separatedBy: "regressions: ").count > 2
      }
      try run.pressControlC()
      #expect(run.waitForEnd() == 130)
      #expect(run.screen.contains(#/regressions: [0-9]+ %, /#), "\(run.screen)")
    }
  }

  /// Gamma of an extreme that is compared with the last price is 0.
  @Test func `a relative error of what is 0 is said to have no end, once`() throws {
    try withFolder { folder in
      let run = try OnTerminal(
        "montecarlo lookback --dates 2 --greeks pathwise --error-of price,gamma --relative-error 0.1 --workers 2",
        in: folder)
      let words = "--relative-error alone may never end this run"
      try eventually("it is said, and the run goes on") {
        run.screen.components(separatedBy: words).last?.contains(" samples, ") == true
          && run.screen.contains(words)
      }
      try run.pressControlC()
      #expect(run.waitForEnd() == 130)
      #expect(run.screen.contains("echelon: gamma is 0 after 8,192 samples, "), "\(run.screen)")
      #expect(run.screen.components(separatedBy: words).count == 2)
    }
    let ended = try CommandProcess.run(
      "montecarlo", "lookback", "--dates", "2", "--greeks", "pathwise", "--error-of", "gamma",
      "--relative-error", "0.1", "--samples", "50_000")
    #expect(ended.status == 0 && ended.errors.isEmpty, "\(ended.errors)")
  }

  @Test func `a table that is wider than the window fits it, and is CSV in a pipe`() throws {
    try withFolder { folder in
      let path = "\(folder)/wide.csv"
      var text = (0..<40).map { "column_\($0)" }.joined(separator: ",") + "\n"
      for row in 0..<1200 {
        text += (0..<40).map { "\(row).\($0)25" }.joined(separator: ",") + "\n"
      }
      try Data(text.utf8).write(to: URL(filePath: path))
      func screen(_ arguments: String) throws -> [String] {
        let run = try OnTerminal("\(arguments) \(path)", in: folder)
        #expect(run.waitForEnd() == 0, "\(run.screen)")
        return run.screen.replacing(/\u{1B}\[[?0-9]*[a-zA-Z]/, with: "")
          .split(whereSeparator: \.isNewline).map(String.init)
      }
      for command in ["filter 'column_0 >= 0'", "map 'z = column_1'", "sort 'column_0 desc'"] {
        let lines = try screen(command)
        let table = lines.filter { !$0.hasPrefix("echelon: ") }
        #expect(table.allSatisfy { $0.count <= 100 }, "\(command)")
        #expect(table.last?.contains("columns left out: widen the window") == true, "\(command)")
        #expect(table.count == 1003, "\(command)")  // titles, a line, rows, what is left out
        #expect(lines.last?.hasPrefix("echelon: the first 1,000 of 1,200 rows") == true)

        let piped = try CommandProcess.shell("$ECHELON \(command) \(path)")
        #expect(piped.output.split(separator: "\n").count == 1201)
        #expect(piped.output.hasPrefix("column_0,column_1,"))
        #expect(piped.errors == "")
        let asked = try screen("\(command) --format csv")
        #expect(asked == piped.output.split(separator: "\n").map(String.init))
      }
      let narrow = try screen("select column_1")
      #expect(narrow.prefix(3) == ["column_1", "────────", "   0.125"])
    }
  }

  @Test func `a batch has a bar that is gone at its end`() throws {
    try withFolder { folder in
      let run = try OnTerminal(
        "batch --do abs data/iris.csv data/cars.csv --output \(folder)/out --workers 2", in: folder)
      #expect(run.waitForEnd() == 0)
      let drawn = run.screen.split(separator: "\r").filter { $0.contains(" of 2 files") }
      #expect(!drawn.isEmpty && drawn.allSatisfy { $0.contains("2 workers") }, "\(run.screen)")
      #expect(drawn.allSatisfy { $0.hasPrefix("▕") && $0.hasSuffix("\u{1B}[K") }, "\(drawn)")
      // Bold, if this terminal has it.
      let screen = run.screen.replacing("\u{1B}[1m", with: "")
      #expect(screen.contains("\r\u{1B}[KFile"), "\(run.screen)")
    }
  }

  @Test func `top draws on a screen of its own and gives it back at Ctrl-C`() throws {
    let pool = try ProcessPool.quiet(workers: 1)
    _ = try pool.submit(echo, 1).checked()
    try withFolder { folder in
      let top = try OnTerminal("top \(getpid()) --interval 0.2", in: folder)
      try eventually("it has drawn twice") {
        top.screen.components(separatedBy: "\u{1B}[H").count > 2
      }
      try top.pressControlC()
      #expect(top.waitForEnd() == 0)
      let screen = top.screen
      #expect(screen.contains("\u{1B}[?1049h\u{1B}[?25l"))
      #expect(screen.contains("echelon pool of process \(getpid())"))
      #expect(screen.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
      let widest = top.screens.joined().map(\.count).max() ?? 0
      #expect(widest <= 100, "a line is wider than the window")
    }
    pool.shutdown()
  }

  @Test func `top keeps to its window, also when that changes`() throws {
    // More rows than the window has.
    let pool = try ProcessPool.quiet(workers: 50)
    try withFolder { folder in
      let top = try OnTerminal("top \(getpid()) --interval 0.2", in: folder)
      try eventually("it has drawn") { top.screens.count > 1 }
      #expect(top.screens[0].count == 30)
      #expect(top.screens[0].last?.hasSuffix("more lines") == true)
      try top.resize(rows: 12, columns: 40)
      let drawn = top.screens.count
      // One may have been on its way.
      try eventually("it has drawn again") { top.screens.count > drawn + 2 }
      let screen = top.screens[drawn + 1]
      #expect(screen.count == 12)
      #expect(screen.allSatisfy { $0.count <= 40 }, "\(screen)")
      #expect(screen.first?.hasPrefix("echelon pool of process") == true)
      try top.pressControlC()
      #expect(top.waitForEnd() == 0)
    }
    pool.shutdown()
  }
}
