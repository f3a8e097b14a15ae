import ArgumentParser
import Echelon
import EchelonFiles
import Synchronization

/// How far a command with many files is, for whoever follows it on standard error.
///
/// A ticker draws on while files take long. What else is written there goes through `aside`, so that the line is out of the way.
final class ProgressLine: Sendable {
  /// What a follower sees.
  enum Style: String, CaseIterable, ExpressibleByArgument {
    /// A bar on a terminal, or else plain lines.
    case auto
    case bar, plain, json, none

    /// How often there is something new, at most: nobody reads faster, and a log is not to be filled.
    fileprivate var pause: Duration {
      switch self {
      case .bar: .milliseconds(100)
      case .json: .seconds(1)
      case .plain, .auto, .none: .seconds(5)
      }
    }
  }

  private struct State {
    var done = 0
    var failed = 0
    var lastShown: ContinuousClock.Instant
    var line = StatusLine()
  }

  private let style: Style
  private let total: Int
  private let workerCount: Int
  private let start = ContinuousClock.now
  private let state: Mutex<State>
  private let ticker = Mutex<Task<Void, Never>?>(nil)

  init(_ style: Style, total: Int, workerCount: Int) {
    let isAutomatic = style == .auto || style == .bar
    self.style = isAutomatic ? (Terminal.isTerminal(.error) ? .bar : .plain) : style
    self.total = total
    self.workerCount = workerCount
    // A bar is there from the start, lines come when there is something to say.
    state = Mutex(State(lastShown: self.style == .bar ? start - .seconds(1) : start))
    guard self.style != .none else { return }
    let task = Task { [weak self] in
      while !Task.isCancelled {
        self?.showIfDue()
        try? await Task.sleep(for: .milliseconds(250))
      }
    }
    ticker.withLock { $0 = task }
  }

  deinit { ticker.withLock { $0?.cancel() } }

  /// A file has ended.
  func advance(hasFailed: Bool) {
    state.withLock { state in
      state.done += 1
      if hasFailed { state.failed += 1 }
      showIfDue(&state)
    }
  }

  /// Writes something else to the terminal, in place of the line for as long.
  func aside<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
    try state.withLock { (state) throws(Failure) in
      if style == .bar { state.line.clear() }
      try body()
    }
  }

  /// Takes the bar away; JSON says how it ended.
  func finish() {
    ticker.withLock { $0?.cancel() }
    state.withLock { state in
      switch style {
      case .bar: state.line.clear()
      case .json: Console.writeError(json(state))
      case .auto, .plain, .none: break
      }
      state.done = total + 1  // nothing is shown any more
    }
  }

  private func showIfDue() { state.withLock { showIfDue(&$0) } }

  private func showIfDue(_ state: inout State) {
    let now = ContinuousClock.now
    guard style != .none, state.done < total, now - state.lastShown >= style.pause else { return }
    state.lastShown = now
    switch style {
    case .bar:
      let width = (Terminal.size(of: .error)?.columns ?? 80) - 1
      state.line.draw(Self.bar(figures(state), width: width))
    case .json: Console.writeError(json(state))
    case .auto, .plain, .none:
      Console.writeError("echelon: " + figures(state).words.joined(separator: ", "))
    }
  }

  // MARK: What it says

  struct Figures: Equatable {
    var done, total, failed, workerCount: Int
    var seconds: Double

    var rate: Double { Double(done) / max(seconds, 1e-3) }
    /// Nil while nothing is known of it.
    var secondsLeft: Double? { done > 0 ? Double(total - done) / rate : nil }

    /// The most important first.
    var words: [String] {
      var words = ["\(NumberText.grouped(done)) of \(NumberText.count(total, "file"))"]
      if failed > 0 { words.append("\(NumberText.grouped(failed)) failed") }
      if let secondsLeft {
        words.append("\(NumberText.time(seconds: secondsLeft)) left")
        words.append("\(rate.rounded(significantDigits: 3)) files/s")
      } else {
        words.append("\(NumberText.time(seconds: seconds)) so far")
      }
      words.append(NumberText.count(workerCount, "worker"))
      return words
    }
  }

  private func figures(_ state: State) -> Figures {
    Figures(
      done: state.done, total: total, failed: state.failed, workerCount: workerCount,
      seconds: (ContinuousClock.now - start).seconds)
  }

  /// As many of the words as there is room for, and a bar in what is left of it.
  static func bar(_ figures: Figures, width: Int) -> String {
    var words = figures.words
    while words.count > 1, words.joined(separator: ", ").count > width { words.removeLast() }
    let text = words.joined(separator: ", ")
    let room = min(40, width - text.count - 3)
    guard room >= 8 else { return String(text.prefix(max(0, width))) }
    let part = Double(figures.done) / Double(max(1, figures.total))
    let bar = ColumnBar.text(part, width: room)
    return "▕\(bar)\(String(repeating: " ", count: room - bar.count))▏ \(text)"
  }

  private func json(_ state: State) -> String {
    let figures = figures(state)
    return JSONValue.object([
      ("done", .integer(figures.done)), ("total", .integer(total)),
      ("failed", .integer(figures.failed)), ("seconds", .number(figures.seconds)),
      ("files_per_second", .number(figures.rate)),
      ("seconds_left", figures.secondsLeft.map { .number($0) } ?? .null),
      ("workers", .integer(workerCount)),
    ]).text(isIndented: false)
  }
}

/// How a command tells how far it is.
struct ProgressOptions: ParsableArguments {
  @Option(
    name: .customLong("progress"),
    help: ArgumentHelp(
      "How far it is, on standard error: a bar, plain lines every few seconds, JSON lines every second; by default a bar on "
        + "a terminal and plain lines elsewhere.", valueName: "style"))
  var style = ProgressLine.Style.auto
}
