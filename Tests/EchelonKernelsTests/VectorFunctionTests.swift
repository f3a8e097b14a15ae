import CReference
import EchelonKernels
import EchelonLinearAlgebra
import Glibc
import TestSupport
import Testing

/// Numbers from everywhere: all bit patterns, and the ranges where functions are used.
func testArguments(_ count: Int, _ random: inout TestRandom) -> [Double] {
  (0..<count).map { index in
    let unit = Double(random.next() >> 11) * 0x1p-53
    switch index % 12 {
    case 0, 1: return Double(bitPattern: random.next())
    case 2: return 2 * unit - 1
    case 3: return 2 * unit
    case 4: return 100 * unit - 50
    case 5: return 1500 * unit - 750
    case 6: return 2e6 * unit - 1e6
    case 7: return 12 * unit - 6
    case 8: return 60 * unit - 30
    case 9: return 360 * unit - 180
    case 10: return exp(40 * unit - 40)
    default: return 1 + (unit - 0.5) * 0x1p-20
    }
  }
}

extension VectorOperation {
  /// The largest error that its documentation states, in units in the last place of a Double.
  fileprivate func statedError(at x: Double) -> Double {
    switch self {
    case .sin, .cos: x.magnitude < 0x1p20 ? 0.9 : 1
    case .squareRoot, .add, .subtract, .multiply, .divide: 0.5
    case .asin, .acos: 0.7
    case .log10: 0.8
    case .cubeRoot, .exp, .exp2, .hypot, .log, .log1p: 0.9
    case .exp10, .log2, .pow: 1
    case .expm1: 1.2
    case .cosh, .erf: 1.4
    case .erfc: 1.5
    case .tan: 1.7
    case .asinh, .atan, .atan2: 2
    case .atanh: 2.1
    case .sinh: 2.3
    case .logGamma, .normalQuantile, .sigmoid: 2.5
    case .gamma: 3
    case .tanh: 2.6
    case .acosh: 2.8
    default: 0
    }
  }
}

@Suite struct `Every vector function` {
  static let special: [Double] = [
    0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, .infinity, -.infinity, .nan, .pi, .pi / 2, 0x1p-1074,
    -0x1p-1074, 0x1p-1022, Double(bitPattern: 0x000f_ffff_ffff_ffff), .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 0x1.fffffffffffffp-1, 0x1.0000000000001p0, 709.782712893384,
    709.7827128933841, -745.1332191019411, -745.2, -708.4, 0x1p20, 0x1p52, 0x1p53, -0x1p53, 1e22,
    0x1p52 + 1, 1.5, 2.5, -2.5, 0.49999999999999994, -0.49999999999999994,
    171.6, 171.62, 171.63, -0.5, -1.5, -3, -3.5, -8, -8.5, -170.5, -177.5, -184.5, -185.5,
    0x1p-1024,
    2.5e305, 2.6e305, 0.25, 0.75, 8, 8.5, 5.9, -5.9, 26.5, 27.2, 27.3, 308, 308.3, -323, 1023, 1024,
    -1074, -1075, -1075.5,
  ]
  static let shapes = VectorOperation.allCases.filter {
    $0.operandCount < 3 && !$0.isOfIntegersOnly
  }

  #if DEBUG
    private static let rounds = 2
  #else
    private static let rounds = 40
  #endif

  @Test(arguments: shapes, InstructionSet.available)
  func `is as accurate as it says, over the whole range`(
    _ operation: VectorOperation, _ level: InstructionSet
  ) throws {
    var random = TestRandom(seed: testSeed())
    var worst = (excess: -Double.infinity, x: 0.0, y: 0.0, value: 0.0)
    for _ in 0..<Self.rounds {
      let x = testArguments(4096, &random)
      // Shuffled, so that every kind of x meets every kind of y. Of every eight, four that make powers which are
      // neither 0 nor infinite, and two that are about as large as x.
      let others = testArguments(4096, &random).shuffled(using: &random)
      let y = zip(x, others).enumerated().map { index, pair in
        switch index % 8 {
        case 0, 1: return pair.1
        case 2: return pair.0 * exp(pair.1.remainder(dividingBy: 30))
        case 3: return pair.0 * (1 + exp2(-abs(pair.1.remainder(dividingBy: 60))))
        default: return pair.1.remainder(dividingBy: 1480) / log(abs(pair.0))
        }
      }
      let z =
        operation.operandCount == 1
        ? results(operation, x, level: level) : results(operation, x, y, level: level)
      for index in x.indices {
        let error = reference_error(Int32(operation.rawValue), x[index], y[index], z[index])
        // Worst beside what is stated, which for a few depends on where it is.
        let excess = error - operation.statedError(at: x[index])
        if excess > worst.excess { worst = (excess, x[index], y[index], z[index]) }
      }
    }
    #expect(worst.excess <= 0, "\(worst)")
  }

