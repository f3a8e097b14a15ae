import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import Foundation

extension RunUnit {
  static let resample = RunUnit(noun: "resample", option: "--resamples")
  static let permutation = RunUnit(noun: "permutation", option: "--permutations")
}

/// From where a bootstrap or a permutation test can go on: all statistics that it has.
struct ResamplingState: RunState {
  /// As many as the commands take.
  static let countLimit = 100_000_000

  let seed: UInt64
  /// That of what there is.
  let statistic: Double
  /// Those of what was drawn from it, in their order.
  let drawn: [Double]
  /// Those of parts of it; a permutation test has none.
  let jackknife: [Double]
  /// Stands in the file of a saved run, and not here.
  var elapsedTime = Duration.zero

  var sampleCount: Int { drawn.count }

  /// How many of all there were before, and how long they took, for a report in JSON.
  func members(_ unit: RunUnit) -> [(name: String, value: JSONValue)] {
    [
      ("resumed_\(unit.noun)s", .integer(sampleCount)),
      ("resumed_seconds", .number(elapsedTime.seconds)),
    ]
  }

  /// The same for people.
  func row(_ unit: RunUnit) -> (label: String, value: String) {
    (
      "Before",
      "\(NumberText.grouped(sampleCount)) of the \(unit.noun)s in the run that was saved, in "
        + NumberText.time(seconds: elapsedTime.seconds)
    )
  }
}

extension ResamplingState: Codable {
  private enum CodingKeys: String, CodingKey { case seed, statistic, drawn, jackknife }

  /// - Throws: `DecodingError.dataCorrupted` for what no run has left.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    seed = try container.decode(UInt64.self, forKey: .seed)
    statistic = try container.decode(Double.self, forKey: .statistic)
    func numbers(_ key: CodingKeys, _ limits: ClosedRange<Int>) throws -> [Double] {
      let numbers = try container.decode(SavedNumbers.self, forKey: key).values
      guard limits ~= numbers.count else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container,
          debugDescription: "\(numbers.count) numbers of '\(key.rawValue)', of which there are "
            + "\(limits.lowerBound) to \(limits.upperBound)")
      }
      return numbers
    }
    drawn = try numbers(.drawn, 1...Self.countLimit)
    jackknife = try numbers(.jackknife, 0...10_000)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(seed, forKey: .seed)
    try container.encode(statistic, forKey: .statistic)
    try container.encode(SavedNumbers(values: drawn), forKey: .drawn)
    try container.encode(SavedNumbers(values: jackknife), forKey: .jackknife)
  }
}

/// Numbers as they lie in a file: their bytes in base64, which take half of the room of their digits, and a hash of them.
struct SavedNumbers: Codable {
  let values: [Double]

  private enum CodingKeys: String, CodingKey { case count, bytes, hash }

  init(values: [Double]) { self.values = values }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func damage(_ what: String) -> DecodingError {
      .dataCorruptedError(forKey: CodingKeys.bytes, in: container, debugDescription: what)
    }
    let count = try container.decode(Int.self, forKey: .count)
    guard let data = Data(base64Encoded: try container.decode(String.self, forKey: .bytes)) else {
      throw damage("the numbers are not in base64")
    }
    guard data.count % 8 == 0, data.count / 8 == count else {
      throw damage("\(count) numbers have \(data.count) bytes")
    }
    let bytes = [UInt8](data)
    guard try container.decode(String.self, forKey: .hash) == ContentHash(bytes.span).description
    else { throw damage("the numbers are not those that were saved") }
    values = (0..<count).map {
      Double(bitPattern: UInt64(littleEndian: bytes.span.loadInteger(at: 8 * $0)))
    }
  }

  func encode(to encoder: any Encoder) throws {
    let bytes = Self.bytes(of: values)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(values.count, forKey: .count)
    try container.encode(Data(bytes).base64EncodedString(), forKey: .bytes)
    try container.encode(ContentHash(bytes.span).description, forKey: .hash)
  }

  /// Eight for each, the lowest first.
  private static func bytes(of values: [Double]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * values.count)
    for value in values {
      for place in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * place)))
      }
    }
    return bytes
  }

  /// What tells other numbers, as a parameter of a saved run: their order counts, and what their column or file is called does not.
  static func fingerprint(of values: [Double]) -> String {
    "\(values.count) of hash \(ContentHash(bytes(of: values).span).description.prefix(16))"
  }
}

