import Foundation

/// Rivals that `make bench-build` and `make bench-peers` have made, for who does not name others.
enum BuiltPeers {
  /// Names, in the environment, those that lie where these put them below the project's folder, unless it names others
  /// already. Comes before anything that asks for them.
  static func announce() {
    let places = [
      ("ECHELON_PYTHON", ".build/python/bin/python"),
      ("ECHELON_PEERS", "Benchmarks/.build/peers/venv/bin/python"),
      ("ECHELON_OPENMP", "Benchmarks/.build/openmp.so"),
      ("ECHELON_BLAS", "Benchmarks/.build/blas"),
    ]
    for (variable, relative) in places {
      let path = Checkout.path(relative)
      // 0: what is there is kept.
      if FileManager.default.fileExists(atPath: path) { unsafe setenv(variable, path, 0) }
    }
  }
}
