import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import EchelonTables

/// `echelon solve`: systems of linear equations.
struct SolveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "X in A·X = B, A and B being matrices in files.",
    discussion: """
      By LU with exchanges of rows. B has as many rows as A, and a column for each system; columns of X have their names. \
      Missing values and words are refused, a singular A with the column at which elimination finds no pivot, and an A that \
      is singular but for rounding.

      EXAMPLES
        echelon solve A.npy B.csv
        echelon solve A.mtx B.npy --output X.npy
      """)

  @Argument(help: ArgumentHelp("The matrix A.", valueName: "A"), completion: .file())
  var matrix: String
  @Argument(help: ArgumentHelp("The right sides B.", valueName: "B"), completion: .file())
  var right: String
  @OptionGroup var options: ResultOptions

  func run() throws { try options.run("solve", right, on: matrix) }
}

/// `echelon multiply`: products of matrices.
struct MultiplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "multiply",
    abstract: "The product A·B of matrices in files.",
    discussion: """
      A has as many columns as B has rows. The columns of the product have the names of B's. Missing values and words are \
      refused.

      EXAMPLES
        echelon multiply A.npy B.npy --output C.npy
        echelon multiply A.mtx B.csv --format table
      """)

  @Argument(help: ArgumentHelp("The matrix A.", valueName: "A"), completion: .file())
  var matrix: String
  @Argument(help: ArgumentHelp("The matrix B.", valueName: "B"), completion: .file())
  var other: String
  @OptionGroup var options: ResultOptions

  func run() throws { try options.run("multiply", other, on: matrix) }
}

/// `echelon decompose`: factors of matrices.
struct DecomposeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decompose",
    abstract: "Factors of a matrix: LU, QR, singular values, Cholesky, eigenvalues.",
    discussion: """
        lu        p, l, u            the rows of A in the order of p, from 0, are L·U
        qr        q, r               A = Q·R
        svd       u, s, vt           A = U·diag(s)·Vᵀ
        cholesky  l                  A = L·Lᵀ, A symmetric and positive definite
        eigen     values, vectors    ascending where A is symmetric; else in parts .real and .imag

      --output takes an NPZ file, which gets all factors as arrays, or a folder, which gets a CSV file for each; with \
      --factor one factor goes where --output says, or to standard output. Missing values and words are refused.

      EXAMPLES
        echelon decompose svd A.npy --factor s
        echelon decompose qr A.csv --output factors.npz
        echelon batch --do 'decompose svd s' data/digits.npy --output out
      """)

  @Argument(help: "lu, qr, svd, cholesky or eigen.")
  var decomposition: Named<MatrixDecomposition>
  @Argument(
    help: ArgumentHelp("A data file; - is standard input.", valueName: "file"), completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp("One of the factors.", valueName: "name"),
    completion: .list(["p", "l", "u", "q", "r", "s", "vt", "values", "vectors"]))
  var factor: String?
  @OptionGroup var options: ResultOptions

  func run() throws {
    let kind = decomposition.value
    if let factor { return try options.run("decompose", "\(kind.rawValue) \(factor)", on: file) }
    if kind.factorNames.count == 1 {
      return try options.run("decompose", "\(kind.rawValue) \(kind.factorNames[0])", on: file)
    }
    guard let output = options.output, output != InputFile.standardStream else {
      throw WrongUse(
        "there are \(kind.factorNames.count) factors; name one by --factor, or by --output an .npz file or a folder for all",
        command: "decompose")
    }
    let isFolder = !output.hasEnding(".npz")
    let folder = output.hasSuffix("/") ? output : output + "/"
    let protection = InputProtection([file])
    for output in isFolder ? kind.factorNames.map({ "\(folder)\($0).csv" }) : [output] {
      try protection.check(output, command: "decompose", advice: "name another --output")
    }
    let factors = try options.text.table(at: file, options.raw, command: "decompose") {
      try kind.factors(of: $0)
    }
    if !isFolder {
      var writer = try NPZWriter(path: output)
      for (name, factor) in zip(kind.factorNames, factors) {
        let elements = Array(factor.columns.compactMap(\.numbers).joined())
        let isVector = factor.columns.count == 1 && ["p", "s", "values"].contains(name)
        try writer.add(
          name, elements.span,
          shape: isVector ? [factor.rowCount] : [factor.rowCount, factor.columns.count],
          isFortranOrder: true)
      }
      try writer.commit()
    } else {
      do { try Folder.create(output) } catch { throw FileError(error, path: output) }
      for (name, factor) in zip(kind.factorNames, factors) {
        try factor.write(to: "\(folder)\(name).csv", suffix: "csv")
      }
    }
  }
}
