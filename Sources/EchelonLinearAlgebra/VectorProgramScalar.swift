internal import CEchelonKernels

/// The arguments of one run of a program, checked.
@unsafe public struct ProgramCall<Element> {
  let level: Int32
  let program: UnsafePointer<ek_program>
  let inputs: UnsafePointer<UnsafePointer<Element>?>?
  let output: UnsafeMutablePointer<Element>
  let count: Int
}

/// An element type that vector programs run on.
///
/// The last requirement takes pointers because it is the other side of the fence; callers use
/// `VectorProgram.run`.
public protocol VectorProgramScalar: BitwiseCopyable, Sendable {
  /// Its name where the type itself cannot be.
  static var vectorType: VectorElementType { get }

  /// A value as a program's constant: the bits of a Double, of an Int64 for integers.
  var constantBits: UInt64 { get }

  /// The nearest value, halves to even; for integers the next one towards 0, the smallest or largest one for what
  /// is out of range, and 0 for NaN.
  init(nearest value: Double)
  /// The nearest value, halves to even; for integers the smallest or largest one for what is out of range.
  init(nearest value: Int64)

  /// Runs a program, which is sound, over inputs that all have that many elements.
  @unsafe static func evaluate(_ call: ProgramCall<Self>)

  /// How many of some truths are not 0. A level of nil is the active one, here and below.
  static func countNonzero(_ x: Span<Self>, level: InstructionSet?) -> Int
}

/// The types that the elements of arrays in expressions have.
public enum VectorElementType: UInt8, Sendable, CaseIterable, Codable, BitwiseCopyable {
  /// `Double`.
  case float64
  /// `Float`.
  case float32
  /// `Int64` and `Int`.
  case int64
  /// `Int32`.
  case int32
  /// `UInt8`.
  case uint8
  /// `Bool`: only read and written, as 0 and 1.
  case bool

  /// Bytes of an element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .uint8, .bool: 1
    }
  }
}

/// An element type of whole numbers that vector programs run on.
public protocol VectorInteger: VectorProgramScalar, FixedWidthInteger {
  /// `Σ xᵢ` of the elements that count, as high·2³² + low; of fewer than 2³¹ elements.
  /// - Parameter mask: as many elements, not 0 for those that count; nil is all.
  static func sum(
    _ x: Span<Self>, where mask: Span<Self>?, level: InstructionSet?
  ) -> (high: Int64, low: Int64)
  /// The first position of the smallest or the largest of the elements that count; nil when none does.
  static func position(
    of extreme: VectorExtreme, in x: Span<Self>, where mask: Span<Self>?, level: InstructionSet?
  ) -> Int?
}

/// Which extreme element is meant.
public enum VectorExtreme: Sendable, Hashable {
  /// The smallest.
  case least
  /// The largest.
  case most
}

extension VectorInteger {
  /// See `VectorProgramScalar`.
  public var constantBits: UInt64 { UInt64(truncatingIfNeeded: self) }

  /// See `VectorProgramScalar`.
  @inlinable @inline(__always)
  public init(nearest value: Int64) { self.init(clamping: value) }

  /// See `VectorProgramScalar`.
  @inlinable @inline(__always)
  public init(nearest value: Double) {
    // The bounds are exact or round up to what is out of range.
    if value >= Double(Self.max) {
      self = .max
    } else if value > Double(Self.min) {
      self.init(value)
    } else {
      self = value.isNaN ? 0 : .min
    }
  }
}

// SAFETY, for all: `VectorProgram.run` has seen to everything that the calls ask.

extension Double: VectorProgramScalar {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .float64 }
  /// See `VectorProgramScalar`.
  public var constantBits: UInt64 { bitPattern }
  /// See `VectorProgramScalar`.
  @inlinable @inline(__always) public init(nearest value: Double) { self = value }
  /// See `VectorProgramScalar`.
  @inlinable @inline(__always) public init(nearest value: Int64) { self.init(value) }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<Double>) {
    unsafe ek_evaluate_f64(call.level, call.program, call.inputs, call.output, call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<Double>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_f64(level.number, $0.baseAddress, $0.count)
    }
  }
}

extension Float: VectorProgramScalar {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .float32 }
  /// See `VectorProgramScalar`.
  public var constantBits: UInt64 { Double(self).bitPattern }
  /// See `VectorProgramScalar`.
  @inlinable @inline(__always) public init(nearest value: Double) { self.init(value) }
  /// See `VectorProgramScalar`.
  @inlinable @inline(__always) public init(nearest value: Int64) { self.init(value) }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<Float>) {
    unsafe ek_evaluate_f32(call.level, call.program, call.inputs, call.output, call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<Float>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_f32(level.number, $0.baseAddress, $0.count)
    }
  }
}