  @Test(arguments: shapes, InstructionSet.available)
  func `treats special values as IEEE 754 has them`(
    _ operation: VectorOperation, _ level: InstructionSet
  ) {
    let (x, y) = (
      Self.special.flatMap { x in Self.special.map { _ in x } },
      Self.special.flatMap { _ in Self.special }
    )
    let z =
      operation.operandCount == 1
      ? results(operation, x, level: level) : results(operation, x, y, level: level)
    for index in x.indices {
      let error = reference_error(Int32(operation.rawValue), x[index], y[index], z[index])
      #expect(
        error <= operation.statedError(at: x[index]),
        "\(operation)(\(x[index]), \(y[index])) = \(z[index])")
    }
  }

  @Test(arguments: InstructionSet.available)
  func `is exact for whole exponents of 2 and of 10`(_ level: InstructionSet) {
    let exponents = (-1074...1023).map { Double($0) }
    #expect(
      results(.exp2, exponents, level: level)
        == exponents.map { Double(sign: .plus, exponent: Int($0), significand: 1) })
    // 10²² is the last one that a Double holds.
    let powers = (1...22).reduce(into: [1.0]) { powers, _ in powers.append(powers.last! * 10) }
    #expect(results(.exp10, powers.indices.map { Double($0) }, level: level) == powers)
  }

  @Test(arguments: InstructionSet.available)
  func `selects by the condition, and passes on the bits`(_ level: InstructionSet) {
    // Every special value as the condition, with others on both sides; a NaN is not 0.
    let conditions = Self.special
    let x = conditions.indices.map { Self.special[($0 + 5) % Self.special.count] }
    let y = conditions.indices.map { Self.special[($0 + 12) % Self.special.count] }
    let expected = conditions.indices.map { conditions[$0] != 0 ? x[$0] : y[$0] }
    #expect(
      results(.select, conditions, x, y, level: level).map(\.bitPattern)
        == expected.map(\.bitPattern))
    let (c, a, b) = (conditions.map { Float($0) }, x.map { Float($0) }, y.map { Float($0) })
    #expect(
      results(.select, c, a, b, level: level).map(\.bitPattern)
        == c.indices.map { (c[$0] != 0 ? a[$0] : b[$0]).bitPattern })
  }

  @Test(arguments: shapes, InstructionSet.available)
  func `of Float is that of Double rounded once more`(
    _ operation: VectorOperation, _ level: InstructionSet
  ) {
    var random = TestRandom(seed: testSeed())
    for _ in 0..<Self.rounds {
      // Of Double's bit patterns most are 0 or infinite as a Float, so it has some of its own.
      let x =
        (testArguments(4096, &random) + Self.special).map { Float($0) }
        + (0..<2048).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
      let y = x.shuffled(using: &random)
      let z =
        operation.operandCount == 1
        ? results(operation, x, level: level) : results(operation, x, y, level: level)
      for index in x.indices {
        let error = reference_error_float(
          Int32(operation.rawValue), Double(x[index]), Double(y[index]), z[index])
        let isExact = operation.statedError(at: Double(x[index])) == 0
        #expect(error <= (isExact ? 0 : 0.51), "\(x[index]), \(y[index])")
      }
    }
  }

  @Test(arguments: InstructionSet.available)
  func `gives the same bits wherever an element lies`(_ level: InstructionSet) {
    var random = TestRandom(seed: testSeed())
    let x = testArguments(600, &random)
    let y = testArguments(600, &random)
    for operation in Self.shapes {
      func run(_ range: Range<Int>) -> [UInt64] {
        let (x, y) = (Array(x[range]), Array(y[range]))
        return
          (operation.operandCount == 1
          ? results(operation, x, level: level) : results(operation, x, y, level: level))
          .map(\.bitPattern)
      }
      let all = run(0..<600)
      for range in [0..<0, 0..<1, 1..<2, 3..<66, 5..<69, 7..<72, 255..<600, 256..<257, 11..<600] {
        #expect(run(range) == Array(all[range]), "\(operation) \(range)")
      }
    }
  }

  /// A quiet one has its payload, of which a function by halves might keep a part.
  @Test(arguments: InstructionSet.available)
  func `gives NaN as it is, of a tangent`(_ level: InstructionSet) {
    var random = TestRandom(seed: testSeed())
    let x = (0..<600).map { _ in
      Double(bitPattern: random.next() | 0x7ff8_0000_0000_0000)
    }
    for range in [0..<600, 0..<1, 3..<66, 11..<600] {
      let found = results(.tan, Array(x[range]), level: level).map(\.bitPattern)
      #expect(found == x[range].map(\.bitPattern), "\(range)")
    }
  }

  @Test(arguments: InstructionSet.available)
  func `gives the same bits on the lanes of SIMD vectors`(_ level: InstructionSet) {
    var random = TestRandom(seed: testSeed())
    let x = testArguments(64, &random)
    let y = testArguments(64, &random)
    func check<V: SIMDOperand>(_ type: V.Type) where V.Scalar: BinaryFloatingPoint {
      let (x, y) = (x.map { V.Scalar($0) }, y.map { V.Scalar($0) })
      for operation in Self.shapes {
        let expected =
          operation.operandCount == 1
          ? results(operation, x, level: level) : results(operation, x, y, level: level)
        for start in stride(from: 0, through: 64 - V.scalarCount, by: V.scalarCount) {
          var (a, b) = (V(), V())
          for lane in 0..<V.scalarCount { (a[lane], b[lane]) = (x[start + lane], y[start + lane]) }
          let z =
            operation.operandCount == 1
            ? operation.lanes(a, level: level) : operation.lanes(a, b, level: level)
          for lane in 0..<V.scalarCount {
            let (value, wanted) = (z[lane], expected[start + lane])
            #expect(
              value.sign == wanted.sign && (value == wanted || value.isNaN && wanted.isNaN),
              "\(operation)(\(a[lane]), \(b[lane])) of \(type)")
          }
        }
      }
    }
    check(SIMD2<Double>.self)
    check(SIMD3<Double>.self)
    check(SIMD4<Double>.self)
    check(SIMD8<Double>.self)
    check(SIMD16<Double>.self)
    check(SIMD32<Double>.self)
    check(SIMD64<Double>.self)
    check(SIMD2<Float>.self)
    check(SIMD3<Float>.self)
    check(SIMD4<Float>.self)
    check(SIMD8<Float>.self)
    check(SIMD16<Float>.self)
    check(SIMD32<Float>.self)
    check(SIMD64<Float>.self)
  }

  @Test func `has the operands that the loops give it`() {
    #expect(
      VectorOperation.allCases.map { Int($0.rawValue) } == Array(0..<VectorOperation.allCases.count)
    )
    // One more would be refused as unknown.
    let unknown = UInt64(VectorOperation.allCases.count)
    #expect(
      VectorProgram([.init(word: unknown)], constants: [], inputCount: 1, temporaryCount: 0) == nil)
    for operation in VectorOperation.allCases {
      let word = VectorProgram.Instruction(
        operation, Array(0..<operation.operandCount), target: 0)
      func isSound(inputs: Int) -> Bool {
        VectorProgram([word], constants: [], inputCount: inputs, temporaryCount: 0) != nil
      }
      #expect(
        isSound(inputs: operation.operandCount) && !isSound(inputs: operation.operandCount - 1))
    }
  }
}

extension `Every vector function` {
  /// Of arcosh of numbers a little above 1, which a test over the whole range meets too seldom.
  @Test(arguments: InstructionSet.available)
  func `is as accurate as it says where it is hardest`(_ level: InstructionSet) {
    var random = TestRandom(seed: testSeed())
    var worst = (error: 0.0, x: 0.0)
    for _ in 0..<50 {
      let x = (0..<4096).map { _ in 1 + exp2(-Double.random(in: 5...30, using: &random)) }
      let z = results(.acosh, x, level: level)
      for index in x.indices {
        let error = reference_error(
          Int32(VectorOperation.acosh.rawValue), x[index], 0, z[index])
        if error > worst.error { worst = (error, x[index]) }
      }
    }
    #expect(worst.error <= VectorOperation.acosh.statedError(at: worst.x), "\(worst)")
  }
}
