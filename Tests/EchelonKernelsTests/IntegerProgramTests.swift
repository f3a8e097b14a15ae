import EchelonLinearAlgebra
import TestSupport
import Testing

/// What an operation on whole numbers is, one at a time.
private func reference<T: VectorInteger>(_ operation: VectorOperation, _ x: T, _ y: T, _ z: T) -> T
{
  func quotient() -> T { y == 0 ? 0 : x.dividedReportingOverflow(by: y).partialValue }
  func truth(_ holds: Bool) -> T { holds ? 1 : 0 }
  switch operation {
  case .copy: return x
  case .negate: return 0 &- x
  case .abs: return x < 0 ? 0 &- x : x
  case .sign: return x.signum()
  case .not: return truth(x == 0)
  case .add: return x &+ y
  case .subtract: return x &- y
  case .multiply: return x &* y
  case .divide: return quotient()
  case .remainder: return x &- quotient() &* y
  case .minimum: return min(x, y)
  case .maximum: return max(x, y)
  case .less: return truth(x < y)
  case .lessOrEqual: return truth(x <= y)
  case .equal: return truth(x == y)
  case .notEqual: return truth(x != y)
  case .and: return truth(x != 0 && y != 0)
  case .or: return truth(x != 0 || y != 0)
  case .bitAnd: return x & y
  case .bitOr: return x | y
  case .bitXor: return x ^ y
  case .shiftLeft: return x &<< y
  case .shiftRight: return x &>> y
  case .select: return x != 0 ? y : z
  default: preconditionFailure("no operation of whole numbers")
  }
}

/// Numbers from everywhere: the ends of the range, small ones, and all bits.
private func integers<T: VectorInteger>(_ count: Int, _ random: inout TestRandom) -> [T] {
  let special: [T] = [.min, .max, .min &+ 1, .max &- 1, 0, 1, 2, 0 &- 1, 0 &- 2]
  return (0..<count).map { _ in
    switch random.next() % 4 {
    case 0: return special[Int(random.next() % UInt64(special.count))]
    case 1: return T(truncatingIfNeeded: random.next() % 16)
    default: return T(truncatingIfNeeded: random.next())
    }
  }
}

@Suite struct `Every operation on whole numbers` {
  static let operations = VectorOperation.allCases.filter(\.isOfIntegers)
  /// Around the lengths of vectors and blocks of every type.
  static let counts = [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 129, 255, 257, 1023, 1025, 4099]

  @Test(arguments: operations, InstructionSet.available)
  func `is that of Swift, and wraps around`(_ operation: VectorOperation, _ level: InstructionSet)
    throws
  {
    var random = TestRandom(seed: testSeed())
    func check<T: VectorInteger>(_ type: T.Type) throws {
      let program = try #require(
        VectorProgram(
          [.init(operation, Array(0..<operation.operandCount), target: 0)], constants: [],
          inputCount: operation.operandCount, temporaryCount: 0))
      for count in Self.counts {
        let inputs: [[T]] = (0..<3).map { _ in integers(count, &random) }
        var output = [T](repeating: 77, count: count)
        var span = output.mutableSpan
        program.run(
          into: &span, inputs: Arrays(arrays: Array(inputs.prefix(operation.operandCount))),
          level: level)
        let expected = (0..<count).map {
          reference(operation, inputs[0][$0], inputs[1][$0], inputs[2][$0])
        }
        #expect(output == expected, "\(operation) of \(count) \(type)")
      }
    }
    try check(Int.self)
    try check(Int64.self)
    try check(Int32.self)
    try check(UInt8.self)
  }

  @Test(arguments: InstructionSet.available)
  func `takes constants of the whole range`(_ level: InstructionSet) throws {
    func check<T: VectorInteger>(_ constants: T...) throws {
      for constant in constants {
        let program = try #require(
          VectorProgram(
            [.init(.bitXor, [0, 1], target: 0)], constants: [constant.constantBits], inputCount: 1,
            temporaryCount: 0))
        let x: [T] = [0, 1, .min, .max, constant]
        var output = [T](repeating: 77, count: x.count)
        var span = output.mutableSpan
        program.run(into: &span, inputs: Arrays(arrays: [x]), level: level)
        #expect(output == x.map { $0 ^ constant })
      }
    }
    try check(Int64.min, Int64.max, -1, 1 << 53 + 1)
    try check(Int32.min, Int32.max, -1)
    try check(UInt8.min, UInt8.max, 128)
  }
}

