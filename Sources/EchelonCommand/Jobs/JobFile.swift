import ArgumentParser
import EchelonFiles
import EchelonMemory
import Yams

/// Something in a job file that is not as it must be, at its place.
struct JobFileFault: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ mark: Mark?, _ what: String) {
    description = "\(path):\(mark?.line ?? 1):\(mark?.column ?? 1): \(what)"
  }
}

/// A job in YAML: inputs by pattern, steps, an output folder, and the options of `echelon batch`.
struct JobFile {
  /// All that can be said, and how.
  enum Kind {
    /// `true` or `false`
    case flag
    /// One value.
    case value
    /// Some, or one.
    case list
    /// Names with a value each.
    case pairs
  }

  /// The options of `echelon batch`, by the key that stands for them, which is their name.
  static let options: [(name: String, kind: Kind)] = [
    ("resume", .flag), ("retries", .value), ("timeout", .value), ("halt", .value),
    ("keep-going", .flag), ("delay", .value), ("nice", .value), ("memory-limit", .value),
    ("joblog", .value), ("tag", .flag), ("shard", .value), ("workers", .value),
    ("format", .value), ("report", .value), ("progress", .value), ("raw", .value),
    ("delimiter", .value), ("no-header", .flag),
    ("names", .list), ("comment", .value), ("decimal-comma", .flag), ("missing", .list),
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

  /// Reads the file and checks all that it says.
  init(path: String) throws {
    self.path = path
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw FileError(error, path: path) }
    let text = file.withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch let error as YamlError {
      throw Self.fault(error, path)
    }
    guard let root, case .mapping(let mapping) = root else {
      throw JobFileFault(
        path, root?.mark, "a job is a list of keys with values: inputs, steps, output, …")
    }
    for (key, value) in mapping { try read(key, value) }
    for (name, isThere) in [("inputs", !paths.isEmpty), ("steps", !steps.isEmpty)]
    where !isThere {
      throw JobFileFault(path, root.mark, "'\(name)' is missing")
    }
    if steps.last?.outputExtension == nil { steps.append(.named(.toCSV)) }
  }

  private static func fault(_ error: YamlError, _ path: String) -> JobFileFault {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      JobFileFault(path, mark, "is no YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      JobFileFault(
        path, context.mark,
        "'\(duplicates.map { "\($0)" }.sorted().joined(separator: "', '"))' appears twice")
    default: JobFileFault(path, nil, "is no YAML: \(error)")
    }
  }

  private mutating func read(_ key: Node, _ value: Node) throws {
    guard let name = key.scalar?.string else {
      throw JobFileFault(path, key.mark, "a key is a word")
    }
    switch name {
    case "inputs": paths = try inputs(value)
    case "steps":
      for node in try items(value, of: name) { steps += try step(node) }
    case "output": output = try word(value, of: name)
    default:
      guard let kind = Self.options.first(where: { $0.name == name })?.kind else {
        let nearest = NearestName.to(name, among: Self.keys)
        throw JobFileFault(
          path, key.mark,
          "there is no key '\(name)'"
            + (nearest.map { "; did you mean '\($0)'?" }
              ?? "; there are \(Self.keys.joined(separator: ", "))"))
      }
      try add(try words(name, kind, value), value)
    }
  }

  private func inputs(_ node: Node) throws -> [String] {
    var paths: [String] = []
    var seen: Set<String> = []
    for node in try items(node, of: "inputs") {
      let text = try word(node, of: "inputs")
      let pattern = PathPattern(text)
      let found = pattern.matches()
      let isThere = pattern.isPlain ? isFile(text) : !found.isEmpty
      guard isThere else {
        throw JobFileFault(
          path, node.mark,
          pattern.isPlain
            ? "'\(text)': no such file or folder, seen from where the command runs"
            : "'\(text)' matches no file, seen from where the command runs")
      }
      paths += found.filter { seen.insert($0).inserted }
    }
    return paths
  }

  private func isFile(_ path: String) -> Bool {
    path == InputFile.standardStream || path.contains(".npz:")
      || Folder.entry(at: path) != .unknown
  }

  /// `standardize`, `filter x > 1`, or `filter: x > 1`.
  private func step(_ node: Node) throws -> [BatchStep] {
    var text: String
    if let mapping = node.mapping {
      guard mapping.count == 1, let pair = mapping.first, let name = pair.key.scalar?.string else {
        throw JobFileFault(path, node.mark, "a step has one name: write each on a line of its own")
      }
      text = "\(name) \(try word(pair.value, of: name))"
    } else {
      text = try word(node, of: "steps")
    }
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

  /// What stands for a key on the command line.
  private func words(_ name: String, _ kind: Kind, _ node: Node) throws -> [String] {
    switch kind {
    case .flag:
      guard let isSet = node.bool else {
        throw JobFileFault(path, node.mark, "'\(name)' is true or false")
      }
      return isSet ? ["--\(name)"] : []
    case .value: return ["--\(name)=\(try word(node, of: name))"]
    case .list:
      let items = try items(node, of: name).map { try word($0, of: name) }
      return ["--\(name)=\(items.joined(separator: ","))"]
    case .pairs:
      guard let mapping = node.mapping else {
        return ["--\(name)=\(try word(node, of: name))"]
      }
      return try mapping.map { key, value in
        "--\(name)=\(try word(key, of: name))=\(try word(value, of: name))"
      }
    }
  }

  /// The items of a list; a single value is a list of one.
  private func items(_ node: Node, of name: String) throws -> [Node] {
    guard let sequence = node.sequence else { return [node] }
    guard !sequence.isEmpty else {
      throw JobFileFault(path, node.mark, "'\(name)' is empty")
    }
    return Array(sequence)
  }

  private func word(_ node: Node, of name: String) throws -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw JobFileFault(path, node.mark, "'\(name)' has a word or a number here")
    }
    return text
  }
}
