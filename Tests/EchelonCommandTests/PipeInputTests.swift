import Foundation
import Testing

/// What a shell makes of `<(…)`, and pipes with names.
@Suite(.timeLimit(.minutes(2))) struct `Pipes among the inputs` {
  @Test(arguments: [
    ("stats", "--format csv"), ("filter 'x > 1'", ""), ("sort 'x desc'", ""), ("quantiles 0.5", ""),
    ("batch --do log", "--output -"), ("plot histogram x", "--width 60 --height 12"),
  ])
  func `are read as files are`(_ command: String, _ options: String) throws {
    try withFolder { folder in
      let (file, pipe) = ("\(folder)/x.csv", "\(folder)/pipe")
      let text = "x,y\n" + (1...2000).map { "\($0),\($0 % 7)\n" }.joined()
      try Data(text.utf8).write(to: URL(filePath: file))
      let expected = try CommandProcess.shell("$ECHELON \(command) \(file) \(options)")
      let run = try CommandProcess.shell(
        "mkfifo \(pipe) && { cat \(file) > \(pipe) & $ECHELON \(command) \(pipe) \(options); }")
      #expect(expected.status == 0 && run.status == 0, "\(run.errors)")
      #expect(
        run.output.replacing(pipe, with: file) == expected.output, "\(run.output) \(run.errors)")
    }
  }

  @Test func `are several, compressed, and of any format`() throws {
    try withFolder { folder in
      let parts = (
        "\(folder)/a", "\(folder)/b",
        "printf 'k,a\\n1,2\\n' | gzip > \(folder)/a & echo '{\"k\":1,\"b\":3}' > \(folder)/b &"
      )
      let run = try CommandProcess.shell(
        "mkfifo \(parts.0) \(parts.1) && { \(parts.2) $ECHELON join --on k \(parts.0) \(parts.1); }"
      )
      #expect(run.status == 0 && run.output == "k,a,b\n1,2,3\n", "\(run.output) \(run.errors)")
      let plan = try CommandProcess.shell(
        "mkfifo \(folder)/c && $ECHELON batch --do log \(folder)/c --output \(folder)/out --dry-run"
      )
      #expect(plan.status == 0 && plan.output.contains("not done yet"), "\(plan.output)")
    }
  }
}
