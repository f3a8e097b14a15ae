import ArgumentParser
import Echelon
import EchelonMemory
import Glibc

/// The command line: one subcommand per file, each a thin layer over the library.
///
/// The same executable serves as the workers of its pool; those never reach this `main`.
struct EchelonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: CommandLineTool.name,
    abstract: "Numbers over all processors: statistics, tables, plots, Monte Carlo.",
    discussion: """
      EXAMPLES
        echelon stats data/iris.csv                          what is in a file
        echelon filter 'wind > 8' data/seattle-weather.csv --output windy.csv
        echelon group 'count(), mean(wind) by weather' data/seattle-weather.csv
        echelon plot histogram wind data/seattle-weather.csv    in the terminal
        echelon plot series temp_max data/seattle-weather.csv --output t.png
        echelon stats data --report report.html              a page of many files
        echelon batch --do standardize data --output out     many files at once
        echelon montecarlo pi --samples 1e8 --plot pi.svg

      FILES are CSV, TSV, NPY, NPZ, Matrix Market, HDF5, JSON or JSON lines, also compressed with gzip or zstd; a folder \
      stands for the data files in it, known by the endings of their names (with --raw, .bin, .raw and .dat), and - for standard \
      input. COLUMNS are called by their names, which 'echelon stats FILE' lists; \
      inside of expressions, names with blanks or signs stand in backquotes: '`petal length (cm)` > 6'.

      Work runs in worker processes that share memory with this one. A file that cannot be read, or a \
      worker that crashes, costs that file and nothing else. The same input gives the same bits for \
      any number of workers.

      Results go to standard output, everything else to standard error.

      EXIT CODES
        0   done
        1   some input failed, the rest is done
        2   wrong use
        130 interrupted: one Ctrl-C finishes what workers are at, a second
            one ends at once
        143 the same by SIGTERM
      """,
    version: "echelon \(release)",
    subcommands: [
      StatsCommand.self, FilterCommand.self, MapCommand.self, SelectCommand.self, SortCommand.self,
      GroupCommand.self, ConvertCommand.self, QuantilesCommand.self, CovarianceCommand.self,
      CorrelationCommand.self, SampleCommand.self, JoinCommand.self, ConcatenationCommand.self,
      RegressionCommand.self, PrincipalComponentsCommand.self, SolveCommand.self,
      MultiplyCommand.self, DecomposeCommand.self, HistogramCommand.self, PlotCommand.self,
      BatchCommand.self, RunCommand.self, MergeCommand.self, MonteCarloCommand.self,
      ValueAtRiskCommand.self, DemoCommand.self, DoctorCommand.self, TopCommand.self,
      TraceCommand.self, BenchCommand.self, InitCommand.self,
    ])

  /// The version of the command and of the library, which are released together.
  static let release = "0.1.0"

  /// What every message on standard error begins with.
  static var _errorPrefix: String { "echelon: " }

  /// Finds out what the words ask for, in a time that grows with their number and not with its square.
  private static func parse(_ words: [String]) async throws -> any ParsableCommand {
    do { return try await asyncParseAsRoot(FoldedWords.folded(words)) } catch {
      // Where the error has words in it that were put together, they are named one by one.
      guard fullMessage(for: error).utf8.contains(0) else { throw error }
      return try await asyncParseAsRoot(words)
    }
  }

  static func main() async {
    if let word = ProgramArguments.firstNotUTF8 {
      Console.writeError(
        "\(_errorPrefix)'\(word)' is not UTF-8, as all names and words have to be; rename the file (mv)"
      )
      Glibc.exit(Exit.wrongUse.rawValue)
    }
    do {
      let words = Self.expressionsAside(Array(CommandLine.arguments.dropFirst()))
      var command = try await parse(words)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as WrongUse {
      Console.writeError("\(_errorPrefix)\(error.description)")
      Glibc.exit(Exit.wrongUse.rawValue)
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      if let problem = UnknownCommand(Array(CommandLine.arguments.dropFirst())) {
        Console.writeError("\(_errorPrefix)\(problem.description)")
        Glibc.exit(Exit.wrongUse.rawValue)
      }
      if let problem = UnknownOption(
        message(for: error), Array(CommandLine.arguments.dropFirst()))
      {
        Console.writeError("\(_errorPrefix)\(problem.description)")
        Glibc.exit(Exit.wrongUse.rawValue)
      }
      if let advice = PlotCommand.adviceForFiles(
        message(for: error), Array(CommandLine.arguments.dropFirst()))
      {
        Console.writeError("\(_errorPrefix)\(advice)")
        Glibc.exit(Exit.wrongUse.rawValue)
      }
      Console.writeError(fullMessage(for: error))
      Glibc.exit(Exit.wrongUse.rawValue)  // ArgumentParser's own is 64
    }
  }
}

extension EchelonCommand {
  /// The arguments, with a blank in front of expressions that begin with a minus: `-hue < -1` is no option, and not -h.
  static func expressionsAside(_ arguments: [String]) -> [String] {
    var before = ""
    var isPastOptions = false
    return arguments.map { argument in
      defer { before = argument }
      isPastOptions = isPastOptions || argument == "--"
      guard !isPastOptions, before != "--missing", argument.hasPrefix("-"),
        !argument.hasPrefix("--"), argument.count > 2
      else { return argument }
      let hasOperator = argument.contains { " <>*/%&|()`".contains($0) } || argument.contains("==")
      return hasOperator || argument.hasPrefix("-h") ? " " + argument : argument
    }
  }
}

/// The exit codes that the help promises.
enum Exit {
  static let someInputFailed = ExitCode(1)
  static let wrongUse = ExitCode(2)
  /// Of a command that Ctrl-C, or SIGTERM, has cut, as a shell reports such an end.
  static var interrupted: ExitCode { ExitCode(Interrupt.isTermination ? 143 : 130) }
  /// What a shell reports for a process that SIGPIPE ended.
  static let brokenPipe = ExitCode(141)
}

/// A command that cannot be carried out as it was given, found out after parsing.
struct WrongUse: Error, CustomStringConvertible {
  /// Without where to read more.
  let what: String
  let description: String

  /// - Parameter command: whose help says more.
  init(_ what: String, command: String) {
    self.what = what
    description = "\(what)\n  See 'echelon \(command) --help' for more information."
  }
}
