internal import CEchelonKernels

/// Count, mean and sum of squared deviations of a sample, as the vector loops return them.
public struct RawMoments: Sendable, BitwiseCopyable {
  /// The number of elements.
  public var count: Double
  /// Their arithmetic mean.
  public var mean: Double
  /// `Σ (xᵢ - mean)²`.
  public var sumOfSquaredDeviations: Double
}

/// Count, mean and the sums of powers of deviations from the mean, as the vector loops return them.
public struct RawCentralMoments: Sendable, BitwiseCopyable, Hashable {
  /// The number of elements.
  public var count: Double
  /// Their arithmetic mean.
  public var mean: Double
  /// `Σ (xᵢ - mean)²`.
  public var m2: Double
  /// `Σ (xᵢ - mean)³`.
  public var m3: Double
  /// `Σ (xᵢ - mean)⁴`.
  public var m4: Double

  /// Five numbers put together as they are.
  public init(count: Double, mean: Double, m2: Double, m3: Double, m4: Double) {
    self.count = count
    self.mean = mean
    self.m2 = m2
    self.m3 = m3
    self.m4 = m4
  }

  /// The moments of both samples together; the left one first.
  /// - Source: P. Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
  ///   statistical moments", Sandia report SAND2008-6212 (2008).
  public func merged(with right: RawCentralMoments) -> RawCentralMoments {
    RawCentralMoments(ek_merge_central_moments(raw, right.raw))
  }

  private var raw: ek_central_moments {
    ek_central_moments(count: count, mean: mean, m2: m2, m3: m3, m4: m4)
  }

  init(_ raw: ek_central_moments) {
    self.init(count: raw.count, mean: raw.mean, m2: raw.m2, m3: raw.m3, m4: raw.m4)
  }
}

/// A product as a mantissa and a power of two, which neither overflows nor underflows on its way.
public struct ScaledProduct: Sendable, BitwiseCopyable, Hashable {
  /// Its magnitude is in [1, 2), or it is 0, an infinity or NaN.
  public var mantissa: Double
  /// A whole number.
  public var exponent: Double

  /// Two numbers put together as they are.
  public init(mantissa: Double, exponent: Double) {
    self.mantissa = mantissa
    self.exponent = exponent
  }

  /// A number.
  public init(_ value: Double) {
    guard value.isFinite, value != 0 else {
      self.init(mantissa: value, exponent: 0)
      return
    }
    self.init(
      mantissa: Double(sign: value.sign, exponent: 0, significand: value.significand),
      exponent: Double(value.exponent))
  }

  /// The product of both.
  public func multiplied(by right: ScaledProduct) -> ScaledProduct {
    ScaledProduct(ek_multiply_scaled(raw, right.raw))
  }

  fileprivate var raw: ek_scaled { ek_scaled(mantissa: mantissa, exponent: exponent) }

  /// The number, rounded once: 0 or an infinity when it lies out of range.
  public func value<Number: BinaryFloatingPoint>(as type: Number.Type) -> Number {
    guard mantissa.isFinite, mantissa != 0 else { return Number(mantissa) }
    // Beyond these everything is 0 or infinite.
    let exponent = Int(max(-5000, min(5000, exponent)))
    return Number(Double(sign: .plus, exponent: exponent, significand: mantissa))
  }

  init(_ raw: ek_scaled) {
    self.init(mantissa: raw.mantissa, exponent: raw.exponent)
  }
}

