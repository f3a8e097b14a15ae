import EchelonPlots
import Testing

@Suite struct `An axis` {
  @Test func `has ticks at round numbers`() {
    #expect(Axis("", showing: [[0.3, 9.7]]).ticks(atMost: 6).map(\.text) == ["2", "4", "6", "8"])
    #expect(
      Axis("", showing: [[-0.21, 0.23]]).ticks(atMost: 5).map(\.text) == [
        "−0.2", "−0.1", "0", "0.1", "0.2",
      ])
    #expect(
      Axis("", showing: [[1959, 2009]]).ticks(atMost: 6).map(\.text)
        == ["1960", "1970", "1980", "1990", "2000"])
    #expect(
      Axis("", scale: .logarithmic, showing: [[1, 1e6, -3, 0]]).ticks(atMost: 4).map(\.text)
        == ["1", "100", "10000", "1e6"])
    // Two powers of ten, and too many numbers around them.
    #expect(
      Axis("", scale: .logarithmic, showing: [[0.06, 5]]).ticks(atMost: 5).map(\.text)
        == ["0.1", "1"])
  }

  @Test(
    arguments: [
      [], [.nan], [.infinity, -.infinity], [0], [5], [1e300], [-1e300, 1e300], [5e-324],
      [-.greatestFiniteMagnitude, .greatestFiniteMagnitude], [1, 1 + 0x1p-52], [1e16, 1e16 + 2],
      [-0.0, 0], [1e-310, 2e-310],
    ] as [[Double]])
  func `has ends and ticks for any values`(_ values: [Double]) {
    for scale in [Axis.Scale.linear, .logarithmic] {
      let axis = Axis("", scale: scale, showing: [values], margin: 0.04)
      #expect(axis.low < axis.high && axis.low.isFinite && axis.high.isFinite, "\(axis)")
      for limit in [2, 3, 10] {
        let ticks = axis.ticks(atMost: limit)
        #expect(ticks.count <= max(3, limit), "\(axis) \(limit): \(ticks)")
        for tick in ticks {
          #expect((axis.position(tick.value) ?? -1) > -1e-6, "\(axis): \(tick)")
          #expect((axis.position(tick.value) ?? 2) < 1 + 1e-6, "\(axis): \(tick)")
        }
      }
      for value in values where value.isFinite && (scale == .linear || value > 0) {
        #expect(0...1 ~= axis.position(value) ?? -1, "\(axis): \(value)")
      }
    }
  }
}

@Suite struct `A fitted line` {
  @Test func `has the certified values of NIST's Norris`() throws {
    // Source: NIST StRD, linear regression, Norris: B0, B1 and R².
    let y = [
      0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1,
      668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0,
      998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
    ]
    let x = [
      0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5,
      666.9, 338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2,
      999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
    ]
    let fit = try #require(LinearFit(Chart.Points(x: x + [.nan], y: y + [1])))
    #expect(abs(fit.intercept + 0.262323073774029) < 1e-10)
    #expect(abs(fit.slope - 1.00211681802045) < 1e-12)
    #expect(abs(fit.rSquared - 0.999993745883712) < 1e-12)
    #expect(fit.count == 36)
    #expect(LinearFit(Chart.Points(x: [1, 1], y: [1, 2])) == nil)
  }
}
