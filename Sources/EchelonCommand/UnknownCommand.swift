import ArgumentParser
import EchelonMemory

/// A word where the name of a command belongs, that is none.
struct UnknownCommand: CustomStringConvertible {
  let description: String

  /// Nil where all names are right.
  init?(_ arguments: [String]) {
    var command: any ParsableCommand.Type = EchelonCommand.self
    var path = ["echelon"]
    for argument in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return nil }
      if let found = subcommands.first(where: { $0._commandName == argument }) {
        command = found
        path.append(argument)
        continue
      }
      let names = subcommands.map { $0._commandName }
      let whole = path.joined(separator: " ")
      let elsewhere =
        (path.count == 1 ? Self.others[argument].map { ["'\($0)'"] } : nil)
        ?? Self.elsewhere(argument, than: path)
      let similar = names.filter { name in
        zip(name, argument).prefix { $0 == $1 }.count >= min(3, name.count)
      }
      let isFile = Folder.entry(at: argument) != .unknown
      description =
        "there is no '\(whole) \(argument)'"
        + (!elsewhere.isEmpty
          ? "; there is \(elsewhere.joined(separator: " and "))"
          : similar.isEmpty
            ? "; there are \(names.joined(separator: ", "))"
            : "; did you mean \(similar.map { "'\(whole) \($0)'" }.joined(separator: " or "))?")
        + (isFile ? "\n  What is to be done comes before the file." : "")
        + "\n  See '\(whole) --help' for more information."
      return
    }
    return nil
  }

  /// What does what other tools, and people, have other words for.
  private static let others: [String: String] = {
    var others = ["report": "echelon stats … --report PAGE.html"]
    for (words, command) in [
      ("describe summary summarize info mean median average min max sum count sd", "stats"),
      ("where query grep", "filter"), ("chart graph draw", "plot"), ("cut columns", "select"),
      ("order", "sort"), ("aggregate pivot", "group"), ("fit lm ols", "regress"),
      ("svd qr lu eig cholesky", "decompose"), ("cat append", "concat"), ("parallel", "batch"),
    ] {
      for word in words.split(separator: " ") { others[String(word)] = "echelon \(command)" }
    }
    return others
  }()

  /// Where else the name is known: as one of the commands of a command, or as an operation of batches.
  private static func elsewhere(_ name: String, than path: [String]) -> [String] {
    let commands = EchelonCommand.configuration.subcommands
    if path.count > 1, commands.contains(where: { $0._commandName == name }) {
      return ["'echelon \(name)'"]
    }
    let groups = commands.filter { command in
      command.configuration.subcommands.contains { $0._commandName == name }
    }
    return groups.map { "'echelon \($0._commandName) \(name)'" }
      + (BatchStep.names.contains(name) ? ["'echelon batch --do \(name) …'"] : [])
  }
}
