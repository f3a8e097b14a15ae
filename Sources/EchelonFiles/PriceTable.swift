/// Prices of assets at dates that all of them have, and their returns.
///
///     let prices = try PriceTable(path: "data/stocks.csv")
///     let returns = try pool.array(try prices.returns(of: "IBM"))
///     let mean = try await pool.bootstrap(returns, seed: 42) { x in
///       x.indices.reduce(0) { $0 + x[$1] } / Double(x.count)
///     }
///     print(prices.dates.first!, prices.dates.last!, mean.confidenceInterval(0.95))
public struct PriceTable: Sendable {
  /// The names of the assets, in the order of the file.
  public let assets: [String]
  /// In order of time where all of them are dates that can be read, else in that of the file.
  public private(set) var dates: [String]
  /// Of each date, in the order of the assets; all are above 0.
  public private(set) var prices: [[Double]]
  /// How many dates there are on which any asset has a price.
  public let allDateCount: Int
  /// What a person should know of how the file was read: sentences without an end, such as that dates were put in order.
  public private(set) var notes: [String] = []

  /// Reads a file of prices.
  /// - Parameters:
  ///   - path: a table as the other initializer takes it.
  ///   - columns: the names of columns that were given; nil where they are to be found.
  /// - Throws: `FileError` for a file that cannot be read, `PriceTableError` for one of no prices.
  public init(path: String, columns: PriceColumns = PriceColumns()) throws {
    try self.init(DataFileReader.open(path).table(), path: path, columns: columns)
  }

  /// Takes prices from a table.
  ///
  /// Dates are those at which all assets have a price, of those that `columns` names where it names some.
  /// - Parameters:
  ///   - table: with a price in each row, and columns that say of which asset and when; or with a column of prices for
  ///     each asset, and at most one of dates.
  ///   - path: where it comes from, for errors.
  ///   - columns: the names of columns that were given; nil where they are to be found.
  /// - Throws: `PriceTableError` for a table of no prices: fewer than three dates that all assets have, a price that is not
  ///   above 0, two prices of an asset at one date.
  public init(_ table: DataTable, path: String, columns: PriceColumns = PriceColumns()) throws {
    func refuse(_ problem: String) -> PriceTableError {
      PriceTableError(path: path, problem: problem)
    }
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
    let labels = date.map(Self.words) ?? (0..<table.rowCount).map { "row \($0 + 1)" }
    let (moments, isAmbiguous) = DateMoment.all(labels)
    let order = DateOrder(labels, moments)
    let days = order?.labels ?? labels
    var notes: [String] = []
    if order == nil, date != nil, let note = Self.note(labels, moments, isAmbiguous) {
      notes.append("\(note); rows count in the order of the file")
    }
    if let by {
      guard
        let price = price ?? numbers.first(where: { $0.name != by.name }),
        let values = price.numbers
      else { throw refuse("has no column of numbers for prices; name one with --price") }
      guard date != nil else {
        throw refuse("has no column that says when each '\(price.name)' was; name one with --date")
      }
      let names = Self.words(by)
      try columns.requireAssets(among: names, path: path)
      let rows = names.indices.filter { columns.wants(names[$0]) }
      try self.init(
        long: rows.map { names[$0] }, rows.map { days[$0] }, rows.map { values[$0] }, path: path)
    } else {
      let found = price.map { [$0] } ?? numbers
      try columns.requireAssets(among: found.map(\.name), path: path)
      let assets = found.filter { columns.wants($0.name) }
      guard !assets.isEmpty, assets.allSatisfy({ $0.kind == .number }) else {
        throw refuse("has no column of numbers for prices; name one with --price")
      }
      if let (first, second) = order?.firstDuplicate {
        throw refuse(
          "has two rows of \(days[first]), rows \(first + 1) and \(second + 1); leave one out")
      }
      let values = assets.map { $0.numbers ?? [] }
      let rows = (0..<table.rowCount).map { row in values.map { $0[row] } }
      let whole = rows.indices.filter { index in rows[index].allSatisfy { !$0.isNaN } }
      self.init(
        assets: assets.map(\.name), dates: whole.map { days[$0] }, prices: whole.map { rows[$0] },
        allDateCount: table.rowCount)
    }
    self.notes = notes
    if let order { sort(by: order) }
    try check(path)
  }

  /// Puts the dates in order of time, and says so where they were not.
  private mutating func sort(by order: DateOrder) {
    let moments = dates.map { order.moments[$0]! }
    let places = moments.indices.sorted { moments[$0] < moments[$1] }
    guard places != Array(moments.indices) else { return }
    (dates, prices) = (places.map { dates[$0] }, places.map { prices[$0] })
    notes.append("its dates are not in order of time; they were put in order")
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
    // Of each date, the price of each asset, and its row.
    var rows: [String: [(price: Double, row: Int)?]] = [:]
    for row in values.indices {
      let place = places[names[row]] ?? assets.count
      if place == assets.count {
        places[names[row]] = place
        assets.append(names[row])
      }
      if rows[days[row]] == nil { dates.append(days[row]) }
      var prices = rows[days[row]] ?? []
      while prices.count <= place { prices.append(nil) }
      if let earlier = prices[place] {
        throw PriceTableError(
          path: path,
          problem:
            "has two prices of \(names[row]) at \(days[row]), in rows \(earlier.row + 1) and "
            + "\(row + 1); leave one out")
      }
      // One that is missing does not contradict another.
      if !values[row].isNaN { prices[place] = (values[row], row) }
      rows[days[row]] = prices
    }
    let whole = dates.filter { day in
      rows[day]!.count == assets.count && rows[day]!.allSatisfy { $0 != nil }
    }
    self.init(
      assets: assets, dates: whole, prices: whole.map { rows[$0]!.map { $0!.price } },
      allDateCount: dates.count)
  }

