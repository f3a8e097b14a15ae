import EchelonLinearAlgebra
import EchelonRandom
import RealModule
import Testing

@Suite struct `Vector loops of random numbers` {
  private func filled(
    _ n: Int, from first: UInt64, level: InstructionSet? = nil,
    _ fill: (UInt64, inout MutableSpan<Double>, InstructionSet?) -> Void
  ) -> [Double] {
    var x = [Double](repeating: .nan, count: n)
    var span = x.mutableSpan
    fill(first, &span, level)
    return x
  }

  @Test func `fill any part of an array as the whole`() {
    for level in InstructionSet.available {
      func check(_ fill: (UInt64, inout MutableSpan<Double>, InstructionSet?) -> Void) {
        let whole = filled(2000, from: 0, level: level, fill)
        #expect(whole.allSatisfy { $0.isFinite })
        for (start, n) in [(0, 1), (0, 0), (1, 31), (15, 2), (16, 16), (31, 1000), (777, 1223)] {
          let part = filled(n, from: UInt64(start), level: level, fill)
          #expect(part == Array(whole[start..<start + n]), "\(start), \(n), \(level)")
        }
        // Far behind.
        let far: UInt64 = 1 << 40
        let block = filled(64, from: far, level: level, fill)
        #expect(filled(40, from: far + 24, level: level, fill) == Array(block[24...]), "\(level)")
      }
      check { fillUniform(seed: 5, stream: 2, first: $0, &$1, level: $2) }
      check { fillNormal(seed: 5, stream: 2, first: $0, &$1, level: $2) }
    }
  }

