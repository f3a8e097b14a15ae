public import RealModule

// The numbers that samples are made of, from any source of random bits. Parameters that make no sense trap, as an index
// out of bounds does; the distributions of the same names throw an error instead.

extension RandomNumberGenerator {
  /// A number uniform in [0, 1): a multiple of 2⁻⁵³. One draw of 64 bits.
  @inlinable
  public mutating func uniform() -> Double {
    unitFraction(next())
  }

  /// A number uniform in (0, 1): an odd multiple of 2⁻⁵³. One draw of 64 bits.
  ///
  /// Symmetric about ½, and neither end can occur, so logarithms and quantiles of it are finite.
  @inlinable
  public mutating func uniformOpen() -> Double {
    fromOneToTwo(next()) - (1 - 0x1p-53)
  }

  /// A number uniform in [0, 1]: a multiple of 2⁻⁵³, each end half as likely as any other. One draw of 64 bits.
  @inlinable
  public mutating func uniformClosed() -> Double {
    // Rounded to the nearest: 0 takes the lower half of the first step, 1 the upper half of the last.
    let bits = next() &>> 10
    return exactDouble(bits &>> 1 &+ bits & 1) * 0x1p-53
  }

  /// A normal number with mean 0 and variance 1. One draw of 64 bits.
  ///
  /// By inversion: the quantile (Wichura's AS 241, relative error about 1e-16) of `uniformOpen()`.
  /// Always one draw, and monotone in it, so common random numbers and antithetic variates stay in
  /// step. The largest magnitude is 8.2.
  @inlinable
  public mutating func normal() -> Double {
    normalQuantile(uniformOpen())
  }

  /// An exponential number with mean 1. One draw of 64 bits; by inversion, the largest is 36.7.
  @inlinable
  public mutating func exponential() -> Double {
    -Double.log(uniformOpen())
  }

  /// An integer uniform in 0 ..< `bound`, without bias; traps unless `bound` is positive.
  ///
  /// One draw of 64 bits, and another with probability below bound / 2⁶⁴.
  /// Source: D. Lemire, "Fast random integer generation in an interval", *ACM TOMACS* 29 (2019).
  @inlinable
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no integer lies in 0 ..< \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }
}

/// The upper 53 bits as a multiple of 2⁻⁵³, by operations that every instruction set has for vectors.
@inlinable
func unitFraction(_ bits: UInt64) -> Double {
  // In [1, 2), and less 1 or the number before it, as the last of 53 bits says; that is exact.
  fromOneToTwo(bits) - Double(bitPattern: 1.0.bitPattern &- (bits &>> 11 & 1))
}

/// The upper 52 bits as the digits of a number in [1, 2).
@inlinable
func fromOneToTwo(_ bits: UInt64) -> Double { Double(bitPattern: bits &>> 12 | 1.0.bitPattern) }

/// `Double(integer)` for at most 53 bits, with operations that every instruction set has for
/// vectors: conversions of 64-bit integers came with AVX-512 only, and would keep a loop scalar.
///
/// The two halves are placed in the significands of 2⁸⁴ and 2⁵²; taking those away is exact.
@inlinable
func exactDouble(_ integer: UInt64) -> Double {
  let high = Double(bitPattern: 0x4530_0000_0000_0000 | integer &>> 32)
  let low = Double(bitPattern: 0x4330_0000_0000_0000 | integer & 0xffff_ffff)
  return (high - 0x1.00000001p84) + low
}
