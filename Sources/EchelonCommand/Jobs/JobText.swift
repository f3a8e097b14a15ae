import Yams

/// Something in a job file that is not as it must be, at its place.
struct JobFileFault: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ mark: Mark?, _ what: String) {
    self.init(path, line: mark?.line ?? 1, column: mark?.column ?? 1, what)
  }

  init(_ path: String, line: Int, column: Int, _ what: String) {
    description = "\(path):\(line):\(column): \(what)"
  }
}

/// The YAML of a job file: keys with values, which are words and lists of words. What they mean is said elsewhere.
struct JobText {
  /// What a value can be.
  enum Kind: CaseIterable {
    /// `true` or `false`
    case flag
    /// One value.
    case value
    /// Some, or one.
    case list
    /// Names with a value each.
    case pairs
  }

  let path: String
  /// Where it begins.
  let mark: Mark?
  /// The keys with their values, in the order of the file.
  private(set) var entries: [(name: String, mark: Mark?, value: Node)] = []

  /// - Parameters:
  ///   - text: of the file.
  ///   - path: of the file, for faults.
  init(_ text: String, path: String) throws(JobFileFault) {
    self.path = path
    if let excess = JobTextExcess(in: text) {
      throw JobFileFault(path, line: excess.line, column: excess.column, excess.what)
    }
    let root: Node?
    do { root = try compose(yaml: text) } catch { throw Self.fault(error, path) }
    guard let root, case .mapping(let mapping) = root else {
      throw JobFileFault(
        path, root?.mark, "a job is a list of keys with values: inputs, steps, output, …")
    }
    mark = root.mark
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw JobFileFault(path, key.mark, "a key is a word")
      }
      entries.append((name, key.mark, value))
    }
  }

  private static func fault(_ error: any Error, _ path: String) -> JobFileFault {
    switch error as? YamlError {
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

  /// What stands for a key on the command line: `--name=value`.
  func words(_ name: String, _ kind: Kind, _ node: Node) throws(JobFileFault) -> [String] {
    switch kind {
    case .flag:
      guard let isSet = node.bool else {
        throw JobFileFault(path, node.mark, "'\(name)' is true or false")
      }
      return isSet ? ["--\(name)"] : []
    case .value: return ["--\(name)=\(try word(node, of: name))"]
    case .list:
      let items = try items(node, of: name).map { (item) throws(JobFileFault) in
        try word(item, of: name)
      }
      return ["--\(name)=\(items.joined(separator: ","))"]
    case .pairs:
      guard let mapping = node.mapping else {
        return ["--\(name)=\(try word(node, of: name))"]
      }
      return try mapping.map { (pair) throws(JobFileFault) in
        "--\(name)=\(try word(pair.key, of: name))=\(try word(pair.value, of: name))"
      }
    }
  }

  /// The items of a list; a single value is a list of one.
  func items(_ node: Node, of name: String) throws(JobFileFault) -> [Node] {
    guard let sequence = node.sequence else { return [node] }
    guard !sequence.isEmpty else {
      throw JobFileFault(path, node.mark, "'\(name)' is empty")
    }
    return Array(sequence)
  }

  /// The one word that a value is.
  func word(_ node: Node, of name: String) throws(JobFileFault) -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw JobFileFault(path, node.mark, "'\(name)' has a word or a number here")
    }
    return text
  }

  /// A step as it is written after `--do`, of `standardize`, `filter x > 1` or `filter: x > 1`.
  func step(_ node: Node) throws(JobFileFault) -> String {
    guard let mapping = node.mapping else { return try word(node, of: "steps") }
    guard mapping.count == 1, let pair = mapping.first, let name = pair.key.scalar?.string else {
      throw JobFileFault(path, node.mark, "a step has one name: write each on a line of its own")
    }
    return "\(name) \(try word(pair.value, of: name))"
  }
}