@Suite struct `An element read as another type` {
  /// What is asked of one: the nearest value, towards 0 for whole numbers, and the ends of the range beyond them.
  private func nearest<Target: VectorProgramScalar>(_ x: Double, _: Target.Type) -> Target {
    func whole<T: VectorInteger>(_: T.Type) -> T {
      if x.isNaN { return 0 }
      return T(exactly: x.rounded(.towardZero)) ?? (x < 0 ? .min : .max)
    }
    let value: Any =
      switch Target.vectorType {
      case .float64: x
      case .float32: Float(x)
      case .int64: Target.self == Int.self ? whole(Int.self) : whole(Int64.self)
      case .int32: whole(Int32.self)
      default: whole(UInt8.self)
      }
    return value as! Target
  }

  private func check<Source: VectorProgramScalar, Target: VectorProgramScalar & Equatable>(
    _ source: [Source], _ expected: [Target]
  ) {
    // As they are, with gaps between them, and as the parts of pairs: each has a loop of its own.
    for (level, stride) in InstructionSet.available.flatMap({ level in [1, 2, 3].map { (level, $0) } }) {
      var output = [Target](repeating: expected[0], count: expected.count)
      let spread = source.flatMap { [Source](repeating: $0, count: stride) }
      let bytes = unsafe spread.withUnsafeBytes { unsafe Array($0) }
      var span = output.mutableSpan
      Source.vectorType.gather(
        bytes.span, from: 0, columns: source.count, rowStride: 0, columnStride: stride, into: &span,
        level: level)
      for (index, value) in output.enumerated() {
        #expect(
          value == expected[index] || value != value && expected[index] != expected[index],
          "\(source[index]) as \(Target.self), stride \(stride), \(level)")
      }
    }
  }

  @Test func `is the nearest value`() {
    let reals: [Double] = [
      0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 254.9, 255, 255.5, 256, -1, -0.9, 0x1p31 - 1, 0x1p31,
      -0x1p31,
      -0x1p31 - 1, 0x1p53, 0x1p62, 0x1p63, -0x1p63, -0x1p63 - 2048, 1e300, -1e300, .infinity,
      -.infinity,
      .nan, 0x1p-1074, 0x1.fffffffffffffp1023, 0x1.000001p0, 16_777_217,
    ]
    func fromReals<Target: VectorProgramScalar & Equatable>(_ target: Target.Type) {
      check(reals, reals.map { nearest($0, target) })
      let floats = reals.map { Float($0) }
      check(floats, floats.map { nearest(Double($0), target) })
    }
    fromReals(Double.self)
    fromReals(Float.self)
    fromReals(Int64.self)
    fromReals(Int.self)
    fromReals(Int32.self)
    fromReals(UInt8.self)
  }

  @Test func `of whole numbers is rounded once`() {
    let whole: [Int64] = [
      0, 1, -1, .min, .max, .max - 1, 1 << 53, 1 << 53 + 1, 1 << 53 + 3, 16_777_217, 0x7fff_ffff,
      0x8000_0000, -0x8000_0000, -0x8000_0001, 255, 256, 0x4000_0040_0000_0001,
      0x4000_00c0_0000_0000,
    ]
    check(whole, whole.map { Double($0) })
    check(whole, whole.map { Float($0) })
    check(whole, whole)
    check(whole, whole.map { Int32(clamping: $0) })
    check(whole, whole.map { UInt8(clamping: $0) })
    let small = whole.map { Int32(clamping: $0) }
    check(small, small.map { Double($0) })
    check(small, small.map { Float($0) })
    check(small, small.map { UInt8(clamping: $0) })
    let bytes = whole.map { UInt8(clamping: $0) }
    check(bytes, bytes.map { Double($0) })
    check(bytes, bytes.map { Int64($0) })
  }

  @Test func `lies anywhere in a matrix`() {
    let source = (0..<100).map { Int32($0) }
    let bytes = unsafe source.withUnsafeBytes { unsafe Array($0) }
    func gather(
      from start: Int, columns: Int, _ rowStride: Int, _ columnStride: Int, _ count: Int
    ) -> [Double] {
      var output = [Double](repeating: -1, count: count)
      var span = output.mutableSpan
      VectorElementType.int32.gather(
        bytes.span, from: start, columns: columns, rowStride: rowStride, columnStride: columnStride,
        into: &span)
      return output
    }
    for columns in 1...7 {
      for (rowStride, columnStride) in [(7, 1), (1, 7), (14, 2), (0, 1), (1, 0), (0, 0), (7, 3)] {
        for start in 0..<5 {
          let count = min(9, 6 * columns - start)
          guard count > 0 else { continue }
          let expected = (start..<start + count).map {
            Double($0 / columns * rowStride + $0 % columns * columnStride)
          }
          #expect(gather(from: start, columns: columns, rowStride, columnStride, count) == expected)
        }
      }
    }
    #expect(gather(from: 3, columns: 4, 4, 1, 0).isEmpty)
  }
}
