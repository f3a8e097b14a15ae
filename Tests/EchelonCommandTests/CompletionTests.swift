import Foundation
import Testing

/// What shells offer behind the words of a command, beside what its help says.
@Suite(.timeLimit(.minutes(5))) struct `Completion` {
  private func script(_ shell: String) throws -> String {
    let run = try CommandProcess.run("--generate-completion-script", shell)
    #expect(run.status == 0)
    return run.output
  }

  /// The commands, with those of groups behind them, as the script for fish names them.
  private func commands(_ script: String) -> Set<String> {
    Set(script.matches(of: /options "echelon ([a-z -]+)"/).map { String($0.1) })
  }

  @Test func `offers the values that the help of an option lists`() throws {
    let script = try script("fish")
    let lines = script.split(separator: "\n")
    var count = 0
    for command in commands(script) where command != "help" {
      let help = try CommandProcess.run(command.split(separator: " ").map(String.init) + ["--help"])
      #expect(help.status == 0, "\(command)")
      let options = help.output.replacing(/\n {3,}/, with: " ").split(separator: "\n")
      for option in options {
        guard let list = option.firstMatch(of: /\(values: ([^;)]+)[;)]/),
          let name = option.firstMatch(of: /--([a-z-]+)/)
        else { continue }
        let values = list.1.replacing(", ", with: " ")
        let start = "\"echelon \(command)\" "
        let line = lines.first { $0.contains(start) && $0.contains("-l '\(name.1)'") }
        #expect(line?.hasSuffix("'\(values)'") == true, "\(command) --\(name.1): \(line ?? "")")
        count += 1
      }
    }
    // Not none of them for another form of help.
    #expect(count > 100)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `has the steps of batches, and what else is fixed`(_ shell: String) throws {
    let script = try script(shell)
    // Without what separates values, which in bash is a line feed as $'\n'.
    let listed = script.split { !($0.isLetter || $0.isNumber || ",=%.-".contains($0)) }
      .filter { $0 != "n" }.joined(separator: " ")
    for list in [
      "abs log sqrt difference", "histogram quantiles cov corr sample join concat bootstrap",
      "solve multiply decompose var plot convert", "refuse fill cut skip", "inner left outer",
      "comma tab semicolon pipe", "never soon,fail=1", "lu qr svd cholesky eigen",
      "path conditional", "percentile bca", "european asian",
    ] {
      #expect(listed.contains(list), "\(shell): \(list)")
    }
  }

  @Test func `gives bash files and folders where they belong`() throws {
    try withFolder { folder in
      try Data(try script("bash").utf8).write(to: URL(filePath: "\(folder)/script"))
      let place = "\(folder)/place"
      try FileManager.default.createDirectory(
        atPath: "\(place)/dir", withIntermediateDirectories: true)
      for name in ["a.csv", "job.yaml", "p.svg"] {
        _ = FileManager.default.createFile(atPath: "\(place)/\(name)", contents: Data())
      }
      let lines = """
        source \(folder)/script
        cd \(place)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _echelon echelon "" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
      try Data(lines.utf8).write(to: URL(filePath: "\(folder)/lines"))
      func offered(_ words: String) throws -> Set<String> {
        let list = words.split(separator: " ", omittingEmptySubsequences: false)
        let run = try CommandProcess.shell(
          "bash \(folder)/lines " + list.map { "'\($0)'" }.joined(separator: " "))
        #expect(run.errors == "")
        return Set(run.output.split(separator: "\n").map(String.init))
      }
      let all: Set = ["a.csv", "dir", "job.yaml", "p.svg"]
      for words in [
        "convert ", "convert a.csv --output ", "solve ", "solve a.csv ", "multiply a.csv --output ",
        "decompose svd ", "batch --do log ", "batch --joblog ", "histogram x ", "demo ",
      ] {
        #expect(try offered("echelon \(words)") == all, "\(words)")
      }
      for words in ["merge ", "merge a --output ", "batch --output ", "run x --output "] {
        #expect(try offered("echelon \(words)") == ["dir"], "\(words)")
      }
      #expect(try offered("echelon run ") == ["dir", "job.yaml"])
      #expect(try offered("echelon plot histogram x --output ") == ["dir", "p.svg"])
      #expect(try offered("echelon batch --do ").isSuperset(of: ["histogram", "var", "to-npy"]))
    }
  }
}
