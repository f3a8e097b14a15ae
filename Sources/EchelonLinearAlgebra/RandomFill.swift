internal import CEchelonKernels

/// The smallest and the largest of some numbers, in one pass; of zeros -0 is the smaller one. ∞ and -∞ of none.
/// - Parameter x: numbers that are all finite.
public func finiteRange(
  _ x: Span<Double>, level: InstructionSet? = nil
) -> (minimum: Double, maximum: Double) {
  unsafe x.withUnsafeBufferPointer {
    // SAFETY: reads exactly `count` numbers.
    let range = unsafe ek_finite_range(level.number, $0.baseAddress, $0.count)
    return (range.minimum, range.maximum)
  }
}

/// Moments and range of samples in one pass, at every level with the same bits; the range has those of `finiteRange`.
/// nil where there is no such way: for more than 2048, no multiple of 16, where one is not finite, or the first 16 lie so far
/// from the others that moments about their mean would lose more than four bits.
public func sampleSums(
  _ x: Span<Double>, level: InstructionSet? = nil
) -> SampleBlock? {
  var moments = ek_central_moments()
  var range = ek_range()
  let isDone = unsafe x.withUnsafeBufferPointer {
    // SAFETY: reads exactly `count` numbers, and writes one of each struct.
    unsafe ek_sample_sums(level.number, $0.baseAddress, $0.count, &moments, &range) != 0
  }
  guard isDone else { return nil }
  return SampleBlock(
    moments: RawCentralMoments(moments), minimum: range.minimum, maximum: range.maximum)
}

/// Moments and range of some samples.
public struct SampleBlock: Sendable, Hashable {
  /// As `centralMoments` gives them.
  public var moments: RawCentralMoments
  /// The smallest, and the largest of them.
  public var minimum, maximum: Double
}

/// Philox4x32-10 of the counters (index, block 0, stream) for successive indices.
///
/// `low` and `high` receive words (0, 1) and (2, 3) of each block, the earlier word in the lower half; `u` and `v` what
/// `uniform()` gives of each. All have the same count; traps otherwise.
public func fillFirstDraws(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, low: inout MutableSpan<UInt64>,
  high: inout MutableSpan<UInt64>, u: inout MutableSpan<Double>, v: inout MutableSpan<Double>,
  level: InstructionSet? = nil
) {
  let count = low.count
  precondition(
    high.count == count && u.count == count && v.count == count, "spans of different lengths")
  unsafe low.withUnsafeMutableBufferPointer { low in
    unsafe high.withUnsafeMutableBufferPointer { high in
      unsafe u.withUnsafeMutableBufferPointer { u in
        unsafe v.withUnsafeMutableBufferPointer { v in
          // SAFETY: writes exactly `count` words or numbers from each base, nothing when it is 0.
          unsafe ek_first_draws(
            level.number, seed, firstIndex, stream, low.baseAddress, high.baseAddress,
            u.baseAddress, v.baseAddress, count)
        }
      }
    }
  }
}

/// Of the generators of successive indices what the first `uniform()` gives (`u`), and what the second gives (`v`): lane k of
/// vector i is of index `firstIndex` + 8·i + k.
///
/// Vectors, since these lie at multiples of 64 bytes: each store of a vector into an array of numbers may be two.
/// - Parameters:
///   - u: as long as `v`; traps otherwise.
public func fillFirstUniforms(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, _ u: inout MutableSpan<SIMD8<Double>>,
  _ v: inout MutableSpan<SIMD8<Double>>, level: InstructionSet? = nil
) {
  let count = 8 * u.count
  precondition(v.count == u.count, "spans of different lengths")
  unsafe u.withUnsafeMutableBytes { u in
    unsafe v.withUnsafeMutableBytes { v in
      // SAFETY: a vector of eight is 64 bytes, and `count` numbers are written to each base, nothing when it is 0.
      unsafe ek_first_uniforms(
        level.number, seed, firstIndex, stream,
        u.baseAddress?.assumingMemoryBound(to: Double.self),
        v.baseAddress?.assumingMemoryBound(to: Double.self), count)
    }
  }
}

