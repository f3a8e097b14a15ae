import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Lines with their file in front` {
  @Test func `are all lines, and the name is on one`() throws {
    try withFolder { folder in
      let path = "\(folder)/a\nb.csv"
      try Data("x,w\n1,\"p\n\nq\r\nr\"\n".utf8).write(to: URL(filePath: path))
      let run = try CommandProcess.run("batch", "--do", "abs", path, "--output", "-", "--tag")
      #expect(run.status == 0, "\(run.errors)")
      let tag = "\(folder)/a\\nb.csv\t"
      let lines = ["x,w", "1,\"p", "", "q\r", "r\""].map { tag + $0 + "\n" }
      #expect(run.output == lines.joined(), "\(run.output.debugDescription)")
    }
  }
}
