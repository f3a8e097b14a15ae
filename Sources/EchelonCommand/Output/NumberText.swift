import Echelon

/// Numbers as people read them.
enum NumberText {
  /// With a comma every three digits: `12,345,678`.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// A number of things: `1 file`, `2,000 files`.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// A time, three digits: `850 ns`, `12.3 ms`, `4.56 s`, `2 min 5 s`.
  static func time(seconds: Double) -> String {
    if seconds >= 119.5 {
      let whole = Int(seconds.rounded())
      return whole >= 3600
        ? "\(whole / 3600) h \(whole % 3600 / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }
    for (unit, factor) in [("s", 1.0), ("ms", 1e3), ("µs", 1e6)] where seconds * factor >= 0.9995 {
      return "\((seconds * factor).rounded(significantDigits: 3)) \(unit)"
    }
    return "\((seconds * 1e9).rounded(significantDigits: 3)) ns"
  }

  /// A number per second, three digits: `1.23 GB/s`, `45.6 MB/s`, `12 B/s`.
  /// - Parameter unit: with a blank in front if it is a word: `1.23 G samples/s`, `12 samples/s`.
  static func rate(_ perSecond: Double, unit: String) -> String {
    for (prefix, factor) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where perSecond >= factor {
      return "\((perSecond / factor).rounded(significantDigits: 3)) \(prefix)\(unit)/s"
    }
    let blank = unit.hasPrefix(" ") ? "" : " "
    return "\(perSecond.rounded(significantDigits: 3))\(blank)\(unit)/s"
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// Runs `body` and measures how long it took.
func timed<Value>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
) async rethrows -> (value: Value, seconds: Double) {
  let start = ContinuousClock.now
  let value = try await body()
  return (value, (ContinuousClock.now - start).seconds)
}
