/// When a label says that something was, where it is written as ISO 8601 writes dates: 2004, 2004-08, 2004-08-01, or with
/// a time, 2004-08-01T09:30:00.5Z. Rows can be put in order by it.
struct DateMoment: Hashable, Comparable {
  /// Since the beginning of 1970, by UTC where no zone is said.
  private let seconds: Int
  /// Of a second.
  private let fraction: Double

  static func < (one: DateMoment, other: DateMoment) -> Bool {
    (one.seconds, one.fraction) < (other.seconds, other.fraction)
  }

  /// Nil for what is no such date.
  init?(_ label: String) {
    var text = Substring(label).utf8
    func isNext(_ letters: String) -> Bool {
      text.first.map { letters.utf8.contains($0) } ?? false
    }
    func take(_ letters: String) -> Bool {
      guard isNext(letters) else { return false }
      text.removeFirst()
      return true
    }
    func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
      let word = text.prefix(digits)
      guard word.count == digits, word.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
      text = text.dropFirst(digits)
      let value = word.reduce(0) { $0 * 10 + Int($1 - 0x30) }
      return range ~= value ? value : nil
    }
    guard let year = number(4, 0...9999) else { return nil }
    var (month, day, clock, part) = (1, 1, 0, 0.0)
    if take("-") {
      guard let found = number(2, 1...12) else { return nil }
      month = found
      if take("-") {
        guard let found = number(2, 1...Self.dayCount(year, month)) else { return nil }
        day = found
        if take("Tt ") {
          guard let hour = number(2, 0...24), take(":"), let minute = number(2, 0...59) else {
            return nil
          }
          clock = hour * 3600 + minute * 60
          if take(":") {
            guard let second = number(2, 0...60) else { return nil }
            clock += second
            if take(".,") {
              let digits = text.prefix { 0x30...0x39 ~= $0 }
              guard !digits.isEmpty, let value = Double("0." + String(Substring(digits))) else {
                return nil
              }
              part = value
              text = text.dropFirst(digits.count)
            }
          }
          if isNext("+-") {
            let sign = take("-") ? 1 : -1
            if sign < 0 { _ = take("+") }
            guard let hours = number(2, 0...23) else { return nil }
            _ = take(":")
            guard let minutes = text.isEmpty ? 0 : number(2, 0...59) else { return nil }
            clock += sign * (hours * 3600 + minutes * 60)
          } else {
            _ = take("Zz")
          }
        }
      }
    }
    guard text.isEmpty else { return nil }
    seconds = Self.days(year, month, day) * 86_400 + clock
    fraction = part
  }

  private static func dayCount(_ year: Int, _ month: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Since the beginning of 1970, by the Gregorian calendar. Years begin in March, so that the leap day comes last.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // 400 years later, so that no year is below 0.
    let shifted = year + 400 - (month <= 2 ? 1 : 0)
    let inYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + inYear
      - (719_468 + 146_097)
  }
}
