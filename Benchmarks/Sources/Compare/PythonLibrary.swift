import EchelonComparison
import Foundation

/// What `python.py` measures with.
enum PythonLibrary: String, CaseIterable, Sendable {
  case numpy, numexpr, numba, loky

  /// The Python that `ECHELON_PYTHON` names, as `make bench` does.
  static let interpreter = ProcessInfo.processInfo.environment["ECHELON_PYTHON"]
  /// Whether that is the one that `make bench-build` makes, or makes when there is none.
  static var isOwn: Bool { interpreter?.hasSuffix(".build/python/bin/python") ?? true }
  static let noPython = "ECHELON_PYTHON names no Python that runs"

  /// The version of that Python; nil when it does not run.
  static var python: String? { found["python"]?.version }
  static var isUsable: Bool { python != nil }

  /// nil when it cannot be imported.
  var version: String? { Self.found[rawValue]?.version }

  /// Why it cannot be used; nil when it can.
  var lack: String? {
    guard Self.python != nil else { return Self.noPython }
    return version != nil
      ? nil : "\(Self.interpreter ?? ""): \(Self.found[rawValue]?.why ?? "the import ends Python")"
  }

  private static let found: [String: (version: String?, why: String)] = {
    guard let interpreter,
      // Lines as in `numba 0.61.0` and `loky - No module named 'loky'`.
      let text = Machine.output(
        interpreter, "-B", Checkout.path("Benchmarks/python.py"), "versions")
    else { return [:] }
    var found: [String: (version: String?, why: String)] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count >= 2 else { continue }
      found[words[0]] = (words[1] == "-" ? nil : words[1], words.count > 2 ? words[2] : "")
    }
    return found
  }()
}
