public import CEchelonVectors

/// Arithmetic of eight numbers in one operation, with the results of Swift's operators of one number. Swift's own of vectors
/// are loops over lanes, too large to be inlined where a closure over vectors is called; they also take -x for 0 - x, which
/// gives a zero the other sign.
extension SIMD8 where Scalar == Double {
  /// The sums of lanes.
  @inlinable @inline(__always)
  public static func + (a: Self, b: Self) -> Self { ev_add(a, b) }
  /// The differences of lanes.
  @inlinable @inline(__always)
  public static func - (a: Self, b: Self) -> Self { ev_subtract(a, b) }
  /// The products of lanes.
  @inlinable @inline(__always)
  public static func * (a: Self, b: Self) -> Self { ev_multiply(a, b) }
  /// The quotients of lanes.
  @inlinable @inline(__always)
  public static func / (a: Self, b: Self) -> Self { ev_divide(a, b) }
  /// The lanes with the other sign.
  @inlinable @inline(__always)
  public static prefix func - (a: Self) -> Self { ev_negate(a) }

  /// `b` added to each lane.
  @inlinable @inline(__always)
  public static func + (a: Self, b: Double) -> Self { a + Self(repeating: b) }
  /// `b` taken from each lane.
  @inlinable @inline(__always)
  public static func - (a: Self, b: Double) -> Self { a - Self(repeating: b) }
  /// `b` times each lane.
  @inlinable @inline(__always)
  public static func * (a: Self, b: Double) -> Self { a * Self(repeating: b) }
  /// Each lane divided by `b`.
  @inlinable @inline(__always)
  public static func / (a: Self, b: Double) -> Self { a / Self(repeating: b) }
  /// `a` added to each lane.
  @inlinable @inline(__always)
  public static func + (a: Double, b: Self) -> Self { Self(repeating: a) + b }
  /// Each lane taken from `a`.
  @inlinable @inline(__always)
  public static func - (a: Double, b: Self) -> Self { Self(repeating: a) - b }
  /// `a` times each lane.
  @inlinable @inline(__always)
  public static func * (a: Double, b: Self) -> Self { Self(repeating: a) * b }
  /// `a` divided by each lane.
  @inlinable @inline(__always)
  public static func / (a: Double, b: Self) -> Self { Self(repeating: a) / b }

  /// Adds lanes of `b`.
  @inlinable @inline(__always)
  public static func += (a: inout Self, b: Self) { a = a + b }
  /// Takes lanes of `b` away.
  @inlinable @inline(__always)
  public static func -= (a: inout Self, b: Self) { a = a - b }
  /// Multiplies with lanes of `b`.
  @inlinable @inline(__always)
  public static func *= (a: inout Self, b: Self) { a = a * b }
  /// Divides by lanes of `b`.
  @inlinable @inline(__always)
  public static func /= (a: inout Self, b: Self) { a = a / b }

  /// Adds `b` to each lane.
  @inlinable @inline(__always)
  public static func += (a: inout Self, b: Double) { a = a + b }
  /// Takes `b` from each lane.
  @inlinable @inline(__always)
  public static func -= (a: inout Self, b: Double) { a = a - b }
  /// Multiplies each lane by `b`.
  @inlinable @inline(__always)
  public static func *= (a: inout Self, b: Double) { a = a * b }
  /// Divides each lane by `b`.
  @inlinable @inline(__always)
  public static func /= (a: inout Self, b: Double) { a = a / b }

  /// The vector with lanes of `other` where `mask` is true.
  @inlinable @inline(__always)
  public func replacing(with other: Self, where mask: SIMDMask<MaskStorage>) -> Self {
    // SAFETY: a mask is its vector of whole numbers, all of whose bits are set where it is true.
    ev_pick(unsafe unsafeBitCast(mask, to: SIMD8<Int64>.self), other, self)
  }
  /// The vector with `other` where `mask` is true.
  @inlinable @inline(__always)
  public func replacing(with other: Double, where mask: SIMDMask<MaskStorage>) -> Self {
    replacing(with: Self(repeating: other), where: mask)
  }
}
