import EchelonRandom
import Foundation
import TestSupport
import Testing

private let scramblings: [Scrambling] = [.none, .digitalShift(seed: 5), .owen(seed: 5)]

/// All coordinates of points, one after the other.
private func coordinates(
  _ sequence: some QuasiRandomSequence, _ points: Range<UInt64>
) -> [Double] {
  var output = [Double](repeating: .nan, count: points.count * sequence.dimension)
  var span = output.mutableSpan
  sequence.write(points, into: &span)
  return output
}

/// Those of one dimension.
private func column(_ dimension: Int, of all: [Double], _ dimensions: Int) -> [Double] {
  stride(from: dimension, to: all.count, by: dimensions).map { all[$0] }
}

/// Expects ranges of points to be what the points are one by one.
private func expectPure(_ sequence: some QuasiRandomSequence, limit: UInt64) {
  let all = coordinates(sequence, 0..<limit)
  let d = sequence.dimension
  for range in [0..<1, 3..<limit, 7..<8, limit / 2..<limit / 2, limit - 1..<limit] {
    let (start, end) = (Int(range.lowerBound), Int(range.upperBound))
    #expect(coordinates(sequence, range) == Array(all[start * d..<end * d]), "\(range)")
  }
  for index in [0, 1, limit - 1] {
    let start = Int(index) * d
    #expect(sequence.point(index) == Array(all[start..<start + d]))
  }
}

/// Expects each of n stretches of equal length to have one of n coordinates.
private func expectOneInEach(_ x: [Double], _ what: String) {
  var counts = [Int](repeating: 0, count: x.count)
  for value in x { counts[min(x.count - 1, Int(value * Double(x.count)))] += 1 }
  #expect(counts.allSatisfy { $0 == 1 }, "\(what)")
}

/// The mean over points of ∏ (xᵢ + ½), whose integral is 1; of one random point in 5 dimensions it has a standard
/// deviation of √((13/12)⁵ - 1).
private func meanOfProducts(_ sequence: some QuasiRandomSequence, count: UInt64) -> Double {
  let all = coordinates(sequence, 0..<count)
  var sum = 0.0
  for point in stride(from: 0, to: all.count, by: sequence.dimension) {
    sum += all[point..<point + sequence.dimension].reduce(1) { $0 * ($1 + 0.5) }
  }
  return sum / Double(count)
}

private let deviationOfProducts = 0.7015

/// So many standard errors away, where 30 means have told the error: Student's t has longer tails.
private let farFromMean = 1.5 * farAway

/// How many means tell an error: fewer in debug builds, which take their time over each point.
#if DEBUG
  private let replicateCount = 30
#else
  private let replicateCount = 200
#endif

/// The mean of the means of replicates, and its standard error.
private func replicated(
  _ count: Int, _ mean: (UInt64) throws -> Double
) rethrows -> (mean: Double, error: Double) {
  let means = try (0..<count).map { try mean(UInt64($0)) }
  let average = means.reduce(0, +) / Double(count)
  let squares = means.reduce(0) { $0 + ($1 - average) * ($1 - average) }
  return (average, (squares / Double(count * (count - 1))).squareRoot())
}