/// An element type that has vector loops and a BLAS.
///
/// The loops are those of `CEchelonKernels`: sums run in double precision for either type, are
/// pairwise, and have the same bits at every instruction-set level. `level` nil means the active
/// one.
public protocol VectorScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable, BLASScalar,
  VectorProgramScalar
{
  /// `Σ xᵢ`, 0 for no elements. Error ≤ (29 + log₂(n / 2048)) · 2⁻⁵³ · Σ|xᵢ|.
  static func sum(_ x: Span<Self>, level: InstructionSet?) -> Double
  /// `Σ xᵢ·yᵢ`; traps unless the counts are equal. Error as for `sum`, plus one rounding.
  static func dot(_ x: Span<Self>, _ y: Span<Self>, level: InstructionSet?) -> Double
  /// IEEE 754-2019 `minimum`: NaN if there is one, −0 below +0; +∞ for no elements.
  static func minimum(_ x: Span<Self>, level: InstructionSet?) -> Self
  /// IEEE 754-2019 `maximum`: NaN if there is one, +0 above −0; −∞ for no elements.
  static func maximum(_ x: Span<Self>, level: InstructionSet?) -> Self
  /// Count, mean and sum of squared deviations in one pass over memory.
  static func moments(_ x: Span<Self>, level: InstructionSet?) -> RawMoments
  /// Count, mean and the sums of the second to fourth powers of deviations.
  static func centralMoments(_ x: Span<Self>, level: InstructionSet?) -> RawCentralMoments
  /// `yᵢ = before · x₀ · … · xᵢ`; traps when there is no room for as many elements from `start` on.
  static func runningProduct(
    _ x: Span<Self>, after before: ScaledProduct, into y: inout MutableSpan<Self>, from start: Int,
    level: InstructionSet?)
  /// `Π xᵢ`, 1 for no elements. Relative error ≤ (28 + log₂(n / 2048)) · 2⁻⁵³.
  static func product(_ x: Span<Self>, level: InstructionSet?) -> ScaledProduct
  /// Applies an operation to that many elements of two operands, or of the one that it has; for
  /// `VectorOperation.lanes`.
  @unsafe static func apply(
    _ operation: VectorOperation, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>?,
    _ output: UnsafeMutablePointer<Self>, _ count: Int, level: InstructionSet?)
}

extension Optional where Wrapped == InstructionSet {
  var number: Int32 { self?.level ?? EK_LEVEL_ACTIVE }
}

extension RawMoments {
  fileprivate init(_ raw: ek_moments) {
    self.init(count: raw.count, mean: raw.mean, sumOfSquaredDeviations: raw.m2)
  }
}

// SAFETY, for every call below: the loop reads exactly `count` elements from the buffer's base and
// keeps no pointer; the span guarantees that they are initialised and stay so during the call. An
// empty span has no base, and the loops read nothing when `count` is 0.

extension Double: VectorScalar {
  /// See `VectorScalar`.
  public static func sum(_ x: Span<Double>, level: InstructionSet? = nil) -> Double {
    unsafe x.withUnsafeBufferPointer { unsafe ek_sum_f64(level.number, $0.baseAddress, $0.count) }
  }

