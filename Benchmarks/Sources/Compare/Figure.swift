import EchelonComparison

/// Something that is measured: Echelon's way and a rival's way of doing the same.
struct Figure: Sendable {
  /// For `--only`.
  let name: String
  /// What Echelon does, for the table.
  let title: String
  /// What the rival does, for the table.
  let rivalTitle: String
  let requirement: Requirement
  /// What it is about, for the page; `about(_:)` says it of many.
  var subject = Subject.kernels
  /// What it is measured beside, where a machine may lack that; `needing(_:)` says it of many.
  var needs: [Requisite] = []
  /// Makes what is needed, warm, and returns both sides.
  let prepare: @Sendable (Setup) throws -> Contest
}

extension [Figure] {
  /// The same figures under another heading.
  func about(_ subject: Subject) -> [Figure] {
    map { figure in
      var figure = figure
      figure.subject = subject
      return figure
    }
  }

  /// The same figures, each of which is left out where this is missing.
  func needing(_ requisite: Requisite) -> [Figure] {
    map { figure in
      var figure = figure
      figure.needs.insert(requisite, at: 0)
      return figure
    }
  }
}

/// Both sides of a figure, ready to run. Each call measures once and returns seconds per operation.
struct Contest {
  let echelon: () throws -> Double
  let rival: () throws -> Double
  /// Gives back what the rival holds.
  var end: () -> Void = {}
}

/// What the command line said.
struct Setup: Sendable {
  let workers: Int
  let pairs: PairPlan
  /// Divides the sizes; 1 for a real run.
  let shrink: Int
}

/// Why a comparison was given up.
enum ComparisonError: Error, CustomStringConvertible {
  /// Echelon and the rival did not compute the same.
  case disagreement(figure: String, echelon: Double, rival: Double)
  /// A rival in C could not be set up.
  case rivalFailed(String)
  /// A program that measures a rival gave no number.
  case programFailed(String)
  /// Echelon held what it should not hold.
  case tooMuchMemory(byteCount: Int)

  /// One sentence for the person at the terminal.
  var description: String {
    switch self {
    case .disagreement(let figure, let echelon, let rival):
      "\(figure): Echelon computed \(echelon) and the rival \(rival); a time for a wrong answer means nothing"
    case .rivalFailed(let what):
      "the C side could not \(what); free memory or lower the size with --shrink"
    case .programFailed(let command):
      "the rival's program gave no time or no answer: \(command); run that to see what it says, or have 'make bench-build' make it anew"
    case .tooMuchMemory(let byteCount):
      "Echelon held \(byteCount) bytes over a mapped file; it has to stay below 200,000,000"
    }
  }
}
