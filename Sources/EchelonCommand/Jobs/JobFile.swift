import ArgumentParser
import EchelonFiles
import EchelonMemory
import Yams

/// A job in YAML: inputs by pattern, steps, an output folder, and the options of `echelon batch`.
struct JobFile {
  /// The options of `echelon batch`, by the key that stands for them, which is their name.
  static let options: [(name: String, kind: JobText.Kind)] = [
    ("resume", .flag), ("retries", .value), ("timeout", .value), ("halt", .value),
    ("keep-going", .flag), ("delay", .value), ("nice", .value), ("memory-limit", .value),
    ("joblog", .value), ("tag", .flag), ("shard", .value), ("workers", .value),
    ("format", .value), ("report", .value), ("progress", .value), ("raw", .value),
    ("delimiter", .value), ("no-header", .flag),
    ("names", .list), ("comment", .value), ("decimal-comma", .flag), ("trim", .flag),
    ("missing", .list),
    ("ragged", .value), ("types", .pairs),
  ]
  static let keys = ["inputs", "steps", "output"] + options.map(\.name)

  /// The files that the patterns name.
  private(set) var paths: [String] = []
  private(set) var steps: [BatchStep] = []
  /// Nil when the file does not say.
  private(set) var output: String?
  /// As on the command line.
  private(set) var arguments: [String] = []

  private let path: String
  private let text: JobText

  /// Reads the file and checks all that it says.
  init(path: String) throws {
    self.path = path
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw FileError(error, path: path) }
    let text = file.withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    self.text = try JobText(text, path: path)
    for (name, mark, value) in self.text.entries { try read(name, mark, value) }
    for (name, isThere) in [("inputs", !paths.isEmpty), ("steps", !steps.isEmpty)]
    where !isThere {
      throw JobFileFault(path, self.text.mark, "'\(name)' is missing")
    }
    if steps.last?.outputExtension == nil { steps.append(.named(.toCSV)) }
  }

  private mutating func read(_ name: String, _ mark: Mark?, _ value: Node) throws {
    switch name {
    case "inputs": paths = try inputs(value)
    case "steps":
      for node in try text.items(value, of: name) { steps += try step(node) }
    case "output": output = try text.word(value, of: name)
    default:
      guard let kind = Self.options.first(where: { $0.name == name })?.kind else {
        let nearest = NearestName.to(name, among: Self.keys)
        throw JobFileFault(
          path, mark,
          "there is no key '\(name)'"
            + (nearest.map { "; did you mean '\($0)'?" }
              ?? "; there are \(Self.keys.joined(separator: ", "))"))
      }
      try add(try text.words(name, kind, value), value)
    }
  }

  private func inputs(_ node: Node) throws -> [String] {
    var paths: [String] = []
    var seen: Set<String> = []
    for node in try text.items(node, of: "inputs") {
      let name = try text.word(node, of: "inputs")
      let pattern = PathPattern(name)
      let found = pattern.matches()
      let isThere = pattern.isPlain ? isFile(name) : !found.isEmpty
      guard isThere else {
        throw JobFileFault(
          path, node.mark,
          pattern.isPlain
            ? "'\(name)': no such file or folder, seen from where the command runs"
            : "'\(name)' matches no file, seen from where the command runs")
      }
      paths += found.filter { seen.insert($0).inserted }
    }
    return paths
  }

  private func isFile(_ path: String) -> Bool {
    path == InputFile.standardStream || Folder.entry(at: path) != .unknown
      || DataFileReader.container(of: path).map { Folder.entry(at: $0) != .unknown } ?? false
  }

  /// What a step of the list stands for.
  private func step(_ node: Node) throws -> [BatchStep] {
    let text = try text.step(node)
    do {
      return try BatchPlan.steps([text])
    } catch let error as WrongUse {
      throw JobFileFault(path, node.mark, error.what)
    }
  }

  /// Adds an option, after a look at whether the command would take it.
  private mutating func add(_ words: [String], _ node: Node) throws {
    guard !words.isEmpty else { return }
    do { _ = try JobFileOptions.parse(words) } catch {
      // A second line says what is allowed: `Help:  --timeout <time>  The most time …`.
      let help = JobFileOptions.fullMessage(for: error).split(separator: "\n")
        .first { $0.hasPrefix("Help:") }?.split(separator: ">", maxSplits: 1).last
      throw JobFileFault(
        path, node.mark,
        JobFileOptions.message(for: error)
          + (help.map { "; " + $0.drop { $0.isWhitespace } } ?? ""))
    }
    arguments += words
  }
}
