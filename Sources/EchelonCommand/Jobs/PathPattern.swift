import EchelonMemory

/// A pattern for paths, as shells have them: `*` and `?` within a name, `[a-z]` and `[!a-z]` for a
/// character, `**` for any number of folders.
///
/// Names that begin with a dot match only patterns that do.
struct PathPattern {
  private let text: String

  init(_ text: String) { self.text = text }

  /// Whether anything in it stands for something else.
  var isPlain: Bool { !text.contains { "*?[".contains($0) } }

  /// All files that match, in the order of their names; folders only where the pattern is plain.
  func matches() -> [String] {
    if isPlain { return [text] }
    let parts = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    var found: [String] = []
    Self.walk(text.hasPrefix("/") ? "/" : "", parts[...], depth: 0, &found)
    // `**` may come to a file in several ways.
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  /// Folders in folders, before a link to one above would never end.
  private static let maximumDepth = 64

  private static func walk(
    _ folder: String, _ parts: ArraySlice<String>, depth: Int, _ found: inout [String]
  ) {
    guard let part = parts.first, depth < maximumDepth else { return }
    let rest = parts.dropFirst()
    if part == "**" {
      walk(folder, rest.isEmpty ? ["*"] : rest, depth: depth, &found)
      for name in names(in: folder) where Folder.entry(at: folder + name) == .folder {
        walk(folder + name + "/", parts, depth: depth + 1, &found)
      }
      return
    }
    let isPlain = PathPattern(part).isPlain
    let wanted = Array(part)
    for name in isPlain ? [part] : names(in: folder, hidden: part.hasPrefix("."))
    where isPlain || matches(Array(name)[...], wanted[...]) {
      let path = folder + name
      switch Folder.entry(at: path) {
      case .folder where !rest.isEmpty: walk(path + "/", rest, depth: depth + 1, &found)
      case .file where rest.isEmpty: found.append(path)
      default: break
      }
    }
  }

  private static func names(in folder: String, hidden: Bool = false) -> [String] {
    let names = (try? Folder.names(in: folder.isEmpty ? "." : folder, hidden: hidden)) ?? []
    return names.filter { $0 != "." && $0 != ".." }
  }

  /// Whether a name is as the pattern says. A star that was met is tried again one character on.
  static func matches(
    _ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>
  ) -> Bool {
    var (name, pattern) = (name, pattern)
    var retry: (name: ArraySlice<Character>, pattern: ArraySlice<Character>)?
    while !name.isEmpty || !pattern.isEmpty {
      if pattern.first == "*" {
        retry = (name, pattern)
        pattern.removeFirst()
        continue
      }
      if let character = name.first, let rest = afterOne(character, pattern) {
        name.removeFirst()
        pattern = rest
        continue
      }
      guard let last = retry, !last.name.isEmpty else { return false }
      name = last.name.dropFirst()
      retry = (name, last.pattern)
      pattern = last.pattern.dropFirst()
    }
    return true
  }

  /// What is left of the pattern behind what matches a character; nil when it does not.
  private static func afterOne(
    _ character: Character, _ pattern: ArraySlice<Character>
  ) -> ArraySlice<Character>? {
    guard let first = pattern.first else { return nil }
    let rest = pattern.dropFirst()
    if first == "?" { return rest }
    guard first == "[" else { return first == character ? rest : nil }
    var set = rest
    let isNegated = set.first == "!"
    if isNegated { set.removeFirst() }
    var holds = false
    var isFirst = true
    while let low = set.popFirst() {
      if low == "]", !isFirst { return holds != isNegated ? set : nil }
      isFirst = false
      if set.first == "-", let high = set.dropFirst().first, high != "]" {
        set.removeFirst(2)
        if low <= high { holds = holds || (low...high).contains(character) }
      } else {
        holds = holds || low == character
      }
    }
    return first == character ? rest : nil  // a bracket that is never closed is one
  }
}
