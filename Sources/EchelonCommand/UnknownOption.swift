import ArgumentParser

/// An option that a command has not, and what does what was meant by it.
struct UnknownOption: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - message: of the parser.
  ///   - arguments: the words of the command.
  /// - Returns: nil for other errors, and for options of which there is nothing to say.
  init?(_ message: String, _ arguments: [String]) {
    guard message.hasPrefix("Unknown option '"),
      let option = message.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first
    else { return nil }
    var command: any ParsableCommand.Type = EchelonCommand.self
    var path: [String] = []
    for word in arguments {
      let found = command.configuration.subcommands.first { $0._commandName == word }
      guard let found else { break }
      command = found
      path.append(word)
    }
    guard let first = path.first else { return nil }
    let name = String(option.prefix { $0 != "=" })
    // The parser itself finds names that are nearly right.
    let isNear = message.contains("Did you mean")
    let advice = Self.advice(name, first) ?? (isNear ? nil : Self.owners(name, first))
    guard let advice else { return nil }
    description =
      "'\(path.joined(separator: " "))' has no option \(name); \(advice)"
      + "\n  See 'echelon \(path.joined(separator: " ")) --help' for more information."
  }

  /// Options that many expect, by their names elsewhere.
  private static let others = [
    "--sep": "--delimiter", "--separator": "--delimiter", "-d": "--delimiter",
    "--na-values": "--missing", "--null": "--missing", "--header": "--no-header and --names",
    "--no-headers": "--no-header", "--skip-header": "--no-header and --names",
    "--dtype": "--types", "--decimal": "--decimal-comma", "--strip": "--trim",
    "--skipinitialspace": "--trim", "--trim-ws": "--trim", "-j": "--workers", "--jobs": "--workers",
    "--threads": "--workers", "--parallel": "--workers", "--out": "--output",
    "--outdir": "--output",
    "--output-dir": "--output",
  ]

  private static func advice(_ option: String, _ command: String) -> String? {
    switch (option, command) {
    case ("--output", "stats"), ("-o", "stats"):
      "statistics go to standard output: echelon stats FILE --format csv > stats.csv; a page is written by --report "
        + "page.html, and a file for each of many by 'echelon batch --do stats FILE… --output DIR'"
    case ("--output", "var"), ("-o", "var"):
      "the result goes to standard output: echelon var FILE --format csv > risk.csv; of many files, "
        + "'echelon batch --do var FILE… --output DIR' writes one for each"
    case ("--output", _), ("-o", _):
      "the result goes to standard output, and by '> FILE' to a file"
    case ("--format", "convert"): "the format is that of --to, or of the name behind --output"
    case ("--format", "plot"):
      "a picture is what the name behind --output says, .svg or .png; 'echelon histogram --format' gives numbers"
    case ("--columns", "stats"):
      "choose columns first: echelon select 'x, y' FILE | echelon stats -"
    case ("--columns", "filter"), ("--columns", "map"), ("--columns", "sort"),
      ("--columns", "group"):
      "choose columns by another command: … | echelon select 'x, y' -"
    case ("--quiet", _), ("-q", _):
      "'2> /dev/null' is quiet, and where there is a progress bar, --progress none"
    case ("--force", _), ("--overwrite", _), ("-f", _), ("-y", _):
      "results replace older ones without being asked, but never an input"
    case ("--recursive", _), ("-r", _), ("-R", _):
      "a folder stands for the files right in it; a job file has patterns such as data/**/*.csv, see 'echelon run --help'"
    case ("--version", _): "'echelon --version' says it"
    default: others[option].map { "there is \($0)" }
    }
  }

  /// The commands that have the option.
  private static func owners(_ option: String, _ command: String) -> String? {
    guard option.hasPrefix("--") else { return nil }
    let owners = EchelonCommand.configuration.subcommands.filter { command in
      EchelonCommand.helpMessage(for: command, columns: 200).split(separator: "\n").contains {
        line in
        line.hasPrefix("  ")
          && line.split(whereSeparator: { " ,".contains($0) }).prefix(2).contains { $0 == option }
      }
    }
    guard !owners.isEmpty else { return nil }
    let names = owners.map { $0._commandName }
    if names.contains("batch"), BatchStep.names.contains(command) {
      return "'echelon batch --do \(command) …' has it"
    }
    return names.count == 1
      ? "'echelon \(names[0])' has it" : "\(names.joined(separator: ", ")) have it"
  }
}
