/// When a label says that something was, so that rows can be put in order by it: as ISO 8601 writes dates (2004, 2004-08,
/// 2004-08-01, 20040801), with slashes or dots (2004/08/01, 1.8.2004, 8/1/2004), or with the name of the month (Aug 1 2004,
/// 1-Aug-2004, August 2004); days also with a time, 2004-08-01T09:30:00.5Z.
struct DateMoment: Hashable, Comparable {
  /// What comes first in dates as 1/8/2004.
  enum Order: CaseIterable { case day, month }

  /// Since the beginning of 1970, by UTC where no zone is said.
  private let seconds: Int
  /// Of a second.
  private let fraction: Double

  static func < (one: DateMoment, other: DateMoment) -> Bool {
    (one.seconds, one.fraction) < (other.seconds, other.fraction)
  }

  /// Nil for what is no such date, and where it needs an order that is not known.
  init?(_ label: String, order: Order? = nil) {
    var text = DateText(label)
    guard let day = text.day(order) else { return nil }
    let time = day.hasTime ? text.time() : (0, 0)
    guard let time, text.isEmpty else { return nil }
    seconds = Self.days(day.year, day.month, day.day) * 86_400 + time.seconds
    fraction = time.fraction
  }

  /// The moments of all labels of a file, nil for those that are no dates.
  /// - Returns: also whether it could not be told which of two numbers is the day.
  static func all(_ labels: [String]) -> (moments: [DateMoment?], isAmbiguous: Bool) {
    let plain = labels.map { DateMoment($0) }
    let open = labels.indices.filter { plain[$0] == nil }
    guard !open.isEmpty else { return (plain, false) }
    // Right for the whole file, or for none of it.
    let readings = Order.allCases.map { order in
      open.map { DateMoment(labels[$0], order: order) }
    }
    let whole = readings.filter { !$0.contains(nil) }
    // Of days that are their months, 1/1 and 2/2, both say the same.
    guard let first = whole.first, whole.allSatisfy({ $0 == first }) else {
      return (plain, whole.count > 1)
    }
    var moments = plain
    for (place, moment) in zip(open, first) { moments[place] = moment }
    return (moments, false)
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

/// A label that is read from its beginning.
private struct DateText {
  /// What a date says; a time may follow where it says a day.
  struct Day {
    var year: Int
    var month = 1
    var day = 1
    var hasTime = false
  }

  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  private var text: Substring.UTF8View

  init(_ label: String) { text = Substring(label).utf8 }

  var isEmpty: Bool { text.isEmpty }

  private func isNext(_ letters: String) -> Bool {
    text.first.map { letters.utf8.contains($0) } ?? false
  }

  private mutating func take(_ letters: String) -> Bool {
    guard isNext(letters) else { return false }
    text.removeFirst()
    return true
  }

  /// All digits that follow, as a number of as many.
  private mutating func digits(_ counts: ClosedRange<Int>) -> (value: Int, count: Int)? {
    let word = text.prefix { 0x30...0x39 ~= $0 }
    guard counts ~= word.count else { return nil }
    text = text.dropFirst(word.count)
    return (word.reduce(0) { $0 * 10 + Int($1 - 0x30) }, word.count)
  }

  private mutating func number(_ count: Int, _ range: ClosedRange<Int>) -> Int? {
    let word = text.prefix(count)
    guard word.count == count, word.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    text = text.dropFirst(count)
    let value = word.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return range ~= value ? value : nil
  }

  /// The name of a month, or its beginning of three letters and more.
  private mutating func monthName() -> Int? {
    let word = text.prefix { 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 }
    let name = String(Substring(word)).lowercased()
    guard name.count >= 3, let found = Self.months.firstIndex(where: { $0.hasPrefix(name) })
    else { return nil }
    text = text.dropFirst(word.count)
    _ = take(".")
    return found + 1
  }

  /// What stands between the parts of a date.
  private mutating func skipSigns() {
    while take(" ,-/") {}
  }

  /// A day, a month or a year.
  mutating func day(_ order: DateMoment.Order?) -> Day? {
    guard let first = digits(1...8) else { return namedFirst() }
    if first.count == 8 {
      return checked(first.value / 10_000, first.value / 100 % 100, first.value % 100)
    }
    if first.count == 4 { return afterYear(first.value) }
    guard first.count <= 2 else { return nil }
    var rest = self
    rest.skipSigns()
    if let month = rest.monthName() {
      // 1 Aug 2004
      rest.skipSigns()
      self = rest
      guard let year = number(4, 0...9999) else { return nil }
      return checked(year, month, first.value)
    }
    // 1/8/2004, with the same sign twice.
    guard let order, let sign = ["/", ".", "-"].first(where: { isNext($0) }), take(sign),
      let second = digits(1...2), take(sign), let year = number(4, 0...9999)
    else { return nil }
    return order == .day
      ? checked(year, second.value, first.value) : checked(year, first.value, second.value)
  }

  /// Aug 1 2004, August 2004
  private mutating func namedFirst() -> Day? {
    guard let month = monthName() else { return nil }
    skipSigns()
    guard let first = digits(1...4), first.count != 3 else { return nil }
    if first.count == 4 { return Day(year: first.value, month: month) }
    skipSigns()
    guard let year = number(4, 0...9999) else { return nil }
    return checked(year, month, first.value)
  }

  /// 2004, 2004-08, 2004-08-01 and 2004/8/1
  private mutating func afterYear(_ year: Int) -> Day? {
    if isEmpty { return Day(year: year) }
    if take("-") {
      guard let month = number(2, 1...12) else { return nil }
      guard take("-") else { return Day(year: year, month: month) }
      guard let day = number(2, 1...31) else { return nil }
      return checked(year, month, day)
    }
    guard let sign = ["/", "."].first(where: { isNext($0) }), take(sign),
      let month = digits(1...2)
    else { return nil }
    guard take(sign) else {
      return 1...12 ~= month.value ? Day(year: year, month: month.value) : nil
    }
    guard let day = digits(1...2) else { return nil }
    return checked(year, month.value, day.value)
  }

  private func checked(_ year: Int, _ month: Int, _ day: Int) -> Day? {
    guard 1...12 ~= month, 1...Self.dayCount(year, month) ~= day else { return nil }
    return Day(year: year, month: month, day: day, hasTime: true)
  }

  private static func dayCount(_ year: Int, _ month: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// The time of a day, by UTC where a zone is said; nil for what is none.
  mutating func time() -> (seconds: Int, fraction: Double)? {
    if isEmpty { return (0, 0) }
    guard take("Tt "), let hour = number(2, 0...24), take(":"), let minute = number(2, 0...59)
    else { return nil }
    var (clock, part) = (hour * 3600 + minute * 60, 0.0)
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
      guard let minutes = isEmpty ? 0 : number(2, 0...59) else { return nil }
      clock += sign * (hours * 3600 + minutes * 60)
    } else {
      _ = take("Zz")
    }
    return (clock, part)
  }
}
