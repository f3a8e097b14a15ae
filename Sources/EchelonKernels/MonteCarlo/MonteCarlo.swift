internal import EchelonLinearAlgebra
public import EchelonRandom

/// Runs `sample` once for every index, each with the generator of (seed, index, stream).
///
/// The bits of the answer depend on the arguments alone. To divide a job, divide the indices at fixed places, as
/// `MonteCarloState` does.
///
/// Inlined into the caller's module, so that the closure is too. The first four words of every
/// index, all that most samples use, come from a vector loop that picks its instruction set at run
/// time; the values are summed by others. What remains here is the closure.
@inlinable
public func accumulateMonteCarlo(
  seed: UInt64, stream: UInt32 = 0, indices: Range<UInt64>,
  _ sample: (inout PhiloxGenerator) throws -> Double
) rethrows -> SampleSums {
  var total = SampleSums()
  var low = InlineArray<512, UInt64>(repeating: 0)
  var high = InlineArray<512, UInt64>(repeating: 0)
  var values = InlineArray<512, Double>(repeating: 0)
  var first = indices.lowerBound
  while first < indices.upperBound {
    let count = Int(min(512, indices.upperBound - first))
    fillFirstBlocks(seed: seed, firstIndex: first, stream: stream, &low, &high)
    for k in 0..<count {
      var generator = PhiloxGenerator(
        seed: seed, index: first &+ UInt64(truncatingIfNeeded: k), stream: stream,
        firstBlock: (low[k], high[k]))
      values[k] = try sample(&generator)
    }
    total.append(blockSums(&values, count: count))
    first += UInt64(count)
  }
  return total
}

/// The first block of 512 successive indices.
@usableFromInline
func fillFirstBlocks(
  seed: UInt64, firstIndex: UInt64, stream: UInt32, _ low: inout InlineArray<512, UInt64>,
  _ high: inout InlineArray<512, UInt64>
) {
  var lowSpan = low.mutableSpan
  var highSpan = high.mutableSpan
  fillPhilox(seed: seed, firstIndex: firstIndex, stream: stream, low: &lowSpan, high: &highSpan)
}

/// The sums of the first `count` of 512 values, by the vector loops.
@usableFromInline
func blockSums(_ values: inout InlineArray<512, Double>, count: Int) -> SampleSums {
  // `inout`, though nothing is changed: a borrowed array this large is copied before it has a span.
  SampleSums(values.span.extracting(0..<count))
}
