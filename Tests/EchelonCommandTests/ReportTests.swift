import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A page of a run` {
  @Test func `has what failed, what was done, and pictures, and needs nothing else`() throws {
    try withFolder { folder in
      // Names that would do something if they were not escaped.
      let name = "<script>alert(1)<&'x\".csv"
      try Data("<img src=x>,b\n1,2\n3,5\n".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      let run = try CommandProcess.run(
        "batch", "--do", "standardize", "data/iris.csv", "\(folder)/\(name)", "data/bad/ragged.csv",
        "--output", "\(folder)/out", "--report", "\(folder)/batch.html", "--workers", "2")
      #expect(run.status == 1 && run.errors.contains("see \(folder)/batch.html"), "\(run.errors)")
      let page = String(decoding: try contents("\(folder)/batch.html"), as: UTF8.self)
      #expect(page.contains("2 files done, 1 failed"))
      #expect(page.contains("data/bad/ragged.csv:17:33: the header has 6 fields, this row has 7"))
      #expect(page.contains("What each worker did") && page.contains("<svg"))
      #expect(page.contains("&lt;script&gt;alert(1)&lt;&amp;&#39;x&quot;.csv"))

      let stats = try CommandProcess.run(
        "stats", "\(folder)/\(name)", "nosuch.csv", "--report", "\(folder)/stats.html")
      #expect(stats.status == 1)
      let columns = String(decoding: try contents("\(folder)/stats.html"), as: UTF8.self)
      #expect(columns.contains("nosuch.csv: no such file"))
      #expect(columns.contains("Distribution of &lt;img src=x&gt;"))
      for page in [page, columns] {
        #expect(!page.contains("<script") && !page.contains("<img"))
        let links = page.matches(of: /(src|href)="|url\(/).count
        #expect(links == 0, "a page needs nothing from elsewhere")
        #expect(page.hasSuffix("</body></html>\n"))
      }
    }
  }

  @Test func `is an HTML file in a folder that is there`() throws {
    let run = try CommandProcess.run("stats", "data/iris.csv", "--report", "page.pdf")
    #expect(run.status == 2 && run.errors.contains("name a file that ends in .html"))
    let nowhere = try CommandProcess.run("stats", "data/iris.csv", "--report", "no/page.html")
    #expect(nowhere.status == 2 && nowhere.errors.contains("no folder 'no'; make it first"))
  }
}

@Suite(.timeLimit(.minutes(2))) struct `What a follower sees` {
  @Test func `is nothing, or JSON lines with how it ended`() throws {
    try withFolder { folder in
      let batch = [
        "batch", "--do", "abs", "data/iris.csv", "data/bad/ragged.csv", "--output", folder,
      ]
      let quiet = try CommandProcess.run(batch + ["--progress", "none"])
      #expect(quiet.errors.split(separator: "\n").count == 2, "\(quiet.errors)")
      let run = try CommandProcess.run(batch + ["--progress", "json"])
      let line = try #require(run.errors.split(separator: "\n").last { $0.hasPrefix("{") })
      let last = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(
        last["done"] as? Int == 2 && last["failed"] as? Int == 1 && last["total"] as? Int == 2)
    }
  }

  @Test func `has colours where they are wanted`() throws {
    for (arguments, environment, isColored) in [
      ([], [:], false), (["--color", "always"], ["NO_COLOR": "1"], true),
      (["--color", "never"], [:], false),
    ] as [([String], [String: String], Bool)] {
      let run = try CommandProcess.run(
        ["stats", "data/iris.csv"] + arguments, environment: environment)
      #expect(run.output.contains("\u{1B}[1m") == isColored, "\(arguments)")
    }
  }

  @Test func `can be completed by a shell`() throws {
    let run = try CommandProcess.shell(
      """
      exec bash -c 'source <("$ECHELON" --generate-completion-script bash)
      COMP_WORDS=(echelon pl); COMP_CWORD=1; COMP_LINE="echelon pl"; COMP_POINT=10
      _echelon echelon pl echelon; printf "%s\\n" "${COMPREPLY[@]}"'
      """)
    #expect(run.output == "plot\n", "\(run.errors)")
  }
}

@Suite(.timeLimit(.minutes(1))) struct `A wrong turn` {
  @Test(arguments: [
    (["statistics", "data/iris.csv"], "did you mean 'echelon stats'?"),
    (["plot", "data/iris.csv"], "there are histogram, series, scatter, correlation, convergence"),
    (
      ["plot", "scatter", "data/iris.csv"],
      "echelon plot scatter 'sepal length (cm)' 'sepal width (cm)' data/iris.csv"
    ),
    (["filter", "data/iris.csv"], "echelon filter '`sepal length (cm)` > 0' data/iris.csv"),
    (["group", "data/iris.csv"], "echelon group 'count() by class' data/iris.csv"),
    (["histogram", "data/iris.csv"], "Its columns are sepal length (cm), sepal width (cm),"),
    (["filter", "petal length (cm) > 6", "data/iris.csv"], "stand in backquotes"),
    (
      ["bootstrap", "data/iris.csv"],
      "there is 'echelon montecarlo bootstrap' and 'echelon batch --do"
    ),
    (["plot", "stats", "data/iris.csv"], "there is 'echelon stats'"),
    (
      ["batch", "--do", "standardise", "data/iris.csv", "--output", "x"],
      "did you mean 'standardize'?"
    ),
    (
      ["convert", "data/iris.csv", "--output", "x.parquet"], ".parquet is no format that is written"
    ),
    (["map", "a = 1, b = 2", "data/iris.csv"], "compute one column after the other"),
    (["filter", "x > 1", "-", "-"], "- is standard input, which can be read only once"),
  ])
  func `is told what to do instead`(_ arguments: [String], _ text: String) throws {
    let run = try CommandProcess.run(arguments)
    #expect(run.status == 2 && run.errors.contains(text), "\(run.errors)")
  }

  @Test func `to ragged rows is told what else there is`() throws {
    let run = try CommandProcess.run("stats", "data/bad/ragged.csv")
    #expect(
      run.status == 1 && run.errors.hasSuffix(", or choose a policy by --ragged\n"), "\(run.errors)"
    )
  }

  @Test func `with a word too many is told that there is no such file`() throws {
    let run = try CommandProcess.run("sort", "class", "desc", "data/iris.csv")
    #expect(run.errors.hasPrefix("echelon: desc: no such file; "), "\(run.errors)")
  }
}