  private func check(_ path: String) throws {
    guard dates.count >= 3 else {
      throw PriceTableError(
        path: path,
        problem:
          "all of \(assets.joined(separator: ", ")) have a price at \(dates.count) of \(allDateCount) dates; "
          + "at least 3 are needed")
    }
    for (day, row) in zip(dates, prices) {
      for (asset, price) in zip(assets, row) where !(price > 0 && price.isFinite) {
        throw PriceTableError(
          path: path,
          problem:
            "the price of \(asset) at \(day) is \(price); prices are positive")
      }
    }
  }

  /// Why dates are not put in order, without an end; nil where they are numbers that rise.
  private static func note(
    _ labels: [String], _ moments: [DateMoment?], _ isAmbiguous: Bool
  ) -> String? {
    guard let index = moments.firstIndex(of: nil) else { return nil }
    let label = "'\(labels[index])' in row \(index + 1)"
    if isAmbiguous { return "\(label) may be a day of two months, and no row tells which" }
    // Numbers of four digits are read as years, also those among others.
    if zip(labels, moments).contains(where: { $1 != nil && Int($0) == nil }) {
      return "\(label) is no date as others are"
    }
    // Such as the numbers of days: as often as there are assets, but first in their order.
    var seen: Set<String> = []
    let numbers = labels.filter { seen.insert($0).inserted }.map { Double($0) ?? .nan }
    if zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }), numbers.count > 1 { return nil }
    return "\(label) is no date that is understood"
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

  /// The first asset whose price is always the same, or grows by always the same part, but for rounding.
  public var flatAsset: String? {
    let returns = returns
    return assets.indices.first { asset in
      let values = returns.map { $0[asset] }
      guard let low = values.min(), let high = values.max() else { return false }
      return high - low <= 1e-12 * max(1, abs(high))
    }.map { assets[$0] }
  }

  /// The returns from one date to the next, price / earlier price - 1, those of all assets one after the other: rows as
  /// `portfolioRisk` takes them.
  public var returns: [[Double]] {
    (1..<dates.count).map { row -> [Double] in
      assets.indices.map { prices[row][$0] / prices[row - 1][$0] - 1 }
    }
  }
}

extension PriceTable {
  /// The returns of one asset, from one date to the next: price / earlier price - 1.
  /// - Throws: `PriceTableError` for an asset that there is not.
  public func returns(of asset: String) throws -> [Double] {
    guard let place = assets.firstIndex(of: asset) else {
      throw PriceTableError(
        path: asset, problem: "there are prices of " + assets.joined(separator: ", "))
    }
    return returns.map { $0[place] }
  }
}

/// Why a file has no prices that can be used.
public struct PriceTableError: Error, Equatable, CustomStringConvertible {
  /// The file, or the asset that it lacks.
  public let path: String
  /// What is wrong with it.
  public let problem: String

  /// One sentence for the person at the terminal.
  public var description: String { "\(path): \(problem)" }
}

/// When the rows of a table were, where each of them has a date that can be read.
private struct DateOrder {
  /// Of each row. Dates that are the same have the same one, however they are written.
  let labels: [String]
  /// Of each label.
  private(set) var moments: [String: DateMoment] = [:]
  /// Two rows of one date.
  private(set) var firstDuplicate: (Int, Int)?

  init?(_ labels: [String], _ rows: [DateMoment?]) {
    guard !rows.isEmpty, !rows.contains(nil) else { return nil }
    var firsts: [DateMoment: Int] = [:]
    var same: [String] = []
    for (row, moment) in rows.enumerated() {
      guard let moment else { return nil }
      let first = firsts[moment] ?? row
      firsts[moment] = first
      if first != row, firstDuplicate == nil { firstDuplicate = (first, row) }
      same.append(labels[first])
      moments[labels[first]] = moment
    }
    self.labels = same
  }
}

/// Which columns of a table of prices are what; nil where they are to be found from what they hold.
public struct PriceColumns: Sendable {
  /// The column of prices.
  public var price: String?
  /// That which names the asset.
  public var by: String?
  /// That of dates.
  public var date: String?
  /// The assets that are read; nil for all. Others keep no date from being one of all.
  public var assets: [String]?

  /// Columns of these names.
  public init(
    price: String? = nil, by: String? = nil, date: String? = nil, assets: [String]? = nil
  ) {
    (self.price, self.by, self.date, self.assets) = (price, by, date, assets)
  }

  fileprivate func wants(_ asset: String) -> Bool { assets?.contains(asset) ?? true }

  fileprivate func requireAssets(among names: [String], path: String) throws(PriceTableError) {
    guard let missing = assets?.first(where: { !names.contains($0) }) else { return }
    var seen: Set<String> = []
    let known = names.filter { seen.insert($0).inserted }
    throw PriceTableError(
      path: path,
      problem: "has no prices of '\(missing)'; there are prices of " + known.joined(separator: ", ")
    )
  }
}
