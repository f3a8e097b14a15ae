import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `Whole numbers in vector loops` {
  private static let counts = [0, 1, 2, 63, 64, 65, 255, 256, 257, 1009, 4099]

  @Test(arguments: InstructionSet.available)
  func `are what a loop in Swift says`(_ level: InstructionSet) {
    let seed = testSeed()
    check(Int64.self, level, seed)
    check(Int.self, level, seed)
    check(Int32.self, level, seed)
    check(UInt8.self, level, seed)
  }

  private func check<T: VectorInteger>(_: T.Type, _ level: InstructionSet, _ seed: UInt64) {
    var random = TestRandom(seed: seed)
    for count in Self.counts {
      // Few different ones, so that the first of several is asked for; and all, the ends of the range among them.
      for kinds in [3, UInt64.max] {
        let x = (0..<count).map { index -> T in
          if kinds == .max, index % 101 == 7 { return index % 2 == 0 ? .min : .max }
          return T(truncatingIfNeeded: random.next() % kinds)
        }
        let note: Comment = "\(count) of \(T.self), \(level), seed \(seed)"
        let masks: [[T]?] = [
          nil, (0..<count).map { _ in T(truncatingIfNeeded: random.next() % 2) },
          .init(repeating: 0, count: count), (0..<count).map { $0 == count - 1 ? .max : 0 },
        ]
        for mask in masks {
          func counts(_ index: Int) -> Bool { mask == nil || mask![index] != 0 }
          let chosen = x.indices.filter(counts)
          let (sum, first, last) = found(x, mask, level)
          let counted = mask ?? x
          let truths = T.countNonzero(counted.span, level: level)
          let total = chosen.reduce(Int128(0)) { $0 + Int128(x[$1]) }
          #expect(Int128(sum.high) << 32 + Int128(sum.low) == total, note)
          #expect(truths == counted.count { $0 != 0 }, note)
          let least = chosen.min { (x[$0], $0) < (x[$1], $1) }
          let most = chosen.min { (x[$1], $0) < (x[$0], $1) }
          #expect(first == least && last == most, note)
        }
      }
    }
  }

  private func found<T: VectorInteger>(
    _ x: [T], _ mask: [T]?, _ level: InstructionSet
  ) -> (sum: (high: Int64, low: Int64), least: Int?, most: Int?) {
    let x = x.span
    guard let mask else {
      return (
        T.sum(x, where: nil, level: level), T.position(of: .least, in: x, where: nil, level: level),
        T.position(of: .most, in: x, where: nil, level: level)
      )
    }
    let truths = mask.span
    return (
      T.sum(x, where: truths, level: level),
      T.position(of: .least, in: x, where: truths, level: level),
      T.position(of: .most, in: x, where: truths, level: level)
    )
  }

  @Test(arguments: InstructionSet.available)
  func `count truths of any type`(_ level: InstructionSet) {
    let x: [Double] = [0, -0.0, 1, .nan, -1, 0x1p-1074]
    #expect(Double.countNonzero(x.span, level: level) == 4)
    // The subnormal one is 0 as a Float.
    let floats = x.map { Float($0) } + .init(repeating: 1, count: 4099)
    #expect(Float.countNonzero(floats.span, level: level) == 3 + 4099)
  }

  @Test(arguments: InstructionSet.available)
  func `running products are those of scaled products`(_ level: InstructionSet) {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let special: [Double] = [0x1p-1074, 0x1p1023, -0x1.8p-1030, .infinity, 0, .nan]
    for end in 0...special.count {
      var x = (0..<400).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
      x += special.prefix(end)
      x += [2, -3]
      var expected: [Double] = []
      var product = ScaledProduct(mantissa: 1.5, exponent: -3)
      for value in x {
        product = product.multiplied(by: ScaledProduct(value))
        expected.append(product.value(as: Double.self))
      }
      var found = [Double](repeating: 7, count: x.count + 2)
      var span = found.mutableSpan
      Double.runningProduct(
        x.span, after: ScaledProduct(mantissa: 1.5, exponent: -3), into: &span, from: 1,
        level: level)
      #expect(found.first == 7 && found.last == 7)
      for (index, value) in expected.enumerated() {
        let own = found[index + 1]
        #expect(own == value || own.isNaN && value.isNaN, "\(index), \(level), seed \(seed)")
      }
    }
  }
}
