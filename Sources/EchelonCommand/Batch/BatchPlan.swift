import Echelon
import EchelonFiles
import EchelonMemory
import EchelonTables

/// Everything that a batch will do, settled and checked before any of it begins.
struct BatchPlan {
  var tasks: [BatchTask]

  /// Whether the only result, or that of each file, goes to standard output.
  let writesToStandardOutput: Bool

  private let command: String

  /// - Parameters:
  ///   - words: the words after `--do`, each one or more operations as `StepText` reads them, `"filter x > 1, log"`; what
  ///     an operation works on may also be the next word; from the first that is none on, they are files:
  ///     `--do log stats a.csv b.csv`.
  ///   - files: files and folders named elsewhere.
  ///   - dialect: how delimited text is written.
  ///   - raw: how the numbers lie in files without a format of their own.
  ///   - isTagged: whether several results may go to standard output.
  ///   - command: whose help says more when something is wrong.
  /// - Throws: `WrongUse` for what is wrong with the command itself.
  init(
    words: [String], files: [String], outputFolder: String, dialect: CSVDialect = .detecting,
    raw: RawFormat? = nil, isTagged: Bool = false, command: String = "batch"
  ) throws {
    let (steps, paths) = try Self.split(words, files, command)
    try self.init(
      steps: steps, paths: paths, outputFolder: outputFolder, dialect: dialect, raw: raw,
      isTagged: isTagged, command: command)
  }

  /// - Throws: `WrongUse` for outputs that would replace one another, or an input.
  init(
    steps: [BatchStep], paths: [String], outputFolder: String, dialect: CSVDialect,
    raw: RawFormat?, isTagged: Bool = false, command: String
  ) throws {
    self.command = command
    guard !outputFolder.isEmpty else {
      throw WrongUse("--output is empty; name a folder", command: command)
    }
    let inputs = try InputFiles.expand(paths, areNumbers: raw != nil)
    let folder = outputFolder.hasSuffix("/") ? outputFolder : outputFolder + "/"
    let extensions = steps.compactMap(\.outputExtension)
    for (index, suffix) in extensions.enumerated() where extensions[..<index].contains(suffix) {
      throw WrongUse(
        PlotFile.Format(rawValue: suffix) == nil
          ? "to-\(suffix) appears twice; both would write the same file"
          : "two pictures would both be written as .\(suffix); have one of them in the other format, or in another run",
        command: command)
    }
    writesToStandardOutput = outputFolder == InputFile.standardStream
    let hasOneEach = extensions.count == 1
    if isTagged, !hasOneEach || !["csv", "json", "jsonl", "mtx"].contains(extensions[0]) {
      throw WrongUse("--tag takes one result of text for each file", command: command)
    }
    if writesToStandardOutput, !isTagged, inputs.count != 1 || !hasOneEach {
      throw WrongUse(
        "--output - writes a single result, and there would be \(inputs.count * extensions.count); "
          + "name a folder" + (hasOneEach ? ", or have lines begin with the file by --tag" : ""),
        command: command)
    }
    tasks = inputs.enumerated().map { index, path in
      BatchTask(
        input: InputFile(path: path, dialect: dialect, raw: raw), steps: steps,
        outputs: outputFolder == InputFile.standardStream
          ? [outputFolder] : extensions.map { folder + Self.outputName(for: path, suffix: $0) },
        index: index, givesText: isTagged)
    }
    if writesToStandardOutput {
      try InputProtection.checkStandardOutput(filesRead, command: command)
    } else {
      try refuseCollisions()
    }
  }

  /// Reads standard input if it is one of the files; the bytes stay where they are as long as what
  /// this returns.
  mutating func readStandardInput() throws -> StandardInput? {
    var inputs = tasks.map(\.input)
    let standardInput = try StandardInput(for: &inputs, command: command)
    for index in tasks.indices { tasks[index].input = inputs[index] }
    return standardInput
  }

  /// Has the only result, which is for standard output, written to a file in memory.
  mutating func redirectResult(to file: AnonymousFile) { tasks[0].redirectResult(to: file) }

  /// The steps that words stand for, all of which are steps.
  static func steps(_ words: [String], command: String = "batch") throws -> [BatchStep] {
    try leadingSteps(words, command).steps
  }

  /// The operations, with one that writes at the end, and the files.
  private static func split(
    _ words: [String], _ files: [String], _ command: String
  ) throws -> ([BatchStep], [String]) {
    var (steps, rest) = try leadingSteps(words, command)
    let paths = files + rest
    guard !paths.isEmpty else { throw WrongUse("no files are named", command: command) }
    if steps.last?.outputExtension == nil { steps.append(.named(.toCSV)) }
    return (steps, paths)
  }

