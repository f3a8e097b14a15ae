import EchelonKernels
import EchelonLinearAlgebra
import EchelonRandom
import Foundation
import Testing

@Suite struct `Philox in vectors` {
  @Test(arguments: [0, 1, 7, 8, 31, 32, 33, 512])
  func `fills many first blocks as the generator makes one`(count: Int) {
    // The indices cross 2³², so that the carry into the second word counts.
    let (seed, first): (UInt64, UInt64) = (0x0123_4567_89ab_cdef, 0xffff_fff0)
    for level in InstructionSet.available {
      var low = [UInt64](repeating: 0, count: count)
      var high = low
      var u = [Double](repeating: 0, count: count)
      var v = u
      var lowSpan = low.mutableSpan
      var highSpan = high.mutableSpan
      var uSpan = u.mutableSpan
      var vSpan = v.mutableSpan
      fillFirstDraws(
        seed: seed, firstIndex: first, stream: 9, low: &lowSpan, high: &highSpan, u: &uSpan,
        v: &vSpan, level: level)
      for k in 0..<count {
        var rng = PhiloxGenerator(seed: seed, index: first + UInt64(k), stream: 9)
        var same = rng
        #expect(low[k] == rng.next() && high[k] == rng.next(), "index \(k), \(level)")
        #expect(u[k] == same.uniform() && v[k] == same.uniform(), "index \(k), \(level)")
      }
    }
  }
}

@Suite struct `A Monte Carlo run` {
  private func pi(_ indices: Range<UInt64>, seed: UInt64 = 42) -> SampleSums {
    accumulateMonteCarlo(seed: seed, indices: indices) { rng in
      let (u, v) = (rng.uniform(), rng.uniform())
      return u * u + v * v < 1 ? 4 : 0
    }
  }

  @Test func `finds π within its own error`() {
    let estimate = MonteCarloEstimate(pi(0..<1_000_000))
    #expect(estimate.sampleCount == 1_000_000)
    #expect(abs(estimate.mean - .pi) < 5 * estimate.standardError)
    #expect(abs(estimate.variance - Double.pi * (4 - .pi)) < 0.05)
    #expect(estimate.confidenceInterval(0.999_999).contains(.pi))
    let interval = estimate.confidenceInterval(0.95)
    let width = (interval.upperBound - interval.lowerBound) / estimate.standardError
    #expect(abs(width - 2 * 1.959963984540054) < 1e-6)
  }

  @Test func `gives each index the numbers that are its own`() {
    var values: [Double] = []
    _ = accumulateMonteCarlo(seed: 3, indices: 1000..<1600) { rng in
      values.append(rng.uniform() + rng.uniform() + rng.uniform())  // needs a second block
      return 0
    }
    for (k, value) in values.enumerated() {
      var rng = PhiloxGenerator(seed: 3, index: 1000 + UInt64(k))
      #expect(value == rng.uniform() + rng.uniform() + rng.uniform())
    }
    #expect(values.count == 600)
  }

  @Test func `gives mirrored generators what they have without numbers made before`() {
    func numbers(_ generator: PhiloxGenerator) -> [Double] {
      var (mirror, later) = (generator.mirrored, generator)
      let first = (0..<4).map { _ in mirror.uniform() }
      _ = later.next()
      var rest = later.mirrored
      return first + [rest.uniform(), rest.uniform()]
    }
    var found: [[Double]] = []
    _ = accumulateMonteCarlo(seed: 3, indices: 0..<600) { rng in
      found.append(numbers(rng))
      return 0
    }
    let expected = (0..<600).map { numbers(PhiloxGenerator(seed: 3, index: $0)) }
    #expect(found == expected)
  }

