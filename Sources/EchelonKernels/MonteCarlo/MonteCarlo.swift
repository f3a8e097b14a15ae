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
  var values = InlineArray<512, Double>(repeating: 0)
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(512, indices.upperBound - first))
    fillFirstDraws(seed: seed, firstIndex: first, stream: stream, &low, &high, &u, &v)
    // Nothing in this loop can trap, so that the compiler may work on vectors of samples.
    var k = 0
    while k < count {
      var generator = PhiloxGenerator(
        seed: seed, index: first &+ UInt64(truncatingIfNeeded: k), stream: stream,
        firstBlock: (low[k], high[k]), firstUniforms: (u[k], v[k]))
      values[k] = try sample(&generator)
      k &+= 1
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

/// The first uniform numbers of 512 successive indices, and then their second ones.
@usableFromInline
func fillFirstUniforms(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, _ uniforms: inout MutableSpan<Double>
) {
  fillFirstUniforms(
    seed: seed, firstIndex: firstIndex, stream: stream, count: 512, into: &uniforms)
}

/// The sums of the first `count` of 512 values, by the vector loops.
@usableFromInline
func blockSums(_ values: inout InlineArray<512, Double>, count: Int) -> SampleSums {
  // `inout`, though nothing is changed: a borrowed array this large is copied before it has a span.
  SampleSums(values.span.extracting(0..<count))
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
  var uniforms = InlineArray<1024, Double>(repeating: 0)
  var values = InlineArray<512, Double>(repeating: 0)
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(512, indices.upperBound - first))
    // A span: elements of an array this large are read from copies of it.
    var numbers = uniforms.mutableSpan
    fillFirstUniforms(seed: seed, firstIndex: first, stream: stream, &numbers)
    for k in 0..<(count + 7) / 8 {
      var generator = SIMDPhiloxGenerator(
        seed: seed, index: first &+ UInt64(truncatingIfNeeded: 8 * k), stream: stream,
        firstUniforms: (vector(numbers, 8 * k), vector(numbers, 512 + 8 * k)))
      let lanes = try sample(&generator)
      for lane in 0..<8 { values[8 * k + lane] = lanes[lane] }
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

@inlinable @inline(__always)
func vector(_ numbers: borrowing MutableSpan<Double>, _ place: Int) -> SIMD8<Double> {
  var lanes = SIMD8<Double>()
  for lane in 0..<8 { lanes[lane] = numbers[place + lane] }
  return lanes
}