/// What a bootstrap has found so far.
struct BootstrapRun: RunEstimate {
  let found: BootstrapEstimate
  private let seed: UInt64
  private let elapsedTime: Duration

  init(_ found: BootstrapEstimate, _ course: Course<ResamplingState>, _ clock: ResamplingClock) {
    (self.found, seed, elapsedTime) = (found, course.seed, clock.elapsed)
  }

  var mean: Double { found.estimate }
  var standardError: Double { found.standardError }
  var sampleCount: Int { found.replicates.count }
  var isErrorKnown: Bool { standardError > 0 && standardError.isFinite }
  var spread: SampleSpread? { nil }
  var state: ResamplingState? {
    ResamplingState(
      seed: seed, statistic: found.estimate, drawn: found.replicates, jackknife: found.jackknife,
      elapsedTime: elapsedTime)
  }

  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    found.confidenceInterval(level, method: .bca)
  }
}

/// What a permutation test has found so far: its p value is what becomes better.
struct PermutationRun: RunEstimate {
  let found: PermutationTest
  private let seed: UInt64
  private let elapsedTime: Duration

  init(_ found: PermutationTest, _ course: Course<ResamplingState>, _ clock: ResamplingClock) {
    (self.found, seed, elapsedTime) = (found, course.seed, clock.elapsed)
  }

  var mean: Double { found.pValue }
  var standardError: Double { found.pValueError }
  var sampleCount: Int { found.distribution.count }
  var isErrorKnown: Bool { standardError > 0 && standardError.isFinite }
  var spread: SampleSpread? { nil }
  var state: ResamplingState? {
    ResamplingState(
      seed: seed, statistic: found.statistic, drawn: found.distribution, jackknife: [],
      elapsedTime: elapsedTime)
  }

  /// By the normal distribution, as far as probabilities go.
  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    guard isErrorKnown else { return 0...1 }
    let half = -normalQuantile((1 - level) / 2) * standardError
    return max(0, mean - half)...min(1, mean + half)
  }
}

/// How long a run has taken, with those that it goes on from.
struct ResamplingClock: Sendable {
  private let start = ContinuousClock.now
  private let earlier: Duration

  init(_ course: Course<ResamplingState>) { earlier = course.state?.elapsedTime ?? .zero }

  var elapsed: Duration { earlier + (.now - start) }
}

extension Course<ResamplingState> {
  /// How many are to be drawn: resampling ends at a number alone.
  var count: Int { goal.sampleLimit ?? 0 }

  /// The bootstrap that is gone on from.
  var bootstrap: BootstrapEstimate? {
    state.map {
      BootstrapEstimate(estimate: $0.statistic, replicates: $0.drawn, jackknife: $0.jackknife)
    }
  }

  /// The permutation test that is gone on from.
  func permutationTest(_ alternative: TestAlternative) -> PermutationTest? {
    state.map {
      PermutationTest(statistic: $0.statistic, distribution: $0.drawn, alternative: alternative)
    }
  }
}

extension SavedRunOptions {
  /// How many of what is drawn, where an option may say so.
  func resamplingGoal(_ given: SampleCount?, after earlier: Int) -> MonteCarloGoal {
    .samples(given?.count ?? max(9_999, earlier))
  }

  /// Refuses a number of what is drawn that cannot be.
  func checkCount(_ given: SampleCount?) throws {
    guard let given, !(100...ResamplingState.countLimit ~= given.count) else { return }
    throw ValidationError("\(unit.option) must be 100 to 1e8, not \(given.count)")
  }

  /// Refuses to save a run in the place of the file that it reads.
  func checkPlace(keeping file: String, command: String) throws {
    guard let save = saved.save else { return }
    try InputProtection([file]).check(
      save, command: command, advice: "name another file for the run by --save")
  }
}