  @Test func `gives the same sums for fixed chunks whoever ran them, and from any state`() throws {
    func chunk(_ index: Int) -> SampleSums {
      let first = UInt64(index * MonteCarloState.chunkLength)
      return accumulateMonteCarlo(
        seed: 1, indices: first..<first + UInt64(MonteCarloState.chunkLength)
      ) { $0.normal() * 1e3 }
    }
    let chunks = (0..<7).map(chunk)
    #expect(chunks == Array((0..<7).reversed().map(chunk).reversed()))
    var whole = MonteCarloState(seed: 1)
    for chunk in chunks { whole.append(chunk) }
    #expect(whole.nextSample == 7 * MonteCarloState.chunkLength)
    for count in 0...7 {
      var part = MonteCarloState(seed: 1)
      for chunk in chunks[..<count] { part.append(chunk) }
      let saved = try JSONEncoder().encode(part)
      var resumed = try JSONDecoder().decode(MonteCarloState.self, from: saved)
      #expect(resumed == part)
      for chunk in chunks[count...] { resumed.append(chunk) }
      #expect(resumed == whole && resumed.sums() == whole.sums())
    }
    // Merging changes the last bits, so the tree counts.
    #expect(chunks.reduce(into: SampleSums()) { $0.append($1) } != whole.sums())
    #expect(SampleSums(chunks[0].partial) == chunks[0])
    let rest = SampleSums([1, 2].span)
    #expect(whole.sums(with: rest).count == Double(whole.nextSample + 2))
  }

