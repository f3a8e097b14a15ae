import Testing

@Suite struct `The command` {
  @Test func `shows help for itself and for every subcommand`() throws {
    let help = try CommandProcess.run("--help")
    #expect(help.status == 0)
    for name in ["stats", "batch", "montecarlo", "demo", "doctor"] {
      #expect(help.output.contains("\n  \(name) "), "\(name)")
      let own = try CommandProcess.run(name, "--help")
      #expect(own.status == 0)
      #expect(own.output.contains("EXAMPLES"), "\(name)")
    }
    #expect(try CommandProcess.run("--version").output.hasPrefix("echelon 0."))
  }

  @Test(arguments: [
    "abs", "log", "sqrt", "difference", "standardize", "normalize", "drop-missing", "stats",
    "correlation", "to-csv", "to-npy", "to-npz", "to-mtx", "to-json", "to-jsonl",
  ])
  func `names every operation in the help of batch`(_ operation: String) throws {
    #expect(try CommandProcess.run("batch", "--help").output.contains("\n  \(operation) "))
  }

  @Test(arguments: [
    ["nonsense"], ["stats"], ["stats", "--workers", "0", "data/iris.csv"],
    ["stats", "--format", "xml", "data/iris.csv"], ["montecarlo", "pi", "--samples", "1"],
    ["montecarlo", "pi", "--samples", "many"], ["montecarlo", "pi", "--seed", "-1"],
    ["montecarlo", "call", "--volatility", "0"], ["batch", "--do", "stats", "--output", "x"],
    ["batch", "--do", "nonsense", "data/iris.csv", "--output", "x"],
    ["batch", "--do", "abs,nonsense", "data/iris.csv", "--output", "x"],
    ["batch", "--do", "abs", "to-csv", "abs", "to-csv", "data/iris.csv", "--output", "x"],
  ])
  func `ends with 2 when it is used wrongly`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: "), "\(run.errors)")
  }

  @Test func `ends quietly when nobody reads on`() throws {
    let run = try CommandProcess.shell("\"$ECHELON\" stats data/*.csv --workers 2 | head -n 1")
    #expect(run.status == 0)
    #expect(run.output == "data/airports.csv  3,376 rows, 7 columns\n")
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  /// Whoever would read has closed the pipe before the command begins.
  @Test(arguments: ["stats data/*.csv", "batch --do abs data/*.csv --output \"$folder/out\""])
  func `makes its page also when nobody reads`(_ command: String) throws {
    let run = try CommandProcess.shell(
      """
      folder=$(mktemp -d) && mkfifo "$folder/go"
      { read -r go < "$folder/go"; "$ECHELON" \(command) --report "$folder/page.html"; \
        echo $? > "$folder/status"; } | { exec 0<&-; echo go > "$folder/go"; }
      cat "$folder/status"; grep -c '</html>' "$folder/page.html"; rm -r "$folder"
      """)
    #expect(run.output == "141\n1\n", "\(run.output) \(run.errors)")
  }

  @Test(arguments: [
    (["filter", "data/cars.csv", "mpg > 8"], "filter 'mpg > 8' data/cars.csv"),
    (["histogram", "data/seattle-weather.csv", "wind"], "histogram wind data/seattle-weather.csv"),
    (["regress", "data/cars.csv", "mpg ~ hp"], "regress 'mpg ~ hp' data/cars.csv"),
    (["sample", "data/cars.csv", "10%"], "sample '10%' data/cars.csv"),
    (["plot", "histogram", "data/cars.csv", "mpg"], "plot histogram mpg data/cars.csv"),
    (["plot", "scatter", "data/cars.csv", "mpg", "hp"], "plot scatter mpg hp data/cars.csv"),
  ])
  func `says what comes first where a file does`(_ words: [String], _ line: String) throws {
    let run = try CommandProcess.run(words)
    #expect(run.status == 2, "\(run.errors)")
    #expect(
      run.errors.contains("is a file; what is wanted of it comes before it: echelon \(line)"),
      "\(run.errors)")
    // A file that is not there stays what is wrong.
    var other = words
    other[other.count - 1] = "data/none.csv"
    let missing = try CommandProcess.run(other)
    #expect(missing.status != 0 && !missing.errors.contains("comes before it"), "\(missing.errors)")
  }

  @Test(arguments: [["convert"], ["filter", "wind > 8"], ["sort", "wind"]])
  func `says how a result is named where it stands behind the input`(_ words: [String]) throws {
    let run = try CommandProcess.run(words + ["data/seattle-weather.csv", "data/no ne.jsonl"])
    #expect(run.status == 2 && run.output.isEmpty, "\(run.errors)")
    #expect(
      run.errors.contains("if the result is to go there, write --output 'data/no ne.jsonl'"),
      "\(run.errors)")
  }

  @Test(arguments: [
    ("describe", "'echelon stats'"), ("report", "'echelon stats … --report PAGE.html'"),
    ("chart", "'echelon plot'"), ("where", "'echelon filter'"),
  ])
  func `knows what other tools call a command`(_ word: String, _ command: String) throws {
    let run = try CommandProcess.run(word, "data/iris.csv")
    #expect(run.status == 2 && run.errors.contains("there is \(command)"), "\(run.errors)")
  }

  @Test func `also when the signal that says so is ignored`() throws {
    let run = try CommandProcess.shell("trap '' PIPE; \"$ECHELON\" stats data/*.csv | head -n 1")
    #expect(run.errors.isEmpty, "\(run.errors)")
  }

  @Test func `says when its output cannot be written`() throws {
    let run = try CommandProcess.shell("\"$ECHELON\" stats data/iris.csv > /dev/full")
    #expect(run.status == 1)
    #expect(run.errors == "echelon: cannot write to standard output: No space left on device\n")
  }

  @Test func `shows control characters of names as escapes`() throws {
    let run = try CommandProcess.shell(
      """
      folder=$(mktemp -d) && cd "$folder" && file=$(printf 'f\\033[31m.csv')
      printf 'a\\033[2J,b\\n1,2\\n' > "$file"
      "$ECHELON" stats "$file"; "$ECHELON" filter 'c > 0' "$file"; rm -r "$folder"
      """)
    #expect(run.output.hasPrefix("f\\u{1B}[31m.csv  1 row"), "\(run.output)")
    #expect(run.output.contains("\na\\u{1B}[2J      1 "), "\(run.output)")
    #expect(run.errors.hasPrefix("echelon: f\\u{1B}[31m.csv: character 1"), "\(run.errors)")
    #expect(!(run.output + run.errors).unicodeScalars.contains("\u{1B}"))
  }

  @Test func `refuses names that are not UTF-8, and does not write to another file`() throws {
    let run = try CommandProcess.shell(
      """
      folder=$(mktemp -d) && file=$(printf "$folder/x\\377.csv") && cp data/iris.csv "$file"
      "$ECHELON" stats "$file"; echo $?
      "$ECHELON" convert data/iris.csv --output "$file"; echo $?
      "$ECHELON" stats "$folder"; echo $?; ls "$folder" | wc -l; rm -r "$folder"
      """)
    #expect(run.output == "2\n2\n1\n1\n", "\(run.output)")
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 3, "\(run.errors)")
    #expect(lines.prefix(2).allSatisfy { $0.contains("x\\xff.csv' is not UTF-8") }, "\(lines)")
    #expect(lines.last?.contains("rename it") == true, "\(lines)")
  }
}
