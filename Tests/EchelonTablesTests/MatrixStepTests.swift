import EchelonFiles
import EchelonTables
import Foundation
import Testing

/// Rows of numbers as a table with columns a, b, ….
private func matrix(_ rows: [[Double]]) -> DataTable {
  DataTable(
    columns: (rows.first ?? []).indices.map { column in
      Column(
        name: column < 4 ? ["a", "b", "c", "d"][column] : "c\(column)",
        numbers: rows.map { $0[column] })
    })
}

private func rows(_ table: DataTable) -> [[Double]] {
  let columns = table.columns.compactMap(\.numbers)
  return (0..<table.rowCount).map { row in columns.map { $0[row] } }
}

private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  a.map { row in
    (0..<(b.first?.count ?? 0)).map { j in zip(row, b).reduce(0) { $0 + $1.0 * $1.1[j] } }
  }
}

private func transposed(_ a: [[Double]]) -> [[Double]] {
  (0..<(a.first?.count ?? 0)).map { j in a.map { $0[j] } }
}

private func distance(_ a: [[Double]], _ b: [[Double]]) -> Double {
  guard a.count == b.count, a.first?.count == b.first?.count else { return .infinity }
  return zip(a.joined(), b.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

private let general = [[2.0, -1, 3], [4, 0.5, 1], [-6, 2, 5], [1, 1, 8]]
private let square = [[2.0, -1, 3], [4, 0.5, 1], [-6, 2, 5]]
private let positive = [[4.0, 1, 2], [1, 3, 0.5], [2, 0.5, 6]]

/// Rows of small whole numbers of both signs.
private func wholeNumbers(_ rows: Int, _ columns: Int, step: Int) -> [[Double]] {
  (0..<rows).map { row in
    (0..<columns).map { column -> Double in Double((row * step + column * 5) % 23 - 11) }
  }
}

/// A table in a file of its own.
private func withFile<R>(_ table: DataTable, _ body: (String) throws -> R) throws -> R {
  let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".csv").path
  try CSVWriter.write(table, to: path)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

@Suite struct `Matrices in tables` {
  @Test(arguments: [general, square, transposed(general)])
  func `are the products of their factors`(_ a: [[Double]]) throws {
    let lu = try MatrixDecomposition.lu.factors(of: matrix(a)).map(rows)
    let ordered = lu[0].map { a[Int($0[0])] }
    #expect(distance(product(lu[1], lu[2]), ordered) < 1e-14)
    let qr = try MatrixDecomposition.qr.factors(of: matrix(a)).map(rows)
    #expect(distance(product(qr[0], qr[1]), a) < 1e-14)
    let unit = product(transposed(qr[0]), qr[0])
    let identity = unit.indices.map { i in unit.indices.map { $0 == i ? 1.0 : 0 } }
    #expect(distance(unit, identity) < 1e-15)
    let svd = try MatrixDecomposition.svd.factors(of: matrix(a)).map(rows)
    let scaled = zip(svd[1], svd[2]).map { s, row in row.map { $0 * s[0] } }
    #expect(distance(product(svd[0], scaled), a) < 1e-14)
    #expect(svd[1].map { $0[0] } == svd[1].map { $0[0] }.sorted(by: >))
  }

  @Test func `of symmetric ones have roots and eigenvalues`() throws {
    let l = rows(try TableOperation("decompose cholesky l").apply(to: matrix(positive)))
    #expect(distance(product(l, transposed(l)), positive) < 1e-15)
    let eigen = try MatrixDecomposition.eigen.factors(of: matrix(positive)).map(rows)
    let scaled = eigen[1].map { row in zip(row, eigen[0]).map { $0 * $1[0] } }
    #expect(distance(product(positive, eigen[1]), scaled) < 1e-14)
    // A quarter turn has the eigenvalues ±i.
    let turn = try MatrixDecomposition.eigen.factors(of: matrix([[0, -1], [1, 0]]))
    #expect(turn[0].columns.map(\.name) == ["value.real", "value.imag"])
    #expect(distance(rows(turn[0]), [[0, 1], [0, -1]]) < 1e-15)
    #expect(turn[1].columns.count == 4)
  }

  @Test func `are multiplied exactly where they are large and whole`() throws {
    // Sums of whole numbers have no rounding, in whichever way factors are packed and taken in parts.
    let (a, b) = (wholeNumbers(170, 430, step: 7), wholeNumbers(430, 90, step: 3))
    try withFile(matrix(b)) { path in
      let found = try TableOperation("multiply \(path)").apply(to: matrix(a))
      #expect(rows(found) == product(a, b))
    }
  }

  @Test func `are multiplied and solved with those in files`() throws {
    let x = [[1.0, 0], [2, -1], [-3, 4]]
    try withFile(matrix(x)) { path in
      let b = try TableOperation("multiply \(path)").apply(to: matrix(square))
      #expect(rows(b) == product(square, x) && b.columns.map(\.name) == ["a", "b"])
      try withFile(b) { right in
        let found = try TableOperation("solve \(right)").apply(to: matrix(square))
        #expect(distance(rows(found), x) < 1e-14)
      }
      for (operation, a, words) in [
        ("solve", [[1.0, 2, 3], [2, 4, 6], [1, 0, 0]], "no pivot in column 3, 'c'"),
        (
          "solve", [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], "singular but for rounding"
        ),
        ("solve", [[1.0, 2, 3]], "there are 1 and 3"), ("solve", [[1.0]], "A has 1 rows"),
        ("multiply", [[1.0, 2]], "A has 2 columns"),
        ("multiply", [[1.0, .nan, 2]], "column 'b' of A has a missing or infinite value in row 1"),
      ] {
        #expect("\(words)") {
          _ = try TableOperation("\(operation) \(path)").apply(to: matrix(a))
        } throws: {
          "\($0)".contains(words)
        }
      }
    }
    for (operation, a, words) in [
      ("cholesky l", square, "row 1 of column 'b' differs from row 2 of column 'a'"),
      ("cholesky l", [[1, 2], [2, 1]], "stops at pivot 2, that of column 'b'"),
      ("eigen values", general, "there are 4 and 3"), ("qr x", square, "one of q, r"),
      ("ldl", square, "one of lu, qr"),
    ] {
      #expect("\(words)") {
        _ = try TableOperation("decompose \(operation)").apply(to: matrix(a))
      } throws: {
        "\($0)".contains(words)
      }
    }
  }
}
