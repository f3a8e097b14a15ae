import EchelonFiles
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct `echelon quantiles, corr, sample, join and regress` {
  private func table(_ text: String) throws -> DataTable {
    try CSVFile(name: "output", bytes: Array(text.utf8)).table()
  }

  @Test func `write what the steps of a batch write`() throws {
    try withFolder { folder in
      for (command, step) in [
        (["corr", "--spearman"], "corr spearman"),
        (["sample", "10%", "--seed", "5"], "sample 10% seed 5"),
        (["regress", "alcohol ~ hue + ash"], "regress alcohol ~ hue + ash"),
      ] {
        let alone = try CommandProcess.run(command + ["data/wine.csv"])
        #expect(alone.status == 0, "\(alone.errors)")
        let batch = try CommandProcess.run([
          "batch", "--do", step, "data/wine.csv", "data/iris.csv", "--output", folder, "--workers",
          "2",
        ])
        // Iris has no column 'hue'.
        #expect(batch.status == (command[0] == "regress" ? 1 : 0), "\(batch.errors)")
        #expect(try contents("\(folder)/wine.csv") == Data(alone.output.utf8), "\(step)")
      }
      let mixed = try CommandProcess.run(
        "batch", "--do", "abs,corr", "data/iris.csv", "--output", "-")
      #expect(mixed.status == 0 && mixed.output.hasPrefix("column,sepal length"))
    }
  }

  @Test func `bring files together`() throws {
    try withFolder { folder in
      for (name, text) in [
        ("l", "id,x\n1,a\n2,b\n2,c\n,d\n"), ("r", "id,x,y\n2,q,5\n3,r,6\n1,s,7\n"),
      ] {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).csv"))
      }
      let (left, right) = ("\(folder)/l.csv", "\(folder)/r.csv")
      let outer = try CommandProcess.run("join", left, right, "--on", "id", "--kind", "outer")
      #expect(outer.output == "id,x,x_right,y\n1,a,s,7\n2,b,q,5\n2,c,q,5\n,d,,\n3,,r,6\n")
      #expect(outer.errors.contains("1 key with several rows"))
      let step = try CommandProcess.run(
        "batch", "--do", "join outer \(right) on id", left, "--output", "-")
      #expect(step.output == outer.output)
      let long = try CommandProcess.run("concat", right, right, "--output", "\(folder)/all.npz")
      #expect(long.status == 0, "\(long.errors)")
      #expect(try DataFileReader.open("\(folder)/all.npz").rowCount == 6)

      for (arguments, status, words) in [
        (["join", left, "--on", "id"], 2, "takes two files or more"),
        (["join", left, right, "--on", "id ="], 2, "character 5"),
        (["join", left, right, "--on", "z"], 1, "has no column 'z'"),
        (["concat", right, left], 1, "l.csv: there is no column 'y'"),
        (["batch", "--do", "join none.csv on id", left, "--output", folder + "/o"], 1, "none.csv"),
        (["quantiles", "2", left], 2, "levels are numbers from 0 to 1"),
        (["regress", "y ~ id", left, "--show", "model"], 1, "there is no column 'y'"),
      ] {
        let run = try CommandProcess.run(arguments)
        #expect(
          run.status == Int32(status) && run.errors.contains(words), "\(arguments): \(run.errors)")
      }
    }
  }
}
