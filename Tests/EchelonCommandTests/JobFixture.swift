import Foundation
import TestSupport
import Testing

/// A folder of small files for batches, and the folders of their results.
struct JobFixture {
  let folder: String
  var inputs: String { "\(folder)/in" }
  var output: String { "\(folder)/out" }

  /// Makes `count` CSV files of random numbers.
  /// - Parameter broken: which of them have a row too long.
  init(
    in folder: String, count: Int, seed: UInt64 = 1, broken: (Int) -> Bool = { _ in false }
  ) throws {
    self.folder = folder
    try FileManager.default.createDirectory(
      atPath: "\(folder)/in", withIntermediateDirectories: true)
    var random = TestRandom(seed: seed)
    for index in 0..<count {
      var text = "x,y\n"
      for row in 0..<20 {
        let numbers = (0..<2).map { _ in "\(Double.random(in: -10...10, using: &random))" }
        text += numbers.joined(separator: ",") + (broken(index) && row == 7 ? ",3" : "") + "\n"
      }
      try write(text, "in/\(10_000 + index).csv")
    }
  }

  func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
  }

  /// Runs `echelon batch` over all inputs.
  @discardableResult func batch(
    _ options: String..., steps: String = "standardize", to output: String? = nil,
    status: Int32 = 0
  ) throws -> CommandProcess {
    let run = try CommandProcess.run(
      ["batch", "--do", steps, inputs, "--output", output ?? self.output, "--workers", "2"]
        + options)
    #expect(run.status == status, "\(run.errors)")
    return run
  }

  /// All results by name.
  func files(in output: String? = nil) throws -> [String: Data] {
    let output = output ?? self.output
    return try Dictionary(
      uniqueKeysWithValues: results(in: output).map { ($0, try contents("\(output)/\($0)")) })
  }

  /// The last line of what a run said, up to the time that it took.
  static func summary(_ run: CommandProcess) -> String {
    let line = run.errors.split(separator: "\n").last ?? ""
    return String(line[..<(line.range(of: ": ")?.lowerBound ?? line.endIndex)])
  }
}
