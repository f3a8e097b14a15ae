import Foundation
import Testing

/// `echelon bench`, with programs of the system in place of the one that measures.
@Suite(.timeLimit(.minutes(2))) struct `The comparison from the command` {
  @Test func `gets its words as they are, and its output and status are those of the program`()
    throws
  {
    let said = try CommandProcess.run(
      ["bench", "compare", "a b.json", "--by", "time", "-x", "--help"],
      environment: ["ECHELON_COMPARE": "/bin/echo"])
    #expect(said.status == 0 && said.output == "compare a b.json --by time -x --help\n", "\(said)")
    let dashes = try CommandProcess.run(
      ["bench", "--", "--json"], environment: ["ECHELON_COMPARE": "/bin/echo"])
    #expect(dashes.output == "--json\n")
    let failed = try CommandProcess.run(
      ["bench", "-c", "exit 7"], environment: ["ECHELON_COMPARE": "/bin/sh"])
    #expect(failed.status == 7 && failed.errors.isEmpty, "\(failed)")
  }

  @Test func `ends by the signal that ends the program`() throws {
    let killed = try CommandProcess.run(
      ["bench", "-c", "kill -TERM $$"], environment: ["ECHELON_COMPARE": "/bin/sh"])
    #expect(killed.status == 128 + SIGTERM, "\(killed)")
    // From outside: the process that was started is the program. Its first line says that it is.
    let outside = try CommandProcess.run(
      ["bench", "-c", "echo $$; exec cat /dev/zero > /dev/null"],
      environment: ["ECHELON_COMPARE": "/bin/sh"]
    ) { process in
      wait { Self.name(of: process.processIdentifier) == "cat" }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(outside.status == 128 + SIGINT, "\(outside)")
  }

  @Test func `says how to make the program where there is none`() throws {
    let missing = try CommandProcess.run(
      ["bench"], environment: ["ECHELON_COMPARE": "/nowhere/echelon-compare"])
    #expect(
      missing.status == 1
        && missing.errors.contains("'/nowhere/echelon-compare', which is no program"))
    try withFolder { folder in
      // Another folder, in which nothing was built, and beside the command there is none.
      let copy = "\(folder)/echelon"
      // The static command is a link in its build's folder, which would be copied as that.
      let program = URL(filePath: CommandProcess.executable).resolvingSymlinksInPath().path
      try FileManager.default.copyItem(atPath: program, toPath: copy)
      let run = try CommandProcess.shell(
        "cd '\(folder)' && unset ECHELON_COMPARE && ./echelon bench")
      #expect(run.status == 1 && run.errors.contains("run 'make bench-build'"), "\(run)")
      try "#!/bin/sh\necho beside \"$@\"\n".write(
        toFile: "\(folder)/echelon-compare", atomically: true, encoding: .utf8)
      let beside = try CommandProcess.shell(
        "cd '\(folder)' && chmod +x echelon-compare && cd / && unset ECHELON_COMPARE && '\(copy)' bench --list"
      )
      #expect(beside.status == 0 && beside.output == "beside --list\n", "\(beside)")
    }
  }

  @Test func `has a help of its own`() throws {
    let help = try CommandProcess.run("bench", "--help")
    #expect(help.status == 0 && help.output.contains("ECHELON_COMPARE"), "\(help)")
  }

  /// What a process runs now.
  private static func name(of processID: Int32) -> String? {
    (try? String(contentsOfFile: "/proc/\(processID)/comm", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