  @Test func `refuses states that no run has left`() throws {
    var state = MonteCarloState(seed: 1)
    let sums = SampleSums([Double](repeating: 1, count: MonteCarloState.chunkLength).span)
    for _ in 0..<5 { state.append(sums) }
    let saved = try #require(String(data: JSONEncoder().encode(state), encoding: .utf8))
    #expect(saved.contains("\"chunkCount\":5"))
    for (old, new) in [
      ("\"chunkCount\":5", "\"chunkCount\":3"), ("\"chunkCount\":5", "\"chunkCount\":6"),
      ("\"chunkCount\":5", "\"chunkCount\":-5"),
      ("\"count\":65536", "\"count\":65535"), ("\"levels\"", "\"level\""),
    ] {
      let changed = saved.replacingOccurrences(of: old, with: new)
      #expect(changed != saved)
      #expect(throws: DecodingError.self, "\(new)") {
        try JSONDecoder().decode(MonteCarloState.self, from: Data(changed.utf8))
      }
    }
    // 2³⁸ + 1 chunks, more samples than can be counted; 2³⁶ + 1 have room for others.
    let parts = [(274_877_906_945, 38), (1 + 1 << 36, 36)].map { count, level in
      saved.replacingOccurrences(of: "\"chunkCount\":5", with: "\"chunkCount\":\(count)")
        .replacingOccurrences(
          of: "\"count\":262144", with: "\"count\":\(MonteCarloState.chunkLength << level)")
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(MonteCarloState.self, from: Data(parts[0].utf8))
    }
    #expect(
      try JSONDecoder().decode(MonteCarloState.self, from: Data(parts[1].utf8)).chunkCount
        == 1 + 1 << 36)
  }

  @Test func `keeps the parts behind its chunks, and refuses others`() throws {
    let numbers = (0..<2048).map { Double($0) }
    let part = SampleSums(numbers.span)
    var state = MonteCarloState(seed: 1)
    for _ in 0..<3 { state.append(part) }
    #expect(state.nextSample == 6144 && state.sums().count == 6144)
    let saved = try #require(String(data: JSONEncoder().encode(state), encoding: .utf8))
    var resumed = try JSONDecoder().decode(MonteCarloState.self, from: Data(saved.utf8))
    #expect(resumed == state && resumed.withoutParts.nextSample == 0)
    for count in ["0.5", "-2048", "2049", "65536"] {
      let changed = saved.replacingOccurrences(of: "\"count\":6144", with: "\"count\":\(count)")
      #expect(changed != saved)
      #expect(throws: DecodingError.self, "\(count)") {
        try JSONDecoder().decode(MonteCarloState.self, from: Data(changed.utf8))
      }
    }
    // All parts are a chunk, whose sums are those of its parts in their order.
    for _ in 3..<32 { resumed.append(part) }
    #expect(resumed.chunkCount == 1 && resumed.nextSample == 65_536)
    let whole = (0..<32).reduce(into: SampleSums()) { sums, _ in sums.append(part) }
    #expect(resumed.sums() == whole)
  }

  @Test(arguments: [
    #""dimension":2,"pointCount":-4096,"sums":[1,2]"#,
    #""dimension":2,"pointCount":5000,"sums":[1,2]"#,
    #""dimension":2,"pointCount":2048,"sums":[1,2]"#,
    #""dimension":2,"pointCount":8192,"sums":[1]"#,
    #""dimension":2,"pointCount":8192,"sums":[]"#,
    #""dimension":0,"pointCount":8192,"sums":[1,2]"#,
    #""dimension":-1,"pointCount":8192,"sums":[1,2]"#,
    #""dimension":21202,"pointCount":8192,"sums":[1,2]"#,
    #""dimension":2,"pointCount":0,"sums":[1,0]"#,
    #""dimension":2,"pointCount":4294967296,"sums":[1,2]"#,
  ])
  func `refuses states of quasi-random points that no run has left`(_ members: String) throws {
    let bytes = Data("{\"seed\":1,\(members)}".utf8)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(QuasiMonteCarloState.self, from: bytes)
    }
    let sound = Data(#"{"seed":1,"dimension":2,"pointCount":8192,"sums":[1,2]}"#.utf8)
    let state = try JSONDecoder().decode(QuasiMonteCarloState.self, from: sound)
    #expect(state.replicateCount == 2)
  }

  @Test func `refuses states with sums that no samples have, and says which`() throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let whole = [
      "count": "65536", "mean": "0.5", "m2": "100", "m3": "0", "m4": "10", "minimum": "0",
      "maximum": "1",
    ]
    func decode(_ changes: [String: String]) throws -> MonteCarloState {
      let numbers = whole.merging(changes) { $1 }.map { "\"\($0)\": \($1)" }.joined(separator: ",")
      let text = "{\"seed\": 1, \"chunkCount\": 1, \"levels\": [{\(numbers)}]}"
      return try decoder.decode(MonteCarloState.self, from: Data(text.utf8))
    }
    let (nan, inf) = ("\"nan\"", "\"inf\"")
    let refused: [([String: String], String)] = [
      (["m2": "-1e-9"], "a sum of squares of -1e-09"), (["count": nan], "nan samples"),
      (["minimum": "2", "maximum": "1"], "a minimum of 2.0 and a maximum of 1.0"),
      (["minimum": inf, "maximum": "\"-inf\""], "a minimum of inf and a maximum of -inf"),
      (["minimum": nan], "a minimum of nan and a maximum of 1.0"),
      (["mean": "1.1"], "a mean of 1.1 with samples from 0.0 to 1.0"),
      (["mean": "-0.1"], "a mean of -0.1 with samples from 0.0 to 1.0"),
      (["mean": inf], "a mean of inf with"), (["mean": nan], "a mean of nan and"),
      (["m2": nan], "a sum of squares of nan"),
      (["minimum": nan, "maximum": nan], "a mean of 0.5 with samples that are NaN"),
    ]
    for (changes, words) in refused {
      do {
        _ = try decode(changes)
        Issue.record("\(changes) is taken")
      } catch DecodingError.dataCorrupted(let context) {
        #expect(context.debugDescription.contains(words), "\(context.debugDescription)")
      }
    }
    // What runs have left.
    let taken: [[String: String]] = [
      [:], ["mean": "1.0000000000001"], ["m2": "0", "m4": "0", "minimum": "0.5", "maximum": "0.5"],
      ["mean": nan, "m2": nan, "m3": nan, "m4": nan, "minimum": nan, "maximum": nan],
      ["mean": inf, "m2": nan, "m3": nan, "m4": nan, "maximum": inf],
      ["mean": nan, "m2": nan, "m3": nan, "m4": nan, "minimum": "-1e308", "maximum": "1e308"],
    ]
    for changes in taken { #expect(try decode(changes).chunkCount == 1, "\(changes)") }
  }

  /// Whatever samples are, what they leave is taken back.
  @Test func `takes back the states of samples of any size`() throws {
    let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let specials: [Double] = [
      0, -0.0, 0.1, -1e300, 1e308, -1e308, 1.7e308, 5e-324, .infinity, -.infinity, .nan,
    ]
    for one in specials {
      for other in specials {
        var state = MonteCarloState(seed: 1)
        for part in 0..<3 {
          let samples = (0..<MonteCarloState.chunkLength).map {
            part == 1 || $0 % 3 == 0 ? one : other
          }
          state.append(SampleSums(samples.span))
        }
        let saved = try encoder.encode(state)
        #expect(throws: Never.self, "\(one), \(other)") {
          try decoder.decode(MonteCarloState.self, from: saved)
        }
      }
    }
  }

  @Test func `adds up what the definitions say`() {
    let x: [Double] = mixedMagnitudes(count: 999, seed: 8)
    var (whole, left) = (SampleSums(x.span), SampleSums(x.span.extracting(0..<300)))
    left.append(SampleSums(x.span.extracting(300..<999)))
    let mean = x.reduce(0, +) / 999
    let squares = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let largest = x.map(abs).max()!
    for sums in [whole, left] {
      #expect(sums.count == 999)
      #expect(abs(sums.mean - mean) <= 1e-13 * largest)
      #expect(abs(sums.m2 / squares - 1) <= 1e-12)
      #expect(sums.minimum == x.min() && sums.maximum == x.max())
    }
    whole.append(SampleSums())
    #expect(whole == SampleSums(x.span))
    whole.append(SampleSums([Double.nan].span))
    #expect(whole.mean.isNaN && whole.minimum.isNaN && whole.maximum.isNaN)
    let few = MonteCarloEstimate(SampleSums([1.0, 2, 6].span))
    #expect(few.mean == 3 && few.variance == 7 && few.minimum == 1 && few.maximum == 6)
    // By scipy.stats.skew(…, bias=False).
    #expect(abs(few.skewness - 1.4578629673213046) < 1e-14)
  }

  @Test func `is looked at after numbers that double, and then grow by a quarter of a power of 2`()
  {
    var boundary = 0
    for power in 12..<20 {
      boundary = MonteCarloGoal.boundary(after: boundary)
      #expect(boundary == 1 << power && MonteCarloGoal.boundary(after: boundary - 1) == boundary)
      #expect(MonteCarloGoal.isBoundary(boundary) && !MonteCarloGoal.isBoundary(boundary + 2048))
    }
    #expect(!MonteCarloGoal.isBoundary(0) && !MonteCarloGoal.isBoundary(17 * 65_536))
    var chunks: [Int] = []
    for _ in 0..<12 {
      boundary = MonteCarloGoal.boundary(after: boundary)
      chunks.append(boundary / MonteCarloState.chunkLength)
    }
    #expect(chunks == [16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112])
    #expect(MonteCarloGoal.boundary(after: 17 * MonteCarloState.chunkLength) == 20 * 65_536)
    #expect(MonteCarloGoal.boundary(after: .max - 5) == .max)
  }

  @Test func `is good enough when one of its goals is reached`() {
    func estimate(_ values: [Double], times: Int = 1) -> MonteCarloEstimate {
      var sums = SampleSums()
      for _ in 0..<times { sums.append(SampleSums(values.span)) }
      return MonteCarloEstimate(sums)
    }
    // A mean of 3 and a standard error of 1.
    let found = estimate([1, 3, 3, 5, 1, 5])
    #expect(abs(found.standardError - (16.0 / 5 / 6).squareRoot()) < 1e-15)
    let error = found.standardError
    #expect(MonteCarloGoal.standardError(error).isReached(by: found))
    #expect(!MonteCarloGoal.standardError(error * 0.999).isReached(by: found))
    #expect(MonteCarloGoal.relativeError(error / 2.999).isReached(by: found))
    #expect(!MonteCarloGoal.relativeError(error / 3.001).isReached(by: found))
    #expect(MonteCarloGoal.samples(6).isReached(by: found))
    #expect(!MonteCarloGoal.samples(7).isReached(by: found))
    let either = MonteCarloGoal.samples(7).or(.standardError(1)).or(.standardError(0.1))
    #expect(either == MonteCarloGoal.standardError(1).or(.samples(7)))
    #expect(either.isReached(by: found))
    let late = MonteCarloGoal.standardError(error).or(.relativeError(1)).atLeast(7)
    #expect(!late.isReached(by: found) && late.atLeast(6).isReached(by: found))
    #expect(late.or(.samples(6)).isReached(by: found))
    #expect(late.or(.standardError(1)).leastSamples == 7 && late.atLeast(-1).problem != nil)
    // Equal samples have no error that is known.
    let zeros = [Double](repeating: 0, count: 65_536)
    #expect(!MonteCarloGoal.standardError(1).isReached(by: estimate(zeros, times: 16)))
    #expect(MonteCarloGoal.standardError(1).isReached(by: estimate(zeros, times: 20)))
    #expect(!MonteCarloGoal.standardError(1).isReached(by: estimate([7.0, 7, 7])))
    for goal in [
      MonteCarloGoal.samples(-1), .standardError(0), .standardError(.nan), .relativeError(-1),
      .time(.zero),
    ] { #expect(goal.problem != nil) }
    #expect(MonteCarloGoal.samples(0).problem == nil)
  }

  /// Squares underflow, or nearly; the samples differ all the same.
  @Test(arguments: [1e-160, 1e-200, 1e-300])
  func `knows an error that is not 0 of numbers whose squares are`(_ unit: Double) {
    let numbers = [unit, 2 * unit, 3 * unit]
    let found = MonteCarloEstimate(SampleSums(numbers.span))
    // The standard error is unit / √3; half the range through √2 bounds it.
    #expect(found.isErrorKnown && found.standardError >= unit / 3.0.squareRoot() * 0.999)
    #expect(found.standardError <= 1.000001 * unit / 2.0.squareRoot())
    #expect(MonteCarloGoal.standardError(unit).isReached(by: found))
    #expect(!MonteCarloGoal.standardError(unit / 2).isReached(by: found))
    #expect(!MonteCarloGoal.relativeError(0.2).isReached(by: found))
    #expect(found.confidenceInterval(0.95).contains(2.5 * unit))
  }

  @Test func `says what it cannot know`() {
    let (same, different, endless) = ([3.0, 3, 3], [3.0, 4], [3.0, .infinity])
    let equal = MonteCarloEstimate(SampleSums(same.span))
    #expect(!equal.isErrorKnown && equal.standardError == 0)
    #expect(equal.confidenceInterval(0.95) == -.infinity ... .infinity)
    #expect(MonteCarloEstimate(SampleSums(different.span)).isErrorKnown)
    #expect(!MonteCarloEstimate(SampleSums(endless.span)).isErrorKnown)
    let replicates = QuasiMonteCarloEstimate(pointCount: 4096, replicateMeans: [1, 1])
    #expect(!replicates.isErrorKnown)
    #expect(replicates.confidenceInterval(0.95) == -.infinity ... .infinity)
    #expect(QuasiMonteCarloEstimate(pointCount: 4096, replicateMeans: [1, 2]).isErrorKnown)

    let none = MonteCarloEstimate(pi(5..<5))
    #expect(none.mean.isNaN && none.variance.isNaN && none.sampleCount == 0)
    let one = MonteCarloEstimate(pi(5..<6))
    #expect(one.variance.isNaN && one.confidenceInterval(0.95) == -.infinity ... .infinity)
  }
}
