public import EchelonMemory
public import EchelonRandom

/// A user's statistic of a sample, where the compiler left it generic or captured.
@usableFromInline
package struct StatisticProgram: ChunkProgram {
  @usableFromInline let statistic: (Span<Double>) -> Double
  @inlinable package init(_ statistic: @escaping (Span<Double>) -> Double) {
    self.statistic = statistic
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.bootstrap(statistic) }
}

/// A user's statistic of two samples.
@usableFromInline
package struct TwoSampleProgram: ChunkProgram {
  @usableFromInline let statistic: (Span<Double>, Span<Double>) -> Double
  @inlinable package init(_ statistic: @escaping (Span<Double>, Span<Double>) -> Double) {
    self.statistic = statistic
  }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.permute(statistic) }
}

/// What a job of statistics is about: the first is that of the sample itself, the next leave some of it out, and all
/// others are of samples drawn from it.
@frozen
@usableFromInline
package struct ResamplingPlan: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  /// Elements of the sample, or of both together.
  @usableFromInline let count: Int
  /// Groups of which each is left out once; of a test of two samples, the elements of the first.
  @usableFromInline let part: Int
  /// How many samples an earlier job has drawn: the first of them is drawn again, and then those that follow them.
  @usableFromInline let earlier: Int

  @usableFromInline init(seed: UInt64, count: Int, part: Int, earlier: Int) {
    (self.seed, self.count, self.part, self.earlier) = (seed, count, part, earlier)
  }

  /// The generator of a sample.
  /// - Parameter number: of those that this job draws, from 0.
  @inlinable func generator(_ number: Int) -> PhiloxGenerator {
    let index = earlier > 0 && number > 0 ? earlier + number - 1 : number
    return PhiloxGenerator(seed: seed, index: UInt64(truncatingIfNeeded: index))
  }
}

extension ChunkMemory {
  /// Writes statistics of the sample, of it without each group, and of samples with replacement.
  @inlinable @inline(__always)
  package func bootstrap(_ statistic: (Span<Double>) -> Double) {
    let plan = parameters(as: ResamplingPlan.self)
    withWholeInput(0, of: Double.self, count: plan.count) { sample in
      withOutput(of: Double.self) { values in
        var drawn = [Double](repeating: 0, count: plan.count)
        for index in values.indices {
          let number = start + index
          if number == 0 {
            values[index] = statistic(sample)
          } else if number <= plan.part {
            // The groups differ by no more than one element.
            let group = number - 1
            let left = group * plan.count / plan.part..<(group + 1) * plan.count / plan.part
            for i in 0..<left.lowerBound { drawn[i] = sample[i] }
            for i in left.upperBound..<plan.count { drawn[i - left.count] = sample[i] }
            values[index] = statistic(drawn.span.extracting(0..<plan.count - left.count))
          } else {
            var rng = plan.generator(number - 1 - plan.part)
            for i in 0..<plan.count { drawn[i] = sample[rng.integer(below: plan.count)] }
            values[index] = statistic(drawn.span)
          }
        }
      }
    }
  }

  /// Writes the statistic of both samples, and those of both as chance could have divided all of their elements.
  @inlinable @inline(__always)
  package func permute(_ statistic: (Span<Double>, Span<Double>) -> Double) {
    let plan = parameters(as: ResamplingPlan.self)
    withWholeInput(0, of: Double.self, count: plan.count) { sample in
      withOutput(of: Double.self) { values in
        var drawn = [Double](repeating: 0, count: plan.count)
        for index in values.indices {
          for i in 0..<plan.count { drawn[i] = sample[i] }
          if start + index > 0 {
            var rng = plan.generator(start + index - 1)
            rng.shuffle(&drawn)
          }
          values[index] = statistic(
            drawn.span.extracting(0..<plan.part), drawn.span.extracting(plan.part..<plan.count))
        }
      }
    }
  }
}
