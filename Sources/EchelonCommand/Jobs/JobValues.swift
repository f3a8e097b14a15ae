import ArgumentParser
import Echelon

/// How long a file may take: a time, or a multiple of the median of those that are done.
enum TimeLimit: Sendable, ExpressibleByArgument, Equatable {
  case absolute(Duration)
  /// 2 is twice the median.
  case ofMedian(Double)

  /// `30`, `30s`, `500ms`, `2m`, `1h`, `1d`, `200%`; nil for what is none, or not above 0.
  init?(argument: String) {
    if argument.hasSuffix("%"), let percent = Double(argument.dropLast()) {
      guard percent > 0, percent <= 1e6 else { return nil }
      self = .ofMedian(percent / 100)
    } else if let time = TimeSpan(argument: argument), time.duration > .zero {
      self = .absolute(time.duration)
    } else {
      return nil
    }
  }
}

/// A time as people write it.
struct TimeSpan: ExpressibleByArgument, Sendable {
  let duration: Duration

  /// `30`, `30s`, `500ms`, `2m`, `1h`, `1d`; nil for what is none, or negative.
  init?(argument: String) {
    let units = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)]
    let unit = units.first { argument.hasSuffix($0.0) }
    guard let number = Double(argument.dropLast(unit?.0.count ?? 0)) else { return nil }
    let seconds = number * (unit?.1 ?? 1)
    guard 0...1e9 ~= seconds else { return nil }
    duration = .seconds(seconds)
  }
}

/// A number of bytes: `500M`, `2G`, powers of 1024.
struct MemorySize: ExpressibleByArgument, Sendable {
  let byteCount: Int

  init?(argument: String) {
    var text = argument.uppercased()
    for suffix in ["IB", "B"] where text.hasSuffix(suffix) { text.removeLast(suffix.count) }
    let units = ["K": 10, "M": 20, "G": 30, "T": 40]
    let shift = text.last.flatMap { units[String($0)] }
    if shift != nil { text.removeLast() }
    guard let number = Double(text), number > 0, number < 1e6 || shift == nil else { return nil }
    let bytes = number * Double(1 << (shift ?? 0))
    guard bytes >= 1, bytes < 9e18 else { return nil }
    byteCount = Int(bytes)
  }
}

/// When a run ends before all files are done, as GNU parallel has it: `soon,fail=3`, `now,fail=10%`.
struct HaltPolicy: ExpressibleByArgument, Sendable, Equatable, CustomStringConvertible {
  enum Moment: String, Sendable { case never, soon, now }
  enum Reason: String, Sendable { case fail, success, done }

  let moment: Moment
  let reason: Reason
  /// So many files.
  private let count: Int?
  /// So many in a hundred of all files of the run.
  private let percent: Double?

  /// What is done if nothing is said: all files are tried.
  static let never = HaltPolicy(moment: .never, reason: .fail, count: nil, percent: nil)

  private init(moment: Moment, reason: Reason, count: Int?, percent: Double?) {
    (self.moment, self.reason, self.count, self.percent) = (moment, reason, count, percent)
  }

  /// nil for what is none.
  init?(argument: String) {
    if argument == "never" {
      self = .never
      return
    }
    let parts = argument.split(separator: ",", maxSplits: 1)
    let words = parts.count == 2 ? parts[1].split(separator: "=") : []
    guard let moment = parts.first.flatMap({ Moment(rawValue: String($0)) }), moment != .never,
      words.count == 2, let reason = Reason(rawValue: String(words[0]))
    else { return nil }
    let isPercent = words[1].hasSuffix("%")
    let percent = isPercent ? Double(words[1].dropLast()) : nil
    let count = isPercent ? nil : Int(words[1])
    guard percent.map({ $0 > 0 && $0 <= 100 }) ?? ((count ?? 0) > 0) else { return nil }
    self.init(moment: moment, reason: reason, count: count, percent: percent)
  }

  /// Whether so many of `total` files are enough to end.
  func isMet(failed: Int, succeeded: Int, of total: Int) -> Bool {
    guard moment != .never else { return false }
    let found =
      switch reason {
      case .fail: failed
      case .success: succeeded
      case .done: failed + succeeded
      }
    let limit = count ?? Int((Double(total) * (percent ?? 100) / 100).rounded(.up))
    return found >= limit
  }

  /// As it is written.
  var description: String {
    guard moment != .never else { return "never" }
    let limit = count.map(String.init) ?? "\((percent ?? 0).rounded(significantDigits: 6))%"
    return "\(moment.rawValue),\(reason.rawValue)=\(limit)"
  }
}
