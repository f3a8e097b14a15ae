internal import EchelonLinearAlgebra
public import EchelonRandom

/// Runs `sample` once for every index, each with the generator of (seed, index, stream).
///
/// The bits of the answer depend on the arguments alone. To divide a job, divide the indices at fixed places, as
/// `MonteCarloState` does.
///
/// Inlined into the caller's module, so that the closure is too. The first four words of every
/// index and the uniform numbers they stand for, all that most samples use, come from a vector loop
/// that picks its instruction set at run time; the values are summed by others. What remains here is
/// the closure.
@inlinable
public func accumulateMonteCarlo(
  seed: UInt64, stream: UInt32 = 0, indices: Range<UInt64>,
  _ sample: (inout PhiloxGenerator) throws -> Double
) rethrows -> SampleSums {
  var total = SampleSums()
  var low = InlineArray<512, UInt64>(repeating: 0)
  var high = InlineArray<512, UInt64>(repeating: 0)
  var u = InlineArray<512, Double>(repeating: 0)
  var v = InlineArray<512, Double>(repeating: 0)
  var values = InlineArray<2048, Double>(repeating: 0)
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(2048, indices.upperBound - first))
    var start = 0
    while start < count {
      let part = first &+ UInt64(truncatingIfNeeded: start)
      fillFirstDraws(seed: seed, firstIndex: part, stream: stream, &low, &high, &u, &v)
      let partCount = min(512, count &- start)
      // Nothing in this loop can trap, so that the compiler may work on vectors of samples.
      var k = 0
      while k < partCount {
        var generator = PhiloxGenerator(
          seed: seed, index: part &+ UInt64(truncatingIfNeeded: k), stream: stream,
          firstBlock: (low[k], high[k]), firstUniforms: (u[k], v[k]))
        values[start &+ k] = try sample(&generator)
        k &+= 1
      }
      start &+= 512
    }
    total.append(blockSums(&values, count: count))
    first += UInt64(count)
  }
  return total
}

/// The first block of 512 successive indices, and the uniform numbers of its two halves.
@usableFromInline
func fillFirstDraws(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, _ low: inout InlineArray<512, UInt64>,
  _ high: inout InlineArray<512, UInt64>, _ u: inout InlineArray<512, Double>,
  _ v: inout InlineArray<512, Double>
) {
  var lowSpan = low.mutableSpan
  var highSpan = high.mutableSpan
  var uSpan = u.mutableSpan
  var vSpan = v.mutableSpan
  fillFirstDraws(
    seed: seed, firstIndex: firstIndex, stream: stream, low: &lowSpan, high: &highSpan, u: &uSpan,
    v: &vSpan)
}

/// The first and the second uniform numbers of 512 successive indices.
@usableFromInline
func fillFirstUniforms(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, _ u: inout InlineArray<64, SIMD8<Double>>,
  _ v: inout InlineArray<64, SIMD8<Double>>
) {
  var uSpan = u.mutableSpan
  var vSpan = v.mutableSpan
  fillFirstUniforms(seed: seed, firstIndex: firstIndex, stream: stream, &uSpan, &vSpan)
}

/// The sums of the first `count` of 2048 values, by the vector loops.
@usableFromInline
func blockSums(_ values: inout InlineArray<2048, Double>, count: Int) -> SampleSums {
  // `inout`, though nothing is changed: a borrowed array this large is copied before it has a span.
  SampleSums(values.span.extracting(0..<count))
}

/// The same of values in vectors.
@usableFromInline
func blockSums(_ values: inout InlineArray<256, SIMD8<Double>>, count: Int) -> SampleSums {
  withNumbers(of: values.span, count: count) { SampleSums($0) }
}

/// Runs `sample` once for every eight indices, each lane with the generator of its own; otherwise as
/// `accumulateMonteCarlo`, with the bits that its closure gives when it does the same. Of the last vector the lanes
/// beyond the indices do not count.
@inlinable
public func accumulateVectorMonteCarlo(
  seed: UInt64, stream: UInt32 = 0, indices: Range<UInt64>,
  _ sample: (inout SIMDPhiloxGenerator) throws -> SIMD8<Double>
) rethrows -> SampleSums {
  var total = SampleSums()
  var u = InlineArray<64, SIMD8<Double>>(repeating: SIMD8())
  var v = InlineArray<64, SIMD8<Double>>(repeating: SIMD8())
  var values = InlineArray<256, SIMD8<Double>>(repeating: SIMD8())
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(2048, indices.upperBound - first))
    let vectorCount = (count &+ 7) / 8
    var start = 0
    while start < vectorCount {
      let part = first &+ UInt64(truncatingIfNeeded: 8 &* start)
      fillFirstUniforms(seed: seed, firstIndex: part, stream: stream, &u, &v)
      let partCount = min(64, vectorCount &- start)
      var k = 0
      while k < partCount {
        var generator = SIMDPhiloxGenerator(
          seed: seed, index: part &+ UInt64(truncatingIfNeeded: 8 &* k), stream: stream,
          firstUniforms: (u[k], v[k]))
        values[start &+ k] = try sample(&generator)
        k &+= 1
      }
      start &+= 64
    }
    total.append(blockSums(&values, count: count))
    first += UInt64(count)
  }
  return total
}

/// Runs `sample` once for every index, as `accumulateMonteCarlo` does, and keeps what it gives.
@inlinable
public func fillMonteCarlo(
  seed: UInt64, stream: UInt32 = 0, firstIndex: UInt64, _ values: inout MutableSpan<Double>,
  _ sample: (inout PhiloxGenerator) throws -> Double
) rethrows {
  var low = InlineArray<512, UInt64>(repeating: 0)
  var high = InlineArray<512, UInt64>(repeating: 0)
  var u = InlineArray<512, Double>(repeating: 0)
  var v = InlineArray<512, Double>(repeating: 0)
  var start = 0
  while start < values.count {
    let first = firstIndex &+ UInt64(truncatingIfNeeded: start)
    fillFirstDraws(seed: seed, firstIndex: first, stream: stream, &low, &high, &u, &v)
    let count = min(512, values.count - start)
    for k in 0..<count {
      var generator = PhiloxGenerator(
        seed: seed, index: first &+ UInt64(truncatingIfNeeded: k), stream: stream,
        firstBlock: (low[k], high[k]), firstUniforms: (u[k], v[k]))
      values[start + k] = try sample(&generator)
    }
    start += count
  }
}