@Suite(.timeLimit(.minutes(5))) struct `Sobol's sequence` {
  @Test func `has SciPy's points`() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Resources/sobol-points.csv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",").compactMap { Int($0) } }
    let dimensions = lines[0]
    let sequence = try SobolSequence(dimension: SobolSequence.largestDimension)
    #expect(lines.count == 75 && dimensions.last == SobolSequence.largestDimension - 1)
    for line in lines.dropFirst() {
      let point = sequence.point(UInt64(line[0]))
      for (dimension, expected) in zip(dimensions, line.dropFirst()) {
        #expect(point[dimension] == Double(expected) * 0x1p-30, "point \(line[0]), \(dimension)")
      }
    }
  }

  @Test(arguments: scramblings)
  func `has as many points in every part that halving makes`(_ scrambling: Scrambling) throws {
    let d = 40
    let sequence = try SobolSequence(dimension: d, scrambling: scrambling)
    let all = coordinates(sequence, 0..<1024)
    for dimension in 0..<d {
      expectOneInEach(column(dimension, of: all, d), "\(scrambling), dimension \(dimension)")
    }
    // The first two dimensions are a (0, 10, 2)-net: one point in each rectangle of area 2⁻¹⁰.
    for width in 0...10 {
      var counts = [Int](repeating: 0, count: 1024)
      for (x, y) in zip(column(0, of: all, d), column(1, of: all, d)) {
        let place = Int(x * Double(1 << width)) << (10 - width)
        counts[place + Int(y * Double(1 << (10 - width)))] += 1
      }
      #expect(counts.allSatisfy { $0 == 1 }, "\(scrambling), \(width)")
    }
  }

  @Test(arguments: scramblings)
  func `depends on the index alone`(_ scrambling: Scrambling) throws {
    expectPure(try SobolSequence(dimension: 3, scrambling: scrambling), limit: 500)
    let last = try SobolSequence(dimension: 2, scrambling: scrambling).point((1 << 52) - 1)
    #expect(last.allSatisfy { $0 >= 0 && $0 < 1 })
  }

  @Test func `is moved to numbers that are uniform, and others for each seed`() throws {
    let first = testSeed()
    let kinds = [{ Scrambling.digitalShift(seed: $0) }, { Scrambling.owen(seed: $0) }]
    for scrambling in kinds {
      for index in [0, 5] as [UInt64] {
        var counts = [Int](repeating: 0, count: 100)
        for seed in first..<first + 5000 {
          let point = try SobolSequence(dimension: 4, scrambling: scrambling(seed)).point(index)
          #expect(point.allSatisfy { $0 > 0 && $0 < 1 } && Set(point).count == 4)
          for x in point { counts[Int(x * 100)] += 1 }
        }
        expectFit(
          counts, [Double](repeating: 200, count: 100), "point \(index), seeds from \(first)")
      }
    }
    let points = try (0..<2 as Range<UInt64>).map {
      try SobolSequence(dimension: 1, scrambling: .owen(seed: 1, replicate: $0)).point(3)
    }
    #expect(points[0] != points[1])
  }

  @Test func `scrambled has no bias, and an error that falls faster than that of random points`()
    throws
  {
    let seed = testSeed()
    func error(_ count: UInt64, _ scrambling: (UInt64) -> Scrambling) throws -> Double {
      let (mean, error) = try replicated(replicateCount) {
        meanOfProducts(
          try SobolSequence(dimension: 5, scrambling: scrambling($0)), count: count)
      }
      #expect(abs(mean - 1) < farFromMean * error, "\(count), seed \(seed)")
      return error
    }
    let shifted = try error(2048) { .digitalShift(seed: seed, replicate: $0) }
    let nested = try error(2048) { .owen(seed: seed, replicate: $0) }
    let random = deviationOfProducts / (2048 * Double(replicateCount)).squareRoot()
    #expect(shifted < random / 10 && nested < random / 10, "\(shifted), \(nested), seed \(seed)")
    // 16 times as many random points would gain a factor of 4.
    let few = try error(128) { .owen(seed: seed, replicate: $0) }
    #expect(nested < few / 8, "\(few), \(nested), seed \(seed)")
  }

  @Test func `refuses dimensions that there are not`() {
    for dimension in [0, -1, 21_202] {
      #expect(throws: QuasiRandomError.invalidDimension(dimension, most: 21_201)) {
        try SobolSequence(dimension: dimension)
      }
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Halton's sequence` {
  @Test func `has the digits of the index behind the point, in reverse`() throws {
    let sequence = try HaltonSequence(dimension: 3)
    #expect(sequence.point(0) == [0, 0, 0])
    #expect(sequence.point(3) == [0.75, 1.0 / 9, 0.6])
    // 1002 is 1111101010 in base 2, 1101010 in base 3, 13002 in base 5.
    let binary = 0b0101011111
    #expect(
      sequence.point(1002) == [
        Double(binary) / 1024, Double(0 * 729 + 243 + 0 + 27 + 0 + 3 + 1) / 2187,
        Double(2 * 625 + 0 + 0 + 3 * 5 + 1) / 3125,
      ])
  }

  @Test(arguments: scramblings)
  func `has as many points in every part that its bases make`(_ scrambling: Scrambling) throws {
    let sequence = try HaltonSequence(dimension: 4, scrambling: scrambling)
    for (dimension, count) in [(0, 1024), (1, 729), (2, 625), (3, 343)] {
      let all = coordinates(sequence, 0..<UInt64(count))
      // Away from where a stretch begins, which a quotient may miss by its rounding.
      expectOneInEach(
        column(dimension, of: all, 4).map { $0 + 1e-12 }, "\(scrambling), dimension \(dimension)")
    }
    expectPure(sequence, limit: 300)
  }

  @Test func `scrambled is uniform, without bias, and better than random points`() throws {
    let seed = testSeed()
    for scrambling in [
      { Scrambling.digitalShift(seed: seed, replicate: $0) },
      { Scrambling.owen(seed: seed, replicate: $0) },
    ] {
      var counts = [Int](repeating: 0, count: 100)
      for replicate in 0..<2000 as Range<UInt64> {
        let point = try HaltonSequence(dimension: 10, scrambling: scrambling(replicate)).point(77)
        for x in point { counts[Int(x * 100)] += 1 }
      }
      expectFit(counts, [Double](repeating: 200, count: 100), "seed \(seed)")
      let (mean, error) = try replicated(replicateCount) {
        meanOfProducts(try HaltonSequence(dimension: 5, scrambling: scrambling($0)), count: 2048)
      }
      #expect(abs(mean - 1) < farFromMean * error, "seed \(seed)")
      #expect(
        error < deviationOfProducts / (2048 * Double(replicateCount)).squareRoot() / 4,
        "seed \(seed)")
    }
  }

  @Test func `refuses dimensions that there are not`() {
    for dimension in [0, 1001] {
      #expect(throws: QuasiRandomError.invalidDimension(dimension, most: 1000)) {
        try HaltonSequence(dimension: dimension)
      }
    }
  }
}

