import Echelon
import EchelonFiles
import Foundation

/// How far a run of a command has come, as it lies in a file.
struct SavedRun<State: RunState>: Codable {
  /// What the file is, and the version of what is in it.
  private static var format: String { "echelon montecarlo 2" }
  /// That of states whose sums were made otherwise: not of 2,048 samples at a time.
  private static var earlierFormat: String { "echelon montecarlo 1" }

  private let format: String
  /// The name of the command, and options that make another run of it: asian --greeks pathwise.
  let run: String
  /// As the report writes them, in JSON.
  private let parameters: [Parameter]
  /// How long it has taken, which states leave out; nil in files of earlier versions.
  private let seconds: Double?
  private(set) var state: State
  /// Of the state as it is written, which tells damage that makes sense; nil in files of earlier versions.
  private var hash: String?

  private struct Parameter: Codable, Equatable {
    let name: String
    let value: String
  }

  /// What says which run it is, whatever its state is.
  private struct Header: Codable {
    let format: String
    let run: String
    let parameters: [Parameter]
  }

  init(run: String, parameters: [(name: String, value: JSONValue)], state: State) {
    format = Self.format
    self.run = run
    self.parameters = Self.texts(parameters)
    seconds = state.elapsedTime.seconds
    self.state = state
  }

  private static func texts(_ parameters: [(name: String, value: JSONValue)]) -> [Parameter] {
    parameters.map { Parameter(name: $0.name, value: $0.value.text(isIndented: false)) }
  }

  /// - Throws: `CommandError` for a file that cannot be read or holds no run, `WrongUse` for one of something else.
  init(path: String, of name: String, _ parameters: [(name: String, value: JSONValue)]) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      let what = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "no such file"
      throw CommandError("\(path): \(what); --resume takes a file that --save wrote")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let none = CommandError(
      "\(path): holds no saved run of this version; --resume takes a file that --save wrote")
    guard let header = try? decoder.decode(Header.self, from: data) else { throw none }
    guard header.format != Self.earlierFormat else {
      throw CommandError(
        "\(path): was saved by an earlier version, which rounds sums otherwise: together they would not "
          + "have the digits of one run; begin anew without --resume, or go on with that version")
    }
    guard header.format == Self.format else { throw none }
    try Self.check(header, name, parameters, path)
    let found: Self
    do { found = try decoder.decode(Self.self, from: data) } catch {
      guard case DecodingError.dataCorrupted(let context) = error else { throw none }
      throw CommandError(
        "\(path): is damaged: \(context.debugDescription); begin anew without --resume")
    }
    if let hash = found.hash, try hash != Self.hash(of: found.state) {
      throw CommandError(
        "\(path): is damaged: its numbers are not those that were saved; begin anew without --resume"
      )
    }
    let seconds = found.seconds ?? 0
    // As many as a run may be told to take; also no NaN.
    guard 0...1e9 ~= seconds else { throw none }
    self = found
    state.elapsedTime = .seconds(seconds)
  }

  /// Replaces the file in one step.
  func write(to path: String) throws {
    var whole = self
    whole.hash = try Self.hash(of: state)
    let text = String(decoding: try Self.encoder.encode(whole), as: UTF8.self)
    var writer = try AtomicFileWriter(path: path)
    try writer.write(text + "\n")
    try writer.commit()
  }

  /// The same state has the same bytes.
  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  private static func hash(of state: State) throws -> String {
    let bytes = [UInt8](try encoder.encode(state))
    return ContentHash(bytes.span).description
  }

  /// The first word of a run's name; others are options that make another run of it.
  private static func command(of name: String) -> String {
    "montecarlo \(name.prefix { $0 != " " })"
  }

  /// Refuses to go on with something else.
  private static func check(
    _ header: Header, _ name: String, _ parameters: [(name: String, value: JSONValue)],
    _ path: String
  ) throws {
    func refuse(_ what: String) -> WrongUse {
      WrongUse("\(path): \(what)", command: Self.command(of: name))
    }
    guard header.run == name else {
      throw refuse(
        "is a run of '\(header.run)', not of '\(name)'; go on with 'montecarlo \(header.run)'")
    }
    let given = Self.texts(parameters)
    for (old, new) in zip(header.parameters, given) where old != new {
      throw refuse(
        "was begun with \(old.name) \(old.value), not with \(new.name) \(new.value); "
          + "give the same, or begin anew without --resume")
    }
    guard header.parameters.count == given.count else {
      throw refuse("was begun with other options; give the same, or begin anew without --resume")
    }
  }

  /// Refuses to go on with another seed, or to fewer samples than there are.
  /// - Parameter unit: what the run has instead of samples.
  func check(seed: UInt64?, samples: Int?, _ unit: RunUnit, path: String) throws {
    func refuse(_ what: String) -> WrongUse {
      WrongUse("\(path): \(what)", command: Self.command(of: run))
    }
    if let seed, seed != state.seed {
      throw refuse(
        "was begun with seed \(state.seed), not \(seed); leave --seed out, or begin anew without "
          + "--resume")
    }
    if let samples, samples < state.sampleCount {
      throw refuse(
        "has \(unit.count(state.sampleCount)) already; \(unit.option) counts all, take more"
      )
    }
  }
}
