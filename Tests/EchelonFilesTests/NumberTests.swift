import EchelonFiles
import Glibc
import Testing

/// The C library's answer, the reference for every number here.
private func reference(_ text: String) -> Double {
  // SAFETY: `strtod` reads the terminated copy that is passed, and stores nothing.
  unsafe strtod(text, nil)
}

@Suite struct `A number in a CSV file` {
  /// Reads the texts as one column and compares every value with `strtod`.
  private func expectReferenceBits(_ texts: [String], _ comment: Comment) throws {
    let file = try CSVFile("x\n" + texts.joined(separator: "\n"))
    #expect(file.columns.map(\.kind) == [.number], comment)
    let values = try #require(try file.table().columns[0].numbers)
    #expect(values.count == texts.count, comment)
    for (text, value) in zip(texts, values) where value.bitPattern != reference(text).bitPattern {
      Issue.record("\(text): \(value), strtod \(reference(text)); \(comment)")
    }
  }

  @Test func `has the bits that strtod gives, at every edge`() throws {
    try expectReferenceBits(
      [
        "0", "-0", "+0", "-0.0", "1", "+1", "-1", "1.", ".5", "-.5", "+.5e1", "1e0", "1E5", "1e+5",
        "1e-5",
        "00012.500", "0.1", "0.2", "0.3", "1e22", "1e23", "1e-22", "1e-23", "9007199254740992",
        "9007199254740993", "9007199254740992.5", "9007199254740993.00000000000000000000000001",
        "9007199254740991e22", "1.7976931348623157e308", "1.7976931348623158e308", "1.8e308",
        "1e308",
        "1e309", "-1e400", "1e999999999999999999999", "1e-999999999999999999999", "1e-320",
        "5e-324",
        "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2e-324",
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308",
        "123456789012345678901234567890", "0.000000000000000000000000000000000000001234567890123",
        "18446744073709551615", "18446744073709551616", "9999999999999999999",
        "99999999999999999999",
        "12345678.12345678", "1234567.123456789012345678", "0e999999999", "0.0e-999999999",
        "7.2057594037927933e16", "6.631236846766476e-316", "8.988465674311580e307",
        String(repeating: "0", count: 400) + "1.5",
        "0." + String(repeating: "0", count: 400) + "15e400",
        String(repeating: "9", count: 400) + "e-400", "1" + String(repeating: "0", count: 308),
        "1" + String(repeating: "0", count: 309), "0." + String(repeating: "3", count: 800),
      ], "edges")
  }

  @Test func `has the bits that strtod gives, for any double written shortest`() throws {
    let seed: UInt64 = 20_240_501
    var generator = SeededGenerator(seed: seed)
    let texts = (0..<50_000).map { _ in
      while true {
        let value = Double(bitPattern: generator.next())
        if value.isFinite { return value.description }
      }
    }
    try expectReferenceBits(texts, "seed \(seed)")
  }

  @Test func `has the bits that strtod gives, for any digits`() throws {
    let seed: UInt64 = 77
    var generator = SeededGenerator(seed: seed)
    let texts = (0..<50_000).map { _ in
      var text = ["", "-", "+"].randomElement(using: &generator)!
      let digits = Int.random(in: 1...30, using: &generator)
      let point = Int.random(in: 0...digits + 5, using: &generator)
      for position in 0..<digits {
        if position == point { text += "." }
        text += String(Int.random(in: 0...9, using: &generator))
      }
      if Bool.random(using: &generator) {
        let power = Int.random(in: -345...310, using: &generator)
        text += "e\(Bool.random(using: &generator) ? power : power / 12)"
      }
      return text
    }
    try expectReferenceBits(texts, "seed \(seed)")
  }

  @Test func `has the bits that strtod gives, half way between doubles and just beside`() throws {
    let seed: UInt64 = 5
    var generator = SeededGenerator(seed: seed)
    var texts: [String] = []
    for _ in 0..<5_000 {
      // An odd integer of 54 bits lies half way between two doubles; so do its small powers of two.
      let midpoint = UInt64.random(in: 1 << 53..<1 << 54, using: &generator) | 1
      texts += ["\(midpoint)", "\(midpoint).0000000000001", "\(midpoint - 1).9999999999999"]
      texts += [
        "\(midpoint / 1000).\(midpoint % 1000)e\(Int.random(in: -25...25, using: &generator))"
      ]
      let wide = UInt128(midpoint) << UInt128(Int.random(in: 1...70, using: &generator))
      texts += ["\(wide)", "\(wide + 1)", "\(wide - 1)", "\(wide)e-10"]
    }
    try expectReferenceBits(texts, "seed \(seed)")
  }

  @Test(arguments: [
    "inf", "-inf", "+inf", "INF", "Infinity", "-infinity", "+INFINITY", "iNf",
  ])
  func `may be infinite`(_ text: String) throws {
    let expected: Double = text.hasPrefix("-") ? -.infinity : .infinity
    #expect(
      try table("x\n1\n\(text)\n \"\(text)\" \n").columns[0].numbers == [1, expected, expected])
  }

  @Test(arguments: [
    "0x10", "0x1p3", "1_000", "1 000", "1e", "1e+", "e5", ".", "+", "--1", "+-1", "1.2.3", "1,5",
    "1-",
    "12abc", "infin", "infinite", "nano", "nan(1)", "1f", "1d5", "½", "٣", "$5", "5%", "true",
  ])
  func `is a word when it is spelled any other way`(_ text: String) throws {
    let column = try table("x\n1\n\"\(text)\"\n").columns[0]
    #expect(column.text == ["1", text])
  }
}