@Suite struct `A Latin hypercube` {
  @Test(arguments: [1, 2, 17, 1000])
  func `has one point in every stretch of every dimension`(_ count: Int) throws {
    let seed = testSeed()
    let sample = try LatinHypercube(count: count, dimension: 5, seed: seed)
    let all = coordinates(sample, 0..<UInt64(count))
    for dimension in 0..<5 {
      expectOneInEach(
        column(dimension, of: all, 5), "\(count), dimension \(dimension), seed \(seed)")
    }
    if count > 16 { expectPure(sample, limit: UInt64(count)) }
  }

  @Test func `is another for each replicate, uniform and without bias`() throws {
    let seed = testSeed()
    let (mean, error) = try replicated(replicateCount) {
      meanOfProducts(
        try LatinHypercube(count: 256, dimension: 5, seed: seed, replicate: $0), count: 256)
    }
    #expect(abs(mean - 1) < farFromMean * error, "seed \(seed)")
    // What is left are products of two variables and more: √((13/12)⁵ - 1 - 5/12) for a point.
    #expect(error < 1.5 * 0.275 / (256 * Double(replicateCount)).squareRoot(), "seed \(seed)")
    var counts = [Int](repeating: 0, count: 100)
    for replicate in 0..<2000 as Range<UInt64> {
      let sample = try LatinHypercube(count: 7, dimension: 10, seed: seed, replicate: replicate)
      for x in sample.point(3) { counts[Int(x * 100)] += 1 }
    }
    expectFit(counts, [Double](repeating: 200, count: 100), "seed \(seed)")
  }

  @Test func `refuses numbers that it cannot have`() {
    for count in [0, -1, 1 << 32] {
      #expect(throws: QuasiRandomError.invalidCount(count)) {
        try LatinHypercube(count: count, dimension: 1, seed: 1)
      }
    }
    #expect(throws: QuasiRandomError.self) {
      try LatinHypercube(count: 5, dimension: 0, seed: 1)
    }
  }
}
