import EchelonFiles
import Foundation
import Testing

/// What `data/expected/make_expected.py` wrote.
private struct ExpectedFile: Decodable {
  struct Column: Decodable {
    let name: String
    let kind: String
    let count: Int
    let missing: Int
    let mean, sd, min, q1, median, q3, max: Double?
  }
  let file: String
  let rows: Int
  let columns: [Column]
}

/// Statistics in plain Swift: slow and obvious.
private struct PlainStatistics {
  let sorted: [Double]

  init(_ values: [Double]) { sorted = values.filter { !$0.isNaN }.sorted() }

  var mean: Double { Self.sum(sorted) / Double(sorted.count) }

  var standardDeviation: Double {
    let mean = mean
    return (Self.sum(sorted.map { ($0 - mean) * ($0 - mean) }) / Double(sorted.count - 1))
      .squareRoot()
  }

  /// Linear interpolation between order statistics, numpy's default.
  func quantile(_ p: Double) -> Double {
    let position = p * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = Swift.min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
  }

  /// Neumaier's compensated sum.
  private static func sum(_ values: [Double]) -> Double {
    var sum = 0.0
    var correction = 0.0
    for value in values {
      let next = sum + value
      correction += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
      sum = next
    }
    return sum + correction
  }
}

@Suite struct `The files in data` {
  @Test func `are many, and together small`() throws {
    let names = try Fixtures.dataFiles()
    #expect(names.count >= 14)
    let size = try names.map { try bytes(of: "\(Fixtures.data)/\($0)").count }.reduce(0, +)
    #expect(size < 5_000_000)
  }

  @Test(arguments: try Fixtures.dataFiles())
  func `have the statistics that numpy finds`(_ name: String) throws {
    let json = try Data(contentsOf: URL(filePath: "\(Fixtures.data)/expected/\(name).json"))
    let expected = try JSONDecoder().decode(ExpectedFile.self, from: json)
    let table = try DataFileReader.open("\(Fixtures.data)/\(name)").table()
    #expect(table.rowCount == expected.rows)
    #expect(table.columns.map(\.name) == expected.columns.map(\.name))
    for (column, expected) in zip(table.columns, expected.columns) {
      let place: Comment = "\(name), \(column.name)"
      #expect(column.kind.rawValue == expected.kind, place)
      #expect(column.missingCount == expected.missing, place)
      #expect(column.count - column.missingCount == expected.count, place)
      guard let numbers = column.numbers, let mean = expected.mean else { continue }
      let statistics = PlainStatistics(numbers)
      let scale = statistics.sorted.map(abs).max() ?? 0
      func expectClose(_ found: Double, _ expected: Double?, _ what: String) {
        #expect(
          abs(found - (expected ?? .nan)) <= 1e-13 * scale, "\(name), \(column.name), \(what)")
      }
      expectClose(statistics.mean, mean, "mean")
      if expected.count > 1 { expectClose(statistics.standardDeviation, expected.sd, "sd") }
      expectClose(statistics.quantile(0.25), expected.q1, "q1")
      expectClose(statistics.quantile(0.5), expected.median, "median")
      expectClose(statistics.quantile(0.75), expected.q3, "q3")
      #expect(statistics.sorted.first == expected.min, place)
      #expect(statistics.sorted.last == expected.max, place)
    }
  }

  @Test func `that are damaged say where`() {
    let bad = "\(Fixtures.data)/bad"
    func message(_ name: String) -> String {
      fileError { _ = try DataFileReader.open("\(bad)/\(name)") }?.description ?? "accepted"
    }
    #expect(
      message("ragged.csv") == "\(bad)/ragged.csv:17:33: the header has 6 fields, this row has 7; "
        + "quote fields that contain the delimiter")
    #expect(message("binary.csv").hasPrefix("\(bad)/binary.csv:3:3: a NUL character"))
    #expect(message("unclosed-quote.csv").hasPrefix("\(bad)/unclosed-quote.csv:2:1: "))
    #expect(
      message("truncated.npy")
        == "\(bad)/truncated.npy: the header promises 920064 bytes of data, the file has 1872; "
        + "copy it again, it was cut short")
  }
}