  /// The steps in front of the words, at least one, and the other words.
  private static func leadingSteps(
    _ words: [String], _ command: String
  ) throws -> (steps: [BatchStep], rest: ArraySlice<String>) {
    var steps: [BatchStep] = []
    var rest = words[...]
    while let word = rest.first {
      let isFile = !steps.isEmpty && Folder.entry(at: word) != .unknown
      // `my log.csv` is a file if there is one, but `log` is an operation whatever there is.
      if isFile, word.contains(where: \.isWhitespace) { break }
      let text = try joiningArgument(&rest, command)
      do throws(StepText.Fault) {
        let found = try StepText(text).steps
        guard !found.isEmpty else { throw .unknown(word, besideOthers: false) }
        steps += found
        rest.removeFirst()
      } catch .unknown(let unknown, let isBesideOthers) {
        // A word that is no operation is a file if one has come before, or else a misspelling.
        let advice = StepAdvice.text(unknown.prefix { !$0.isWhitespace })
        if let advice, !isFile { throw WrongUse(advice, command: command) }
        if steps.isEmpty || text != word || (isBesideOthers && !isFile) {
          let nearest = NearestName.to(unknown, among: BatchStep.names)
          throw WrongUse(
            "'\(unknown)' is not an operation; "
              + (nearest.map { "did you mean '\($0)'?" }
                ?? "there are " + BatchStep.names.joined(separator: ", ")),
            command: command)
        }
        break
      } catch .wrong(let what) {
        throw WrongUse(what, command: command)
      }
    }
    guard !steps.isEmpty else {
      throw WrongUse(
        "--do needs at least one operation; see 'echelon batch --help'", command: command)
    }
    return (steps, rest)
  }

  /// The first word, with the next one if it is an operation that is followed by something; that one is taken away.
  private static func joiningArgument(
    _ rest: inout ArraySlice<String>, _ command: String
  ) throws -> String {
    let name = rest[rest.startIndex].split(whereSeparator: \.isWhitespace)
    guard name.count == 1, BatchStep.hasArgument(name[0]), !BatchStep.isComplete(name[0])
    else { return rest[rest.startIndex] }
    let word = rest.removeFirst()
    guard let next = rest.first else {
      throw WrongUse("'\(name[0])' is followed by what it works on", command: command)
    }
    guard Folder.entry(at: next) == .unknown else {
      throw WrongUse(
        "'\(name[0])' is followed by what it works on, here by '\(next)', which is a file",
        command: command)
    }
    return "\(word) \(next)"
  }

  /// The name of the input, with the new extension added if it has another one.
  private static func outputName(for path: String, suffix: String) -> String {
    let name = path == InputFile.standardStream ? "stdin" : inputName(path)
    guard let format = CompressionFormat(path: name) else { return extended(name, by: suffix) }
    // What was compressed stays so if it keeps its format.
    let stem = String(name.dropLast(format.suffix.count))
    return stem.hasEnding("." + suffix) ? name : extended(stem, by: suffix)
  }

  /// The last component of the path; of a group or a dataset in a file also what it is called: `run.h5:day.x`.
  private static func inputName(_ path: String) -> String {
    guard let (file, group) = HDF5File.split(path), Folder.entry(at: path) == .unknown else {
      return InputFiles.name(path)
    }
    let parts = group.split(separator: "/").joined(separator: ".")
    return InputFiles.name(file) + (parts.isEmpty ? "" : ":" + parts)
  }

  private static func extended(_ name: String, by suffix: String) -> String {
    name.hasEnding("." + suffix) ? name : "\(name).\(suffix)"
  }

  /// Two inputs must not write one file, and none may replace an input.
  private func refuseCollisions() throws {
    var writers: [String: String] = [:]
    for task in tasks {
      for output in task.outputs {
        if let other = writers.updateValue(task.path, forKey: output) {
          throw WrongUse(
            "\(other) and \(task.path) would both be written to \(output); "
              + "process them in two calls with different --output folders", command: command)
        }
      }
    }
    let protection = InputProtection(filesRead)
    for output in tasks.flatMap(\.outputs) {
      try protection.check(output, command: command, advice: "choose another --output folder")
    }
  }

  /// All inputs, and what steps read beside them.
  private var filesRead: [String] { tasks.map(\.path) + otherFiles }

  /// What steps read beside the inputs, each once.
  var otherFiles: [String] {
    var paths: [String] = []
    for case .table(let operation) in tasks.first?.steps ?? [] {
      if let path = operation.otherFile, !paths.contains(path) { paths.append(path) }
    }
    return paths
  }

  /// Refuses a file beside the results, such as a log, that would take the place of an input or of a result.
  /// - Parameters:
  ///   - path: of the file; nil where there is none.
  ///   - option: that names it.
  ///   - more: other files that are read.
  func protectFiles(from path: String?, _ option: String, _ more: [String]) throws {
    guard let path else { return }
    let advice = "name another file by \(option)"
    try InputProtection(filesRead + more).check(path, command: command, advice: advice)
    let name = InputName(path).path
    let isResult =
      InputProtection(tasks.flatMap(\.outputs)).input(at: path) != nil
      || tasks.contains { task in task.outputs.contains { InputName($0).path == name } }
    if isResult {
      throw WrongUse("\(path) is one of the results; \(advice)", command: command)
    }
  }
}
