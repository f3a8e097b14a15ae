import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import TestSupport
import Testing

@Suite struct `A reduction` {
  private func run<Value>(
    _ reduction: Reduction<Value>, _ inputs: [Double]...
  ) throws -> Value {
    let inputs = inputs.map { TestMatrix($0) }
    return try withExtendedLifetime(inputs) {
      try reduction(KernelCall(reduction.kernel, inputs: inputs.map(\.operand)))
    }
  }

  @Test func `of nothing is zero for sums and an error for the rest`() throws {
    #expect(try run(Reduction<Double>.sum, []) == 0)
    #expect(try run(Reduction<Double>.dot, [], []) == 0)
    #expect(throws: KernelError.emptyInput(kernel: "minimum")) {
      try run(Reduction<Double>.minimum, [])
    }
    #expect(throws: KernelError.emptyInput(kernel: "maximum")) {
      try run(Reduction<Double>.maximum, [])
    }
    #expect(throws: KernelError.emptyInput(kernel: "mean-variance")) {
      try run(Reduction.meanVariance(of: Double.self), [])
    }
  }

  @Test(arguments: [0, 1, 63, 64, 2047, 2048, 65_536, 131_071])
  func `finds a NaN wherever it is`(position: Int) throws {
    var x = [Double](repeating: 1, count: 131_072)
    x[position] = -.nan
    #expect(try run(Reduction<Double>.sum, x).isNaN)
    #expect(try run(Reduction<Double>.dot, x, x).isNaN)
    #expect(try run(Reduction<Double>.minimum, x).isNaN)
    #expect(try run(Reduction<Double>.maximum, x).isNaN)
    let moments = try run(Reduction.meanVariance(of: Double.self), x)
    #expect(moments.mean.isNaN && moments.variance.isNaN)
  }

  @Test func `treats infinities as IEEE does`() throws {
    let x = [1, -Double.infinity, 3] + [Double](repeating: 2, count: 70_000)
    #expect(try run(Reduction<Double>.sum, x) == -.infinity)
    #expect(try run(Reduction<Double>.minimum, x) == -.infinity)
    #expect(try run(Reduction<Double>.maximum, x) == 3)
    let moments = try run(Reduction.meanVariance(of: Double.self), x)
    #expect(moments.mean == -.infinity && moments.variance.isNaN)
    #expect(try run(Reduction<Double>.sum, x + [Double.infinity]).isNaN)
    #expect(try run(Reduction.meanVariance(of: Double.self), x + [.infinity]).mean.isNaN)
    #expect(try run(Reduction<Double>.minimum, [.infinity]) == .infinity)
  }

  @Test func `orders the two zeros`() throws {
    for x in [[0.0, -0.0], [-0.0, 0.0]] {
      #expect(try run(Reduction<Double>.minimum, x).sign == .minus)
      #expect(try run(Reduction<Double>.maximum, x).sign == .plus)
    }
    #expect(try run(Reduction<Double>.maximum, [-0.0, -0.0]).sign == .minus)
    #expect(try run(Reduction<Double>.sum, [-0.0]).sign == .plus)
  }

  @Test func `keeps the mean and spread of enormous numbers`() throws {
    let x = [Double](repeating: 1e308, count: 5000)
    let moments = try run(Reduction.meanVariance(of: Double.self), x)
    #expect(abs(moments.mean / 1e308 - 1) < 1e-12)
  }

  @Test func `is not fooled by a jump between blocks`() throws {
    // The shift carried from the first block is off by 1e9 in the second.
    let x = (0..<4096).map { ($0 < 2048 ? 0 : 1e9) + Double($0 % 2) }
    let second = try run(Reduction.meanVariance(of: Double.self), Array(x[2048...]))
    let both = try run(Reduction.meanVariance(of: Double.self), x)
    #expect(second.populationVariance == 0.25 && second.mean == 1e9 + 0.5)
    #expect(abs(both.populationVariance / (0.25e18 + 0.25) - 1) < 1e-15)
  }

  @Test func `takes a strided view only after a copy`() throws {
    let kernel = Reduction<Double>.sum.kernel
    let column = OperandLayout(
      matrixOf: .float64, rows: 3, columns: 1, rowStride: 2, columnStride: 1)
    #expect(throws: KernelError.notContiguous(kernel: "sum", operand: 0)) {
      try kernel.plan(for: KernelShape(inputs: [column]))
    }
  }

  @Test(arguments: NISTDataSet.all)
  func `reaches the accuracy bars of the NIST data sets`(_ set: NISTDataSet) throws {
    let moments = try run(Reduction.meanVariance(of: Double.self), set.values)
    let meanError = abs(moments.mean - set.mean) / abs(set.mean)
    let deviationError =
      abs(moments.standardDeviation - set.standardDeviation) / set.standardDeviation
    #expect(moments.count == set.values.count)
    #expect(meanError <= set.meanBar)
    #expect(deviationError <= set.deviationBar)
  }
}

@Suite struct `The vector loops` {
  static let counts = [0, 1, 2, 15, 16, 17, 127, 128, 129, 2047, 2048, 2049, 70_001]

  @Test(arguments: counts)
  func `give the same bits at every instruction set`(count: Int) {
    compare(count, Double.self)
    compare(count, Float.self)
  }

  private func compare<Element: KernelElement>(_ count: Int, _ type: Element.Type) {
    var x: [Element] = mixedMagnitudes(count: count, seed: 21, of: type)
    let y: [Element] = mixedMagnitudes(count: count, seed: 22, of: type)
    for special: Element? in [nil, -0.0, .infinity, .nan] {
      if let special, count > 0 { x[count / 2] = special }
      let answers = InstructionSet.available.map { level in
        let moments = Element.moments(x.span, level: level)
        // A NaN that arithmetic makes has the sign and payload the machine gives it.
        return [
          Element.sum(x.span, level: level), Element.dot(x.span, y.span, level: level),
          Double(Element.minimum(x.span, level: level)),
          Double(Element.maximum(x.span, level: level)), moments.mean,
          moments.sumOfSquaredDeviations,
        ].map { $0.isNaN ? UInt64.max : $0.bitPattern }
      }
      for answer in answers { #expect(answer == answers[0], "seed 21, \(type)") }
    }
  }

  @Test func `of the active level are among the available ones`() {
    #expect(InstructionSet.available.contains(.active))
    #expect(InstructionSet.available.allSatisfy { InstructionSet(named: $0.name) == $0 })
    #expect(InstructionSet(named: "mmx") == nil)
  }
}
