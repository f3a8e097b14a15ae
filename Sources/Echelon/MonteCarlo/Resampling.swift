public import EchelonMemory
public import EchelonRandom

/// How a bootstrap or a permutation test is divided.
package enum Resampling {
  /// How many statistics a chunk has: some hundred thousand draws; fewer where there would be less than 64 chunks, since
  /// nobody knows how long a statistic takes.
  static func chunkLength(of count: Int, statistics: Int) -> Int {
    max(1, min(4096, (1 << 17) / count, statistics / 64))
  }

  /// How many groups of elements a jackknife leaves out, one after the other.
  static func jackknifeGroups(of count: Int) -> Int { min(count, 10_000) }

  /// How many chunks `startBootstrap` has for a sample of `count` ≥ 1 elements.
  /// - Parameter earlier: how many resamples there are already.
  package static func chunkCount(bootstrapOf count: Int, resamples: Int, after earlier: Int = 0)
    -> Int
  {
    let groups = earlier > 0 ? 0 : jackknifeGroups(of: count)
    return chunkCount(1 + groups + drawnCount(resamples, after: earlier), of: count)
  }

  /// How many chunks `startPermutationTest` has for two samples of `count` ≥ 1 elements together.
  /// - Parameter earlier: how many permutations there are already.
  package static func chunkCount(
    permutationsOf count: Int, permutations: Int, after earlier: Int = 0
  ) -> Int {
    chunkCount(1 + drawnCount(permutations, after: earlier), of: count)
  }

  /// How many a job draws: the first of the earlier ones once more, which shows whether they are of its run.
  static func drawnCount(_ count: Int, after earlier: Int) -> Int {
    earlier == 0 ? count : 1 + count - earlier
  }

  private static func chunkCount(_ statistics: Int, of count: Int) -> Int {
    let length = chunkLength(of: count, statistics: statistics)
    return (statistics + length - 1) / length
  }

  /// After how many draws a run that reports on the way is looked at, from `drawn` on: after 256, after twice as many each
  /// time up to 16,384, then four times in each doubling, and after all of them.
  static func looks(after drawn: Int, upTo limit: Int) -> [Int] {
    var looks: [Int] = []
    var last = drawn
    repeat {
      last = min(look(after: last), limit)
      looks.append(last)
    } while last < limit
    return looks
  }

  private static func look(after drawn: Int) -> Int {
    guard drawn >= 256 else { return 256 }
    // The power of 2 below, or a quarter of it.
    let power = 1 << (Int.bitWidth - 1 - drawn.leadingZeroBitCount)
    let step = power < 1 << 14 ? power : power / 4
    return (drawn / step + 1) * step
  }
}

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
