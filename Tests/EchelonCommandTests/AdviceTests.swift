import Foundation
import Testing

/// What the command says to someone who expected something else.
@Suite(.timeLimit(.minutes(2))) struct `Advice` {
  @Test(arguments: [
    ("stats --output x.csv", "echelon stats FILE --format csv > stats.csv"),
    ("stats -o x.csv", "'echelon batch --do stats FILE… --output DIR'"),
    ("var -o x", "'echelon batch --do var FILE… --output DIR'"),
    ("montecarlo pi --output x", "'montecarlo pi' has no option --output; the result goes to"),
    ("convert --format json", "that of --to"), ("filter x>1 --resume", "batch --do filter …' has"),
    ("filter x>1 --sep ;", "'filter' has no option --sep; there is --delimiter"),
    ("stats --sep=;", "there is --delimiter"), ("sort x --force", "without being asked"),
    ("stats -j 4", "there is --workers"), ("sort x --report r.html", "batch --do sort …' has it"),
    ("sort x --spearman", "'echelon corr' has it"),
    // What is only misspelt is left to the parser, and what nobody knows.
    ("sort x --outptu y", "Did you mean '--output'?"), ("sort x --nonsense", "'--nonsense'\nUsage"),
  ])
  func `names what does what an option was to do`(_ words: String, _ advice: String) throws {
    let run = try CommandProcess.run(words.split(separator: " ").map(String.init) + ["x.csv"])
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.errors.contains(advice), "\(run.errors)")
  }

  @Test func `names the option for decimal commas where numbers are taken for words`() throws {
    try withFolder { folder in
      func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).csv"))
      }
      try write("a;b;c\n1,5;x;3\n-2,25;y;4,5e3\n;z;5\n", "e")
      try write("a\tb\n,5\tx\n1\ty\n", "t")
      try write("a;b\n1.5;x,y\n2;1\n", "words")
      try write("a;b\n1;1,2,3\n2;1,2\n", "lists")
      try write("a,b\n\"1,5\",2\n", "quoted")
      let advice = "before the fraction, which are taken for words; --decimal-comma reads them"
      for command in [
        ["stats"], ["sort", "a"], ["map", "z = 1"], ["convert"], ["stats", "--all"],
      ] {
        let run = try CommandProcess.run(command + ["\(folder)/e.csv"])
        #expect(run.status == 0)
        #expect(
          run.errors
            == "echelon: \(folder)/e.csv: column 'a' and 1 other have numbers with a comma \(advice)\n",
          "\(command)")
      }
      for name in ["words", "lists", "quoted"] {
        #expect(try CommandProcess.run("stats", "\(folder)/\(name).csv").errors == "", "\(name)")
      }
      let divided = try CommandProcess.run(
        "stats", "\(folder)/e.csv", "--divide-from", "1", "--workers", "2")
      #expect(divided.errors.contains("e.csv: column 'a' and 1 other have"), "\(divided.errors)")
      let packed = try CommandProcess.run(
        "convert", "\(folder)/e.csv", "--delimiter", ";", "--output", "\(folder)/e.tsv.gz")
      #expect(packed.status == 0)
      let both = try CommandProcess.run(
        "stats", "\(folder)/e.tsv.gz", "--divide-from", "1", "--workers", "2")
      #expect(both.errors.contains("e.tsv.gz: column 'a' and 1 other have"), "\(both.errors)")
      let asked = try CommandProcess.run("stats", "\(folder)/e.csv", "--decimal-comma")
      #expect(asked.errors == "")
      let text = try CommandProcess.run("stats", "\(folder)/e.csv", "--types", "a=text,c=text")
      #expect(text.errors == "")
      for options in [[], ["--resume"]] {
        let batch = try CommandProcess.run(
          ["batch", "--do", "abs", "\(folder)/e.csv", "\(folder)/t.csv", "-o", "\(folder)/out"]
            + options)
        #expect(batch.status == 0)
        #expect(
          batch.errors.contains("t.csv: column 'a' has numbers with a comma \(advice)"),
          "\(batch.errors)")
      }
    }
  }
}