  /// See `VectorScalar`.
  public static func dot(
    _ x: Span<Double>, _ y: Span<Double>, level: InstructionSet? = nil
  ) -> Double {
    precondition(x.count == y.count, "dot product of \(x.count) and \(y.count) elements")
    return unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe ek_dot_f64(level.number, x.baseAddress, y.baseAddress, x.count)
      }
    }
  }

  /// See `VectorScalar`.
  public static func minimum(_ x: Span<Double>, level: InstructionSet? = nil) -> Double {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_minimum_f64(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorScalar`.
  public static func maximum(_ x: Span<Double>, level: InstructionSet? = nil) -> Double {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_maximum_f64(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorScalar`.
  public static func moments(_ x: Span<Double>, level: InstructionSet? = nil) -> RawMoments {
    unsafe x.withUnsafeBufferPointer {
      unsafe RawMoments(ek_moments_f64(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  public static func centralMoments(
    _ x: Span<Double>, level: InstructionSet? = nil
  ) -> RawCentralMoments {
    unsafe x.withUnsafeBufferPointer {
      unsafe RawCentralMoments(ek_central_moments_f64(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  public static func runningProduct(
    _ x: Span<Double>, after before: ScaledProduct, into y: inout MutableSpan<Double>,
    from start: Int,
    level: InstructionSet? = nil
  ) {
    precondition(start >= 0 && x.count <= y.count - start, "no room for \(x.count) products")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        guard let from = x.baseAddress, let to = y.baseAddress else { return }
        // SAFETY: both are borrowed during the call, and there is room (the check above).
        unsafe ek_running_product_f64(level.number, from, to + start, x.count, before.raw)
      }
    }
  }

  /// See `VectorScalar`.
  public static func product(_ x: Span<Double>, level: InstructionSet? = nil) -> ScaledProduct {
    unsafe x.withUnsafeBufferPointer {
      unsafe ScaledProduct(ek_product_f64(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  @unsafe public static func apply(
    _ operation: VectorOperation, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>?,
    _ output: UnsafeMutablePointer<Double>, _ count: Int, level: InstructionSet?
  ) {
    unsafe ek_apply_f64(level.number, Int32(operation.rawValue), x, y, nil, output, count)
  }
}

extension Float: VectorScalar {
  /// See `VectorScalar`.
  public static func sum(_ x: Span<Float>, level: InstructionSet? = nil) -> Double {
    unsafe x.withUnsafeBufferPointer { unsafe ek_sum_f32(level.number, $0.baseAddress, $0.count) }
  }

  /// See `VectorScalar`.
  public static func dot(
    _ x: Span<Float>, _ y: Span<Float>, level: InstructionSet? = nil
  ) -> Double {
    precondition(x.count == y.count, "dot product of \(x.count) and \(y.count) elements")
    return unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeBufferPointer { y in
        unsafe ek_dot_f32(level.number, x.baseAddress, y.baseAddress, x.count)
      }
    }
  }

  /// See `VectorScalar`.
  public static func minimum(_ x: Span<Float>, level: InstructionSet? = nil) -> Float {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_minimum_f32(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorScalar`.
  public static func maximum(_ x: Span<Float>, level: InstructionSet? = nil) -> Float {
    unsafe x.withUnsafeBufferPointer {
      unsafe ek_maximum_f32(level.number, $0.baseAddress, $0.count)
    }
  }

  /// See `VectorScalar`.
  public static func moments(_ x: Span<Float>, level: InstructionSet? = nil) -> RawMoments {
    unsafe x.withUnsafeBufferPointer {
      unsafe RawMoments(ek_moments_f32(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  public static func centralMoments(
    _ x: Span<Float>, level: InstructionSet? = nil
  ) -> RawCentralMoments {
    unsafe x.withUnsafeBufferPointer {
      unsafe RawCentralMoments(ek_central_moments_f32(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  public static func runningProduct(
    _ x: Span<Float>, after before: ScaledProduct, into y: inout MutableSpan<Float>,
    from start: Int,
    level: InstructionSet? = nil
  ) {
    precondition(start >= 0 && x.count <= y.count - start, "no room for \(x.count) products")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        guard let from = x.baseAddress, let to = y.baseAddress else { return }
        // SAFETY: both are borrowed during the call, and there is room (the check above).
        unsafe ek_running_product_f32(level.number, from, to + start, x.count, before.raw)
      }
    }
  }

  /// See `VectorScalar`.
  public static func product(_ x: Span<Float>, level: InstructionSet? = nil) -> ScaledProduct {
    unsafe x.withUnsafeBufferPointer {
      unsafe ScaledProduct(ek_product_f32(level.number, $0.baseAddress, $0.count))
    }
  }

  /// See `VectorScalar`.
  @unsafe public static func apply(
    _ operation: VectorOperation, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>?,
    _ output: UnsafeMutablePointer<Float>, _ count: Int, level: InstructionSet?
  ) {
    unsafe ek_apply_f32(level.number, Int32(operation.rawValue), x, y, nil, output, count)
  }
}
