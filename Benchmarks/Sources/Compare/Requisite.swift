import CPeers
import EchelonComparison
import Foundation

/// Something that figures are measured beside and that a machine may lack.
enum Requisite: Hashable, Sendable {
  /// A Python to run `python.py`.
  case python
  /// A library of that Python.
  case library(PythonLibrary)
  /// A pool of processes for Python, as `pools.py` calls it.
  case pool(String, package: String?)
  /// NumPy in the Python of those pools.
  case poolArrays
  /// The library made of `openmp.c`.
  case openMP
  /// What is in it from `monte_carlo.c`.
  case monteCarlo
  /// The program made of `blas.c`.
  case blas
  case sleef

  /// For the list of what is missing.
  var name: String {
    switch self {
    case .python: "Python"
    case .library(let library): library.rawValue
    case .pool(let name, _): name
    case .poolArrays: "numpy for pools of processes"
    case .openMP: "OpenMP"
    case .monteCarlo: "OpenMP's Monte Carlo"
    case .blas: "BLAS and LAPACK with threads of their own"
    case .sleef: "SLEEF"
    }
  }

  /// Why it cannot be used; nil when it can.
  var lack: String? {
    switch self {
    case .python: PythonLibrary.python == nil ? PythonLibrary.noPython : nil
    case .library(let library): library.lack
    case .pool(let name, _): PoolPeer.versions[name] == nil ? PoolPeer.lack : nil
    case .poolArrays: PoolPeer.versions["numpy"] == nil ? PoolPeer.lack : nil
    case .openMP:
      peer_has_openmp() == 0 ? "ECHELON_OPENMP names no library that can be loaded" : nil
    case .monteCarlo:
      peer_has_monte_carlo() == 0 ? "its library is not there or was made without AVX2" : nil
    case .blas: Figures.blasProgram == nil ? "ECHELON_BLAS names no program" : nil
    case .sleef: peer_has_sleef() == 0 ? "libsleef.so.3 is not installed" : nil
    }
  }

  /// The command that installs it, in the project's folder.
  var command: String {
    switch self {
    case .library(let library) where PythonLibrary.isUsable && !PythonLibrary.isOwn:
      "\(PythonLibrary.interpreter ?? "python3") -m pip install \(library.rawValue)"
    case .python, .library, .openMP, .monteCarlo, .blas: "make bench-build"
    case .pool(_, .some(let package)): "make bench-peers PEERS=\(package)"
    case .pool(_, nil), .poolArrays: "make bench-peers"
    case .sleef: "apt-get install libsleef3"
    }
  }
}

/// What is wanted and cannot be measured.
struct LeftOut {
  /// Of things that are missing for one reason and come by one command.
  private struct Line {
    let why: String
    let command: String
    var missing: [String] = []
    var figures: [String] = []
  }

  private var lines: [Line] = []

  var isEmpty: Bool { lines.isEmpty }

  /// Whether all is there that a figure needs. Notes what is not.
  mutating func has(_ needs: [Requisite], for name: String) -> Bool {
    for need in needs {
      guard let why = need.lack else { continue }
      let command = need.command
      let index =
        lines.firstIndex { $0.why == why && $0.command == command } ?? lines.endIndex
      if index == lines.endIndex { lines.append(Line(why: why, command: command)) }
      if !lines[index].missing.contains(need.name) { lines[index].missing.append(need.name) }
      lines[index].figures.append(name)
      return false
    }
    return true
  }

  /// For standard error.
  var report: String {
    let text = lines.map { line in
      let more = line.figures.count > 4 ? ", and \(line.figures.count - 3) more" : ""
      let figures = line.figures.prefix(more.isEmpty ? 4 : 3).joined(separator: ", ") + more
      return
        "  \(line.missing.joined(separator: ", ")): \(line.why); '\(line.command)' installs it "
        + "(\(figures))"
    }
    return """
      left out, because what they are measured beside is missing (commands are for the folder \
      \(Checkout.folder)):
      \(text.joined(separator: "\n"))
      """
  }
}