  @Test(arguments: [0, 1, 3, 32, 64, 125])
  func `fill first uniform numbers as generators make them`(count: Int) {
    let first: UInt64 = 0xffff_ff00
    for level in InstructionSet.available {
      var vectors = [SIMD8<Double>](repeating: SIMD8(repeating: .nan), count: count)
      var others = vectors
      var u = vectors.mutableSpan
      var v = others.mutableSpan
      fillFirstUniforms(seed: 11, firstIndex: first, stream: 4, &u, &v, level: level)
      for k in 0..<8 * count {
        var rng = PhiloxGenerator(seed: 11, index: first + UInt64(k), stream: 4)
        #expect(
          vectors[k / 8][k % 8] == rng.uniform() && others[k / 8][k % 8] == rng.uniform(),
          "\(k), \(level)")
      }
    }
  }

  @Test(arguments: [16, 32, 512, 2048])
  func `sum samples in one pass, at every level with the same bits`(count: Int) throws {
    var generator = PhiloxGenerator(seed: 8, index: 1)
    let samples: [[Double]] = [
      (0..<count).map { _ in generator.normal() }, (0..<count).map { $0 % 3 == 0 ? 4 : 0 },
      (0..<count).map { $0 % 2 == 0 ? 0.0 : -0.0 }, (0..<count).map { _ in -0.1 },
      (0..<count).map { _ in 1e6 + generator.uniform() },
    ]
    for level in InstructionSet.available {
      for x in samples {
        let moments = Double.centralMoments(x.span, level: level)
        let range = finiteRange(x.span, level: level)
        let block = sampleSums(x.span, level: level)
        let baseline = sampleSums(x.span, level: InstructionSet.available[0])
        let sums = try #require(block)
        #expect(sums == baseline, "\(level)")
        #expect(sums.minimum.bitPattern == range.minimum.bitPattern, "\(level)")
        #expect(sums.maximum.bitPattern == range.maximum.bitPattern, "\(level)")
        #expect(sums.moments.count == moments.count)
        let scale = (moments.m2 / moments.count).squareRoot()
        let meanError = abs(sums.moments.mean - moments.mean)
        #expect(meanError <= 4 * moments.mean.ulp + 1e-15 * scale, "\(level)")
        // What is the same everywhere has a mean and no spread; about a rounded mean there would be one.
        if Set(x).count == 1 {
          #expect(sums.moments.mean == x[0] && sums.moments.m2 == 0 && sums.moments.m4 == 0)
          continue
        }
        #expect(abs(sums.moments.m2 - moments.m2) <= 1e-13 * moments.m2, "\(level)")
        #expect(abs(sums.moments.m3 - moments.m3) <= 1e-13 * moments.m2 * scale, "\(level)")
        #expect(abs(sums.moments.m4 - moments.m4) <= 1e-13 * moments.m4, "\(level)")
      }
      for (place, value) in [(0, Double.nan), (count - 1, .infinity), (count / 2, -.infinity)] {
        var x = samples[0]
        x[place] = value
        #expect(sampleSums(x.span, level: level) == nil, "\(value), \(level)")
      }
    }
  }

  @Test func `leave to others what is no block of samples`() {
    for count in [0, 1, 15, 17, 2064, 4096] {
      #expect(sampleSums([Double](repeating: 1, count: count).span) == nil)
    }
    // The first row far from all others: about its mean most bits of m2 would be lost.
    let offset = (0..<512).map { $0 < 16 ? 1e8 : Double($0 % 2) }
    #expect(sampleSums(offset.span) == nil)
  }

  @Test func `find the smallest and the largest number, and the sign of zeros`() {
    var generator = PhiloxGenerator(seed: 3, index: 0)
    let signs: [[Double]] = [
      [0, -0.0], [-0.0, 0], [-0.0], [0, 3, -0.0], [-3, -0.0, 0], [-0.0, -2], [0, 2], [-7],
      [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude],
    ]
    let long = [1, 7, 8, 16, 33, 512].map { count in (0..<count).map { _ in generator.normal() } }
    // Zeros of one sign, but for one at each place.
    let zeros = [0, 5, 16, 36].flatMap { place in
      [0.0, -0.0].map { zero in (0..<37).map { $0 == place ? -zero : zero } }
    }
    for level in InstructionSet.available {
      for x in signs + long + zeros {
        let found = finiteRange(x.span, level: level)
        let expected = (Double.minimum(x.span), Double.maximum(x.span))
        #expect(found.minimum.bitPattern == expected.0.bitPattern, "\(level), \(x)")
        #expect(found.maximum.bitPattern == expected.1.bitPattern, "\(level), \(x)")
      }
      let empty = [Double]()
      let none = finiteRange(empty.span, level: level)
      #expect(none.minimum == .infinity && none.maximum == -.infinity)
    }
  }

  @Test func `give the words of Philox4x64 in their order, from any of them on`() {
    for level in InstructionSet.available {
      for (stream, first, count) in [
        (0, 0, 1), (3, 0, 257), (3, 1, 64), (7, 30, 33), (UInt64.max, 4 << 33, 1000), (1, 5, 0),
      ] as [(UInt64, UInt64, Int)] {
        var words = [UInt64](repeating: 7, count: count + 1)
        var span = words.mutableSpan
        var filled = span._mutatingExtracting(0..<count)
        fillWords(seed: 11, stream: stream, first: first, &filled, level: level)
        #expect(words[count] == 7, "\(level)")
        let expected = (0..<UInt64(count)).map { place in
          let (block, word) = ((first + place) / 4, (first + place) % 4)
          let words = Philox64Generator.block(counter: (block, 0, 0, 0), key: (11, stream))
          return [words.0, words.1, words.2, words.3][Int(word)]
        }
        #expect(Array(words[..<count]) == expected, "\(level), \(stream), \(first)")
      }
    }
  }

  @Test func `make normal numbers of pairs of uniform ones`() {
    for level in InstructionSet.available {
      let normal = filled(32_000, from: 0, level: level) {
        fillNormal(seed: 9, stream: 1, first: $0, &$1, level: $2)
      }
      for element in 0..<16_000 {
        let index = element / 16 * 32 + element % 16
        var generator = PhiloxGenerator(seed: 9, index: UInt64(element), stream: 1)
        let (first, second) = (generator.next(), generator.next())
        // The radius, and an angle of which the last two bits tell the axis.
        let uniform = (Double(first >> 12) + 0.5) * 0x1p-52
        let radius = (-2 * Double.log(uniform)).squareRoot()
        let angle = (Double(second >> 12) * 0x1p-52 - 0.5) * Double.pi / 2
        let along = radius * .cos(angle) * (second & 1 == 1 ? -1 : 1)
        let across = radius * .sin(angle)
        let expected = second & 2 == 2 ? (across, along) : (along, across)
        let tolerance = 4e-16 * max(1, radius)
        #expect(
          abs(normal[index] - expected.0) <= tolerance
            && abs(normal[index + 16] - expected.1) <= tolerance, "\(element), \(level)")
      }
    }
  }

  @Test func `count the points that a closure would`() {
    for level in InstructionSet.available {
      for (first, n) in [(0, 0), (0, 1), (5, 7), (3, 1000), (1 << 33, 300)] as [(UInt64, UInt64)] {
        let expected = (first..<first + n).count { index in
          var generator = PhiloxGenerator(seed: 4, index: index, stream: 6)
          let (u, v) = (generator.uniform(), generator.uniform())
          return u * u + v * v < 1
        }
        let found = countInCircle(seed: 4, stream: 6, indices: first..<first + n, level: level)
        #expect(found == UInt64(expected), "\(first), \(n), \(level)")
      }
    }
  }
}
