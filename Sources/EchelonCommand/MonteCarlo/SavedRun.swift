import Echelon
import EchelonFiles
import Foundation

/// How far a run of a command has come, as it lies in a file.
struct SavedRun: Codable {
  /// What the file is, and the version of what is in it.
  private static let format = "echelon montecarlo 1"

  private let format: String
  /// The name of the command.
  let run: String
  /// As the report writes them, in JSON.
  private let parameters: [Parameter]
  let state: MonteCarloState

  private struct Parameter: Codable, Equatable {
    let name: String
    let value: String
  }

  init(run: String, parameters: [(name: String, value: JSONValue)], state: MonteCarloState) {
    format = Self.format
    self.run = run
    self.parameters = Self.texts(parameters)
    self.state = state
  }

  private static func texts(_ parameters: [(name: String, value: JSONValue)]) -> [Parameter] {
    parameters.map { Parameter(name: $0.name, value: $0.value.text(isIndented: false)) }
  }

  /// - Throws: `CommandError` for a file that cannot be read or holds no such run.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      let what = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "no such file"
      throw CommandError("\(path): \(what); --resume takes a file that --save wrote")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let found = try? decoder.decode(Self.self, from: data), found.format == Self.format else {
      throw CommandError(
        "\(path): holds no saved run of this version; --resume takes a file that --save wrote")
    }
    self = found
  }

  /// Replaces the file in one step.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    var writer = try AtomicFileWriter(path: path)
    try writer.write(text + "\n")
    try writer.commit()
  }

  /// Refuses to go on with something else.
  func check(
    _ name: String, _ parameters: [(name: String, value: JSONValue)], seed: UInt64?, samples: Int?,
    path: String
  ) throws {
    func refuse(_ what: String) -> WrongUse {
      WrongUse("\(path): \(what)", command: "montecarlo \(name)")
    }
    guard run == name else {
      throw refuse("is a run of '\(run)', not of '\(name)'; go on with 'montecarlo \(run)'")
    }
    let given = Self.texts(parameters)
    for (old, new) in zip(self.parameters, given) where old != new {
      throw refuse(
        "was begun with \(old.name) \(old.value), not with \(new.name) \(new.value); "
          + "give the same, or begin anew without --resume")
    }
    guard self.parameters.count == given.count else {
      throw refuse("was begun with other options; give the same, or begin anew without --resume")
    }
    if let seed, seed != state.seed {
      throw refuse(
        "was begun with seed \(state.seed), not \(seed); leave --seed out, or begin anew without "
          + "--resume")
    }
    if let samples, samples < state.nextSample {
      throw refuse(
        "has \(NumberText.count(state.nextSample, "sample")) already; --samples counts all, take more"
      )
    }
  }
}
