import EchelonTables
import Foundation
import Testing

@Suite struct `An expression over points` {
  @Test func `has the value of its coordinates, also after it has travelled`() throws {
    let written = try PointExpression("x < y ? exp(-x * y) : x^2 - pi", of: ["x", "y"])
    let read = try JSONDecoder().decode(
      PointExpression.self, from: JSONEncoder().encode(written))
    for (x, y) in [(1.0, 2.0), (2, 1), (0.5, 0.5), (-3, 100)] {
      let point = [x, y]
      let expected = x < y ? exp(-x * y) : x * x - .pi
      #expect(abs(written(point.span) - expected) <= 1e-15 * abs(expected))
      #expect(read(point.span).bitPattern == written(point.span).bitPattern)
    }
    #expect(read.names == ["x", "y"] && read.text == written.text)
  }

  @Test func `is nan where a coordinate is, and a condition does not hold there`() throws {
    let point = [Double.nan]
    #expect(try PointExpression("x + 1", of: ["x"])(point.span).isNaN)
    #expect(try PointExpression("x < 1", of: ["x"])(point.span) == 0)
  }

  @Test(arguments: [
    ("z", "there is no variable 'z'; there is x"), ("x +", "expected"),
    ("row() + x", "points have no row()"), ("x == 'a'", "words"),
  ])
  func `is refused where it is none`(_ text: String, _ words: String) {
    let fault = #expect(throws: ExpressionFault.self) { try PointExpression(text, of: ["x"]) }
    #expect(fault?.description.contains(words) == true)
    let json = #"{"text": "\#(text)", "names": ["x"]}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(PointExpression.self, from: Data(json.utf8))
    }
  }
}
