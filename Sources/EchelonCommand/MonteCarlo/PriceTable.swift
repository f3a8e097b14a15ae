import Echelon
import EchelonFiles

/// Prices of assets at dates that all of them have.
struct PriceTable {
  let assets: [String]
  let dates: [String]
  /// Of each date, in the order of the assets.
  let prices: [[Double]]
  /// How many dates there are on which any asset has a price.
  let allDateCount: Int

  /// - Parameters:
  ///   - path: a table with a price in each row, and columns that say of which asset and when; or with a column of
  ///     prices for each asset, and at most one of dates.
  ///   - columns: the names of columns that were given; nil where they are to be found.
  init(path: String, columns: PriceColumns) throws {
    let table = try DataFileReader.open(path).table()
    func refuse(_ problem: String) -> CommandError { CommandError("\(path): \(problem)") }
    func column(_ name: String, _ option: String) throws -> Column {
      guard let column = table[name] else {
        throw refuse(
          "has no column '\(name)'; \(option) takes one of "
            + table.columns.map(\.name).joined(separator: ", "))
      }
      return column
    }
    let price = try columns.price.map { try column($0, "--price") }
    var by = try columns.by.map { try column($0, "--by") }
    var date = try columns.date.map { try column($0, "--date") }
    if date == nil {
      date = table.columns.first {
        Self.timeNames.contains($0.name.lowercased()) && $0.name != by?.name
          && $0.name != price?.name
      }
    }
    if date == nil {
      // Or it is the only one with a digit in every word, which names seldom have.
      let dated = table.columns.filter { column in
        column.kind == .text && column.name != by?.name
          && Self.words(column).allSatisfy { $0.contains(where: \.isNumber) }
      }
      if dated.count == 1 { date = dated[0] }
    }
    let words = table.columns.filter { $0.kind == .text && $0.name != date?.name }
    let numbers = table.columns.filter { $0.kind == .number && $0.name != date?.name }
    if by == nil, price != nil || numbers.count == 1 {
      // The one that says most often the same.
      by = words.filter { Set(Self.words($0)).count < table.rowCount }.min {
        Set(Self.words($0)).count < Set(Self.words($1)).count
      }
    }
    if date == nil { date = words.first { $0.name != by?.name } }
    let days = date.map(Self.words) ?? (0..<table.rowCount).map { "row \($0 + 1)" }
    if let by {
      guard
        let price = price ?? numbers.first(where: { $0.name != by.name }),
        let values = price.numbers
      else { throw refuse("has no column of numbers for prices; name one with --price") }
      guard date != nil else {
        throw refuse("has no column that says when each '\(price.name)' was; name one with --date")
      }
      try self.init(long: Self.words(by), days, values, path: path)
    } else {
      let assets = price.map { [$0] } ?? numbers
      guard !assets.isEmpty, assets.allSatisfy({ $0.kind == .number }) else {
        throw refuse("has no column of numbers for prices; name one with --price")
      }
      let values = assets.map { $0.numbers ?? [] }
      let rows = (0..<table.rowCount).map { row in values.map { $0[row] } }
      let whole = rows.indices.filter { index in rows[index].allSatisfy { !$0.isNaN } }
      self.init(
        assets: assets.map(\.name), dates: whole.map { days[$0] }, prices: whole.map { rows[$0] },
        allDateCount: table.rowCount)
    }
    try check(path)
  }

  private init(assets: [String], dates: [String], prices: [[Double]], allDateCount: Int) {
    self.assets = assets
    self.dates = dates
    self.prices = prices
    self.allDateCount = allDateCount
  }

  /// Of one price in each row, in the order in which a date, and an asset, comes first.
  private init(long names: [String], _ days: [String], _ values: [Double], path: String) throws {
    var assets: [String] = []
    var dates: [String] = []
    var places: [String: Int] = [:]
    var rows: [String: [Double?]] = [:]
    for row in values.indices {
      let place = places[names[row]] ?? assets.count
      if place == assets.count {
        places[names[row]] = place
        assets.append(names[row])
      }
      if rows[days[row]] == nil { dates.append(days[row]) }
      var prices = rows[days[row]] ?? []
      while prices.count <= place { prices.append(nil) }
      guard prices[place] == nil else {
        throw CommandError(
          "\(path): has two prices of \(names[row]) at \(days[row]), the second in row \(row + 1); leave one out"
        )
      }
      prices[place] = values[row].isNaN ? nil : values[row]
      rows[days[row]] = prices
    }
    let whole = dates.filter { day in
      rows[day]!.count == assets.count && rows[day]!.allSatisfy { $0 != nil }
    }
    self.init(
      assets: assets, dates: whole, prices: whole.map { rows[$0]!.map { $0! } },
      allDateCount: dates.count)
  }

  private func check(_ path: String) throws {
    guard dates.count >= 3 else {
      throw CommandError(
        "\(path): all of \(assets.joined(separator: ", ")) have a price at \(dates.count) of \(allDateCount) dates; "
          + "at least 3 are needed")
    }
    for (day, row) in zip(dates, prices) {
      for (asset, price) in zip(assets, row) where !(price > 0 && price.isFinite) {
        throw CommandError(
          "\(path): the price of \(asset) at \(day) is \(price); prices are positive")
      }
    }
  }

  /// What a column of dates is often called.
  private static let timeNames: Set<String> = [
    "date", "day", "time", "timestamp", "week", "month", "quarter", "year", "period",
  ]

  private static func words(_ column: Column) -> [String] {
    switch column.values {
    case .numbers(let values):
      values.map { (number: Double) -> String in
        // Years and the like without a point.
        if let whole = Int(exactly: number) { return "\(whole)" }
        return "\(number)"
      }
    case .text(let values): values.map { $0 ?? "" }
    }
  }

  /// The returns from one date to the next, those of all assets one after the other.
  var returns: [[Double]] {
    (1..<dates.count).map { row -> [Double] in
      assets.indices.map { prices[row][$0] / prices[row - 1][$0] - 1 }
    }
  }
}

/// Which columns of a table of prices are what.
struct PriceColumns {
  var price: String?
  var by: String?
  var date: String?
}
