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
}
