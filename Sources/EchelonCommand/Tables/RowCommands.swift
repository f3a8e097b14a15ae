import ArgumentParser
import EchelonFiles
import EchelonTables

/// `echelon sample`: rows by chance.
struct SampleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Some of the rows of files, by chance.",
    discussion: """
      The rows come in the order of the file, or with --shuffle in that in which they were drawn. The same seed gives the \
      same rows of a file, and of every other one with as many rows, for any number of workers. A part is of all rows, \
      rounded to the nearest number. Missing values make no difference. \(Guide.whole)

      EXAMPLES
        echelon sample 10 data/iris.csv --seed 7
        echelon sample 5% data/*.csv --output part
        echelon sample 100% data/iris.csv --shuffle --output shuffled.csv
      """)

  @Argument(help: "How many rows, or which part, such as 10%.")
  var size: String
  @Flag(help: "A row may be drawn several times.")
  var replace = false
  @Flag(help: "In the order in which they were drawn.")
  var shuffle = false
  @Option(help: ArgumentHelp("The seed of the draws, 0 to 2⁵³.", valueName: "n"))
  var seed: UInt64 = 42
  @OptionGroup var options: TableOptions

  func run() async throws {
    try options.checkOrder("sample", size)
    let words =
      [size] + (replace ? ["replace"] : []) + (shuffle ? ["shuffle"] : []) + ["seed \(seed)"]
    try await options.run("sample", words.joined(separator: " "))
  }
}

/// `echelon join`: columns of several files side by side.
struct JoinCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "The columns of several files side by side, where key columns agree.",
    discussion: """
      Rows belong together where all keys are equal; a missing key equals none, as in SQL. Rows come in the order of the first \
      file, and with --kind outer those of the others without a partner behind. A column whose name is there already gets \
      _right behind its name. A key that several rows of one file have gives each of them; one that several rows of both \
      have is refused, or with --pairs gives every pair of them. That there are such keys is said. All tables are in memory.

      EXAMPLES
        echelon join people.csv orders.csv --on id --output both.csv
        echelon join prices.csv names.csv --on 'symbol = code' --kind left
        echelon batch --do 'join left names.csv on code' days --output out
      """)

  @Option(
    name: .customLong("on"),
    help: ArgumentHelp(
      "The key columns, with commas between them; NAME = OTHER where the second file has another name.",
      valueName: "names"))
  var keys: String
  @Option(
    help: ArgumentHelp(
      "Which rows without a partner stay: none, those of the left file, all.", valueName: "kind"))
  var kind = Named(TableJoin.Kind.inner)
  @Flag(help: "A row for every pair where several rows of both files have a key.")
  var pairs = false
  @OptionGroup var options: TableOptions

  func run() async throws {
    let join: TableJoin
    do { join = try TableJoin(kind.value, on: keys, allowsAllPairs: pairs) } catch {
      throw WrongUse("join: \(error)", command: "join")
    }
    try options.combine("join", names: join.names) { left, right, path in
      let outcome = try join.joined(left, right, rightName: path)
      for (count, side) in [
        (outcome.duplicateKeys.left, "on the left of \(path)"), (outcome.duplicateKeys.right, path),
      ] where count > 0 {
        Console.writeError(
          "echelon: \(side): \(NumberText.count(count, "key")) with several rows")
      }
      return outcome.table
    }
  }
}

/// `echelon concat`: rows of several files below one another.
struct ConcatenationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "concat",
    abstract: "The rows of several files, which have the same columns, in one.",
    discussion: """
      Columns are found by name and come in the order of the first file. A file with other columns, or with words where there \
      are numbers in the files before it, is refused. A column without any value can be either. All tables are in memory.

      EXAMPLES
        echelon concat days/*.csv --output all.csv.gz
        echelon concat days --types zip=text | echelon stats -
      """)

  @OptionGroup var options: TableOptions

  func run() async throws {
    try options.combine("concat") { above, table, _ in try above.concatenated(table) }
  }
}