/// Calls `body` with the first `count` numbers of some vectors; traps where there are fewer.
public func withNumbers<Result>(
  of vectors: Span<SIMD8<Double>>, count: Int, _ body: (Span<Double>) -> Result
) -> Result {
  precondition(count >= 0 && count <= 8 * vectors.count, "no \(count) numbers")
  return unsafe vectors.withUnsafeBytes { bytes in
    // SAFETY: vectors of eight lie without gaps, so that there are 8 numbers for each, of which `count` are looked at.
    body(unsafe Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<(8 * count)])))
  }
}

/// Fills with successive words of Philox4x64-10: those that `Philox64Generator(seed:index:stream:)` of index 0 gives, one
/// after another.
/// - Parameters:
///   - seed: the first word of the key.
///   - stream: the second.
///   - first: how many words of the generator come before.
public func fillWords(
  seed: UInt64, stream: UInt64, first: UInt64, _ output: inout MutableSpan<UInt64>,
  level: InstructionSet? = nil
) {
  unsafe output.withUnsafeMutableBufferPointer {
    // SAFETY: writes exactly `count` words.
    unsafe ek_philox64_fill(level.number, seed, stream, first, $0.baseAddress, $0.count)
  }
}

/// Fills with elements of an array of numbers uniform in [0, 1): multiples of 2⁻⁵³.
///
/// Elements come in groups of 32, made of 16 blocks: element e of words (0, 1) of block e / 32·16 + e % 16 where
/// e % 32 < 16, and of its words (2, 3) otherwise.
/// - Parameters:
///   - seed: the key.
///   - stream: of the same seed, another array.
///   - first: the place in the array of what is filled.
public func fillUniform(
  seed: UInt64, stream: UInt32, first: UInt64, _ output: inout MutableSpan<Double>,
  level: InstructionSet? = nil
) {
  unsafe output.withUnsafeMutableBufferPointer {
    // SAFETY: writes exactly `count` numbers.
    unsafe ek_uniform_fill(level.number, seed, stream, first, $0.baseAddress, $0.count)
  }
}

/// Fills with elements of an array of normal numbers, of mean 0 and variance 1.
///
/// Elements e and e + 16 of a group of 32, as `fillUniform` has them, are made of one block by Box and Muller's
/// transformation. The largest magnitude is 8.57.
/// - Parameters: as for `fillUniform`.
/// - Accuracy: a few units in the last place of what the uniform numbers stand for; bits as those of the vector
///   functions.
/// - Source: G. E. P. Box, M. E. Muller, *Annals of Mathematical Statistics* 29 (1958).
public func fillNormal(
  seed: UInt64, stream: UInt32, first: UInt64, _ output: inout MutableSpan<Double>,
  level: InstructionSet? = nil
) {
  unsafe output.withUnsafeMutableBufferPointer {
    // SAFETY: writes exactly `count` numbers.
    unsafe ek_normal_fill(level.number, seed, stream, first, $0.baseAddress, $0.count)
  }
}

/// Fills with payoffs: max(0, (exp(mean + deviation·z) - strike)·scale) for the normal numbers z that `fillNormal`
/// gives.
/// - Parameters: as for `fillUniform`; those of the payoff are finite, and a negative `scale` is that of a put.
/// - Accuracy: as `fillNormal` and the vector functions.
public func fillPayoffs(
  mean: Double, deviation: Double, strike: Double, scale: Double, seed: UInt64, stream: UInt32,
  first: UInt64, _ output: inout MutableSpan<Double>, level: InstructionSet? = nil
) {
  var payoff = ek_payoff(mean: mean, deviation: deviation, strike: strike, scale: scale)
  unsafe output.withUnsafeMutableBufferPointer {
    // SAFETY: writes exactly `count` numbers, and reads the payoff during the call.
    unsafe ek_payoff_fill(
      level.number, seed, stream, first, $0.baseAddress, $0.count, &payoff)
  }
}

/// How many points (u, v) of the unit square lie inside of the unit circle: those that the generators of successive
/// indices give with their first two `uniform()`.
public func countInCircle(
  seed: UInt64, stream: UInt32 = 0, indices: Range<UInt64>, level: InstructionSet? = nil
) -> UInt64 {
  ek_count_in_circle(
    level.number, seed, stream, indices.lowerBound, indices.upperBound - indices.lowerBound)
}
