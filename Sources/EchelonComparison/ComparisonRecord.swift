public import Foundation

/// A run of `echelon-compare` with everything that is needed to judge it, as its JSON file has it.
public struct ComparisonRecord: Codable, Equatable, Sendable {
  /// The number of this layout. A key that goes, or means something else, makes it larger; a new key does not.
  public static let currentSchema = 1

  /// What was measured on.
  public struct Machine: Codable, Equatable, Sendable {
    /// The model that the kernel names.
    public var processor: String
    /// Those that this process may use.
    public var cores: Int
    /// In bytes.
    public var memory: Int
    /// The release of the kernel.
    public var kernel: String
    /// The name and version of the system's distribution; nil where it does not say, and in older files.
    public var distribution: String?
    /// How clock rates are chosen; nil where the system does not say.
    public var governor: String?

    /// A machine as it is described.
    public init(
      processor: String, cores: Int, memory: Int, kernel: String, distribution: String? = nil,
      governor: String?
    ) {
      (self.processor, self.cores, self.memory) = (processor, cores, memory)
      (self.kernel, self.distribution, self.governor) = (kernel, distribution, governor)
    }
  }

  /// What was measured.
  public struct Versions: Codable, Equatable, Sendable {
    /// The commit, with `-dirty` where files were changed.
    public var echelon: String
    /// Of the compiler and its library.
    public var swift: String
    /// The BLAS that was found, and where.
    public var blas: String
    /// The LAPACK that was found; most often it is the BLAS's own.
    public var lapack: String
    /// Nil where no figure asks for it.
    public var python: String?
    /// Nil where no figure asks for it.
    public var numpy: String?
    /// Nil where no figure asks for it.
    public var numexpr: String?
    /// Nil where no figure asks for it.
    public var numba: String?
    /// Nil where no figure asks for it.
    public var loky: String?
    /// The compiler of the loops with OpenMP; nil where no figure asks for it.
    public var gcc: String?

    /// Versions as they are described.
    public init(
      echelon: String, swift: String, blas: String, lapack: String, python: String?, numpy: String?,
      numexpr: String? = nil, numba: String? = nil, loky: String? = nil, gcc: String? = nil
    ) {
      (self.echelon, self.swift, self.blas) = (echelon, swift, blas)
      (self.lapack, self.python, self.numpy) = (lapack, python, numpy)
      (self.numexpr, self.numba, self.loky, self.gcc) = (numexpr, numba, loky, gcc)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case schema, date, command, machine, versions, workers, pairs, shrink, figures
    case isComplete = "complete"
    case growthsIfAny = "growths"
  }

  /// Of the file; `currentSchema` in all that are made.
  public private(set) var schema = Self.currentSchema
  /// When the run began, to the second.
  public var date: Date
  /// The words of the command line.
  public var command: [String]
  /// What was measured on.
  public var machine: Machine
  /// What was measured.
  public var versions: Versions
  /// Worker processes, and threads of the other side.
  public var workers: Int
  /// How many pairs were asked for.
  public var pairs: PairPlan
  /// What sizes were divided by; 1 for numbers that mean something.
  public var shrink: Int
  /// Whether the run came to its end.
  public var isComplete = false
  /// In the order in which they were measured.
  public var figures: [MeasuredFigure] = []
  /// Nil in files that were made before there were any.
  private var growthsIfAny: [MeasuredGrowth]?

  /// How costs grow, in the order in which they were measured.
  public var growths: [MeasuredGrowth] {
    get { growthsIfAny ?? [] }
    set { growthsIfAny = newValue.isEmpty ? nil : newValue }
  }

  /// A run that has measured nothing so far.
  public init(
    date: Date, command: [String], machine: Machine, versions: Versions, workers: Int,
    pairs: PairPlan, shrink: Int
  ) {
    self.date = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    (self.command, self.machine, self.versions) = (command, machine, versions)
    (self.workers, self.pairs, self.shrink) = (workers, pairs, shrink)
  }

  /// The record in a file's bytes.
  /// - Throws: `RecordError` when they are something else, or of a later version.
  public init(json: Data, from path: String) throws(RecordError) {
    struct Head: Decodable { let schema: Int }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let head = try? decoder.decode(Head.self, from: json) else {
      throw .notARecord(path: path, why: "it has no number 'schema'")
    }
    guard head.schema == Self.currentSchema else {
      throw .otherSchema(path: path, found: head.schema)
    }
    do { self = try decoder.decode(Self.self, from: json) } catch let error as DecodingError {
      throw .notARecord(path: path, why: Self.explained(error))
    } catch { throw .notARecord(path: path, why: "\(error)") }
  }

  /// The bytes of its file: keys in the order of the alphabet, so that two files can be compared line by line.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  private static func explained(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty
        ? ""
        : path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".") + ": "
    }
    return switch error {
    case .keyNotFound(let key, let context):
      place(context.codingPath) + "there is no '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      place(context.codingPath) + context.debugDescription
    @unknown default: "\(error)"
    }
  }
}

/// Why a file is no record of a comparison.
public enum RecordError: Error, Equatable, CustomStringConvertible {
  /// There is no such file, or it may not be read.
  case unreadable(path: String, why: String)
  /// It is something else, or damaged.
  case notARecord(path: String, why: String)
  /// Another version of the program has written it.
  case otherSchema(path: String, found: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .unreadable(let path, let why): "\(path): cannot be read: \(why)"
    case .notARecord(let path, let why):
      "\(path): this is no record of echelon-compare: \(why); make one by 'echelon-compare --json FILE'"
    case .otherSchema(let path, let found):
      "\(path): its schema is \(found), and this program reads \(ComparisonRecord.currentSchema); measure again, or "
        + "read it with the version that wrote it"
    }
  }
}
