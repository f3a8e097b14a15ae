public import ArgumentParser
public import EchelonComparison
import Foundation

/// `echelon-compare compare`: what changed between two runs.
struct ChangesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Say what changed between two runs beyond noise.",
    discussion: """
      Figures in both runs are judged by Echelon's time over its rival's, whose pairs met the same \
      machine. The change is the median of all quotients of a pair of the one run by a pair of the \
      other, with the interval of Mann and Whitney's ranks. A figure is slower when that interval, \
      widened for the number of figures, lies beyond the tolerance.

      Exit status 1 means that a figure became slower, 2 that a file cannot be read,
      or that there was nothing to compare.
      """)

  @Argument(
    help: "The run before: a file that --json wrote.", completion: .file(extensions: ["json"]))
  var before: String

  @Argument(help: "The run after.", completion: .file(extensions: ["json"]))
  var after: String

  @Option(
    help:
      "What is judged: ratio is the time over the rival's, time is Echelon's alone, for the same machine at rest."
  )
  var by = ComparisonChange.Basis.ratio

  @Option(
    help: ArgumentHelp("Changes by no more percent than this are the same.", valueName: "percent"))
  var tolerance = ComparisonChange.usualTolerance * 100

  func validate() throws {
    guard 0..<100 ~= tolerance else {
      throw ValidationError("--tolerance is a number of percent from 0 to below 100")
    }
  }

  func run() throws {
    let (old, new): (ComparisonRecord, ComparisonRecord)
    do { (old, new) = (try Self.read(before), try Self.read(after)) } catch {
      FileHandle.standardError.write(Data("echelon-compare: \(error)\n".utf8))
      throw ExitCode(2)
    }
    let change = ComparisonChange(from: old, to: new, basis: by, tolerance: tolerance / 100)
    for warning in change.warnings {
      FileHandle.standardError.write(Data("echelon-compare: warning: \(warning)\n".utf8))
    }
    print(change.report, terminator: "")
    if change.isEmpty {
      FileHandle.standardError.write(
        Data(
          "echelon-compare: nothing was compared; measure the same figures in both runs, with more pairs\n"
            .utf8))
      throw ExitCode(2)
    }
    if change.isSlower { throw ExitCode(1) }
  }

  private static func read(_ path: String) throws(RecordError) -> ComparisonRecord {
    let bytes: Data
    do { bytes = try Data(contentsOf: URL(filePath: path)) } catch {
      throw .unreadable(path: path, why: why(path))
    }
    return try ComparisonRecord(json: bytes, from: path)
  }

  private static func why(_ path: String) -> String {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return "there is no such file; 'echelon-compare --json FILE' makes one"
    }
    return isFolder.boolValue
      ? "it is a folder; name a file that 'echelon-compare --json FILE' made"
      : "it may not be read by this user; see its permissions"
  }
}

extension ComparisonChange.Basis: @retroactive ExpressibleByArgument {}