extension Int64: VectorInteger {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .int64 }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<Int64>) {
    unsafe ek_evaluate_i64(call.level, call.program, call.inputs, call.output, call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<Int64>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_i64(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorInteger`.
  public static func sum(
    _ x: Span<Int64>, where mask: Span<Int64>?, level: InstructionSet? = nil
  ) -> (high: Int64, low: Int64) {
    let sum = unsafe withElements(x, mask) { unsafe ek_sum_i64(level.number, $0, $1, $2) }
    return (sum.high, sum.low)
  }

  /// See `VectorInteger`.
  public static func position(
    of extreme: VectorExtreme, in x: Span<Int64>, where mask: Span<Int64>?,
    level: InstructionSet? = nil
  ) -> Int? {
    let position = unsafe withElements(x, mask) {
      unsafe extreme == .least
        ? ek_least_i64(level.number, $0, $1, $2) : ek_most_i64(level.number, $0, $1, $2)
    }
    return position < 0 ? nil : position
  }
}

extension Int: VectorInteger {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .int64 }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<Int>) {
    // SAFETY: an Int is the 64 bits of an Int64.
    unsafe ek_evaluate_i64(
      call.level, call.program,
      UnsafeRawPointer(call.inputs)?.assumingMemoryBound(to: UnsafePointer<Int64>?.self),
      UnsafeMutableRawPointer(call.output).assumingMemoryBound(to: Int64.self), call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<Int>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_i64(level.number, words($0.baseAddress), $0.count)
    }
  }

  /// See `VectorInteger`.
  public static func sum(
    _ x: Span<Int>, where mask: Span<Int>?, level: InstructionSet? = nil
  ) -> (high: Int64, low: Int64) {
    let sum = unsafe withElements(x, mask) {
      unsafe ek_sum_i64(level.number, words($0), words($1), $2)
    }
    return (sum.high, sum.low)
  }

  /// See `VectorInteger`.
  public static func position(
    of extreme: VectorExtreme, in x: Span<Int>, where mask: Span<Int>?,
    level: InstructionSet? = nil
  ) -> Int? {
    let position = unsafe withElements(x, mask) {
      unsafe extreme == .least
        ? ek_least_i64(level.number, words($0), words($1), $2)
        : ek_most_i64(level.number, words($0), words($1), $2)
    }
    return position < 0 ? nil : position
  }

  // SAFETY: an Int is the 64 bits of an Int64.
  @unsafe private static func words(_ x: UnsafePointer<Int>?) -> UnsafePointer<Int64>? {
    unsafe UnsafeRawPointer(x)?.assumingMemoryBound(to: Int64.self)
  }
}

extension Int32: VectorInteger {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .int32 }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<Int32>) {
    unsafe ek_evaluate_i32(call.level, call.program, call.inputs, call.output, call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<Int32>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_i32(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorInteger`.
  public static func sum(
    _ x: Span<Int32>, where mask: Span<Int32>?, level: InstructionSet? = nil
  ) -> (high: Int64, low: Int64) {
    let sum = unsafe withElements(x, mask) { unsafe ek_sum_i32(level.number, $0, $1, $2) }
    return (sum.high, sum.low)
  }

  /// See `VectorInteger`.
  public static func position(
    of extreme: VectorExtreme, in x: Span<Int32>, where mask: Span<Int32>?,
    level: InstructionSet? = nil
  ) -> Int? {
    let position = unsafe withElements(x, mask) {
      unsafe extreme == .least
        ? ek_least_i32(level.number, $0, $1, $2) : ek_most_i32(level.number, $0, $1, $2)
    }
    return position < 0 ? nil : position
  }
}

extension UInt8: VectorInteger {
  /// See `VectorProgramScalar`.
  public static var vectorType: VectorElementType { .uint8 }

  /// See `VectorProgramScalar`.
  @unsafe public static func evaluate(_ call: ProgramCall<UInt8>) {
    unsafe ek_evaluate_u8(call.level, call.program, call.inputs, call.output, call.count)
  }

  /// See `VectorProgramScalar`.
  public static func countNonzero(_ x: Span<UInt8>, level: InstructionSet? = nil) -> Int {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_count_u8(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorInteger`.
  public static func sum(
    _ x: Span<UInt8>, where mask: Span<UInt8>?, level: InstructionSet? = nil
  ) -> (high: Int64, low: Int64) {
    let sum = unsafe withElements(x, mask) { unsafe ek_sum_u8(level.number, $0, $1, $2) }
    return (sum.high, sum.low)
  }

  /// See `VectorInteger`.
  public static func position(
    of extreme: VectorExtreme, in x: Span<UInt8>, where mask: Span<UInt8>?,
    level: InstructionSet? = nil
  ) -> Int? {
    let position = unsafe withElements(x, mask) {
      unsafe extreme == .least
        ? ek_least_u8(level.number, $0, $1, $2) : ek_most_u8(level.number, $0, $1, $2)
    }
    return position < 0 ? nil : position
  }
}

/// Calls `body` with the addresses of as many elements and truths; that of no mask is nil.
@unsafe private func withElements<Element, R>(
  _ x: Span<Element>, _ mask: Span<Element>?,
  _ body: (UnsafePointer<Element>?, UnsafePointer<Element>?, Int) -> R
) -> R {
  unsafe x.withUnsafeBufferPointer { x in
    guard let mask else { return unsafe body(x.baseAddress, nil, x.count) }
    precondition(mask.count == x.count, "\(mask.count) truths for \(x.count) elements")
    return unsafe mask.withUnsafeBufferPointer {
      unsafe body(x.baseAddress, $0.baseAddress, x.count)
    }
  }
}
