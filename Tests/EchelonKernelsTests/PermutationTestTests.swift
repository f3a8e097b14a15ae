import EchelonKernels
import EchelonRandom
import Testing

@Suite struct `The p-value of a permutation test` {
  /// A tail of 0.1: differences of chance are uniform from -1 to 1.
  @Test(arguments: [(TestAlternative.twoSided, 0.2), (.greater, 0.1), (.less, 0.9)])
  func `has the error that p-values of many seeds have`(
    _ alternative: TestAlternative, _ p: Double
  ) {
    let (count, first) = (2000, UInt64.random(in: 0..<1 << 60))
    var (mean, squares, errors) = (0.0, 0.0, 0.0)
    for index in 0..<count {
      var generator = PhiloxGenerator(seed: first, index: UInt64(index))
      let test = PermutationTest(
        statistic: 0.8,
        distribution: (0..<499).map { _ in Double.random(in: -1..<1, using: &generator) },
        alternative: alternative)
      mean += test.pValue / Double(count)
      squares += (test.pValue - p) * (test.pValue - p) / Double(count)
      errors += test.pValueError / Double(count)
    }
    let deviation = (squares - (mean - p) * (mean - p)).squareRoot()
    // A deviation of 2000 values is off by 1.6 % or so.
    #expect(abs(deviation / errors - 1) < 0.07, "\(deviation), said \(errors), seed \(first)")
    #expect(abs(mean - p) < 0.008, "\(mean), seed \(first)")
  }

  @Test func `has an error also at its ends`() {
    let test = PermutationTest(statistic: 0, distribution: [-1, 1, 0], alternative: .twoSided)
    #expect(test.pValue == 1 && test.pValueError == (1.0 / 3).squareRoot())
    let none = PermutationTest(statistic: .nan, distribution: [0], alternative: .twoSided)
    #expect(none.pValue.isNaN && none.pValueError.isNaN)
    let all = PermutationTest(statistic: 0, distribution: [1, 2], alternative: .greater)
    #expect(all.pValue == 1 && all.pValueError == 0)
  }
}
