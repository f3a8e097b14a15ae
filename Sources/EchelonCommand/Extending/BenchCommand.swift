import ArgumentParser
import EchelonMemory

/// `echelon bench`: the comparison with other programs, which is a program of its own.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Echelon beside its peers: C, BLAS, OpenMP, NumPy and others.",
    discussion: """
      Runs the program echelon-compare with the same arguments; 'make bench-build' in a checkout builds it. It is looked \
      for where the environment variable ECHELON_COMPARE says, then beside this command, then in \
      \(Self.builtFolder) below the current folder. Its help is 'echelon bench -- --help'.

      EXAMPLES
        echelon bench --json now.json --page now.html    all figures, in pairs
        echelon bench --set short --page now.html        some, in a few minutes
        echelon bench compare before.json now.json       what changed beyond noise
      """)

  /// Where a checkout has the program.
  private static let builtFolder = "Benchmarks/.build/static/release"
  private static let program = "echelon-compare"

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("What echelon-compare is told.", valueName: "arguments"),
    completion: .file())
  var arguments: [String] = []

  func run() throws {
    // ArgumentParser hands over the words that would have asked it for help, and the dashes before them.
    let isHelp = arguments.count == 1 && ["--help", "-h", "-help"].contains(arguments[0])
    if isHelp { throw CleanExit.helpRequest(self) }
    let words = arguments.first == "--" ? Array(arguments.dropFirst()) : arguments
    let path = try Self.path()
    // In place of this process: its exit status and whatever signals it gets are those of the program.
    let error = ProgramImage.replace(with: path, arguments: [Self.program] + words)
    throw CommandError("\(path): cannot be run: \(error)")
  }

  /// Where the program is.
  private static func path() throws -> String {
    if let given = Terminal.environment("ECHELON_COMPARE"), !given.isEmpty {
      guard isProgram(given) else {
        throw CommandError(
          "ECHELON_COMPARE names '\(given)', which is no program; unset it, or name the program that "
            + "'make bench-build' makes")
      }
      return given
    }
    let own = Folder.absolutePath(of: "/proc/self/exe") ?? ""
    let beside = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(program)"
    let built = "\(builtFolder)/\(program)"
    if let found = [beside, built].first(where: isProgram) { return found }
    throw CommandError(
      "there is no \(program), neither as \(beside) nor as \(built); run 'make bench-build' in a checkout of Echelon, "
        + "which builds it and the C programs that it measures beside, and call this there, or name the program by "
        + "ECHELON_COMPARE")
  }

  private static func isProgram(_ path: String) -> Bool {
    if case .file = Folder.entry(at: path) { true } else { false }
  }
}
