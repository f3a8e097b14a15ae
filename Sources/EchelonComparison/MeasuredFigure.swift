/// What a figure is about.
public enum Subject: String, Codable, CaseIterable, Sendable {
  /// Tasks, pools and workers: handing over, starting, ending.
  case dispatch
  /// New and recycled memory.
  case memory
  /// Values that go to a task and come back.
  case transfer
  /// Loops over arrays.
  case kernels
  /// Products and factorizations beside the same BLAS and LAPACK.
  case linearAlgebra = "linear_algebra"
  /// Estimates from random numbers, beside C.
  case monteCarlo = "monte_carlo"
  /// Whatever a Python library is the rival of.
  case python

  /// For headings.
  public var title: String {
    switch self {
    case .dispatch: "Dispatch"
    case .memory: "Memory"
    case .transfer: "Transfer"
    case .kernels: "Kernels"
    case .linearAlgebra: "Linear algebra"
    case .monteCarlo: "Monte Carlo"
    case .python: "Python's"
    }
  }
}

/// The pairs of one figure, and what follows from them.
public struct MeasuredFigure: Equatable, Sendable {
  /// Whose time is shorter, as far as the interval of the ratio tells.
  public enum Standing: String, Codable, Sendable {
    /// The whole interval lies below 1.
    case leads
    /// The interval has 1 in it.
    case even
    /// The whole interval lies above 1.
    case loses
  }

  /// The same in every run, for `--only` and for comparing runs.
  public let name: String
  /// Its group.
  public let subject: Subject
  /// What Echelon does.
  public let title: String
  /// What the rival does.
  public let rivalTitle: String
  /// What is asked for.
  public let requirement: Requirement
  /// At least six, in the order in which they were measured.
  public let pairs: [Pair]
  /// Echelon's time in seconds.
  public let echelon: MedianInterval
  /// The rival's time in seconds.
  public let rival: MedianInterval
  /// Echelon's time divided by the rival's, pair by pair.
  public let ratio: MedianInterval
  /// The quantity that the requirement is about.
  public let judged: MedianInterval

  /// - Parameter pairs: at least six.
  public init(
    name: String, subject: Subject, title: String, rivalTitle: String, requirement: Requirement,
    pairs: [Pair]
  ) {
    (self.name, self.subject, self.title) = (name, subject, title)
    (self.rivalTitle, self.requirement, self.pairs) = (rivalTitle, requirement, pairs)
    echelon = MedianInterval(of: pairs.map(\.echelon))
    rival = MedianInterval(of: pairs.map(\.rival))
    ratio = MedianInterval(of: pairs.map(\.ratio))
    judged = MedianInterval(of: pairs.map(requirement.quantity))
  }

  /// Whether what is asked for is met; nil when nothing is.
  public var isMet: Bool? { requirement.isMet(by: judged) }

  /// Whose time is shorter.
  public var standing: Standing { ratio.high < 1 ? .leads : ratio.low > 1 ? .loses : .even }
}

extension MeasuredFigure: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, subject, title, rival, requirement, verdict, standing, ratio, judged
    case echelonSeconds = "echelon_seconds"
    case rivalSeconds = "rival_seconds"
    case echelonTimes = "echelon_times"
    case rivalTimes = "rival_times"
  }

  /// Reads names, requirement and times; what follows from the times is computed again.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.decode(String.self, forKey: .name)
    let echelon = try values.decode([Double].self, forKey: .echelonTimes)
    let rival = try values.decode([Double].self, forKey: .rivalTimes)
    guard echelon.count == rival.count, echelon.count >= MedianInterval.fewest,
      (echelon + rival).allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .echelonTimes, in: values,
        debugDescription:
          "\(name) has \(echelon.count) times of Echelon and \(rival.count) of the rival; there have to be equally "
          + "many, at least \(MedianInterval.fewest), each above 0")
    }
    self.init(
      name: name, subject: try values.decode(Subject.self, forKey: .subject),
      title: try values.decode(String.self, forKey: .title),
      rivalTitle: try values.decode(String.self, forKey: .rival),
      requirement: try values.decode(Requirement.self, forKey: .requirement),
      pairs: zip(echelon, rival).map { Pair(echelon: $0, rival: $1) })
  }

  /// Writes everything, so that who reads the file need not compute medians.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(subject, forKey: .subject)
    try values.encode(title, forKey: .title)
    try values.encode(rivalTitle, forKey: .rival)
    try values.encode(requirement, forKey: .requirement)
    try values.encode(isMet.map { $0 ? "met" : "not met" } ?? "none", forKey: .verdict)
    try values.encode(standing, forKey: .standing)
    try values.encode(echelon, forKey: .echelonSeconds)
    try values.encode(rival, forKey: .rivalSeconds)
    try values.encode(ratio, forKey: .ratio)
    try values.encode(judged, forKey: .judged)
    try values.encode(pairs.map(\.echelon), forKey: .echelonTimes)
    try values.encode(pairs.map(\.rival), forKey: .rivalTimes)
  }
}
