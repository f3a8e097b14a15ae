import CPeers
import Echelon
import EchelonComparison
import Glibc

/// Monte Carlo, beside C with OpenMP, NumPy in a pool of processes and numba, and closures beside what is built in.
extension Figures {
  static let monteCarlo =
    [
      besideC(
        "pi", "π from 2·10⁸ points", count: 200_000_000, .ratio(atMost: 1 / 0.95), within: 1e-3,
        rival: peer_monte_carlo_pi
      ) { pool, count in try pool.pi(seed: 42, until: .samples(count)).mean },
      besideC(
        "call", "European call from 10⁸ paths", count: 100_000_000, .ratio(atMost: 1 / 0.9),
        within: 1e-2, rival: peer_monte_carlo_call
      ) { pool, count in
        try pool.price(of: call, seed: 42, until: .samples(count)).mean
      },
      normals,
    ].needing(.monteCarlo) + [scalarClosure, vectorClosure]

  private static let call = EuropeanOption(
    .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)

  private static func besideC(
    _ name: String, _ title: String, count: Int, _ requirement: Requirement, within error: Double,
    rival: @escaping @Sendable (Int) -> Double,
    _ echelon: @escaping @Sendable (ProcessPool, Int) throws -> Double
  ) -> Figure {
    Figure(
      name: "monte-carlo-\(name)", title: title,
      rivalTitle: "C with OpenMP, Philox by vectors, as many threads", requirement: requirement
    ) { setup in
      let pool = try pool(setup)
      let count = count / setup.shrink / 65_536 * 65_536
      try check(peer_monte_carlo_prepare(1024, Int32(setup.workers)), "load its library")
      let expected = rival(count)
      return Contest(
        echelon: {
          var found = 0.0
          let time = try seconds { found = try echelon(pool, count) }
          guard abs(found - expected) < error * Double(setup.shrink).squareRoot() else {
            throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
          }
          return time
        },
        rival: { seconds { _ = rival(count) } },
        end: {
          peer_monte_carlo_release()
          pool.shutdown()
        })
    }
  }

  private static let normals = Figure(
    name: "monte-carlo-normals", title: "2²⁵ normal numbers into a given array",
    rivalTitle: "C with OpenMP, libmvec, as many threads", requirement: .ratio(atMost: 1 / 0.9)
  ) { setup in
    let pool = try pool(setup)
    let count = max(1 << 16, (1 << 25) / setup.shrink)
    let x = try pool.array(repeating: 0.0, count: count)
    try check(
      peer_monte_carlo_prepare(count, Int32(setup.workers)), "allocate \(count) doubles")
    return Contest(
      echelon: {
        let time = try seconds {
          _ = try pool.random(.normal(), count: count, seed: 42, into: x)
        }
        let mean = try pool.mean(x)
        guard abs(mean) < 7 / Double(count).squareRoot() else {
          throw ComparisonError.disagreement(figure: "normals", echelon: mean, rival: 0)
        }
        return time
      },
      rival: { seconds { peer_monte_carlo_normals() } },
      end: {
        peer_monte_carlo_release()
        pool.shutdown()
      })
  }

  /// A user's closures beside the samples that are built in: the same points, whose hits the built-in counts and closures
  /// add up, which rounds.
  private static let scalarClosure = besideBuiltIn(
    "scalar", "π from 10⁸ points by a closure", .ratio(atMost: 2)
  ) { pool, count in
    try pool.monteCarlo(seed: 42, until: .samples(count)) { rng in
      let u = rng.uniform()
      let v = rng.uniform()
      return u * u + v * v < 1 ? 4 : 0
    }
  }

  private static let vectorClosure = besideBuiltIn(
    "SIMD", "π from 10⁸ points by a SIMD closure", .ratio(atMost: 1.3)
  ) { pool, count in
    try pool.monteCarloSIMD(seed: 42, until: .samples(count)) { rng in
      let u = rng.uniform()
      let v = rng.uniform()
      return SIMD8(repeating: 0).replacing(with: 4, where: u * u + v * v .< 1)
    }
  }

  private static func besideBuiltIn(
    _ name: String, _ title: String, _ requirement: Requirement,
    _ sample: @escaping @Sendable (ProcessPool, Int) throws -> MonteCarloEstimate
  ) -> Figure {
    Figure(
      name: "monte-carlo-\(name)-closure", title: title, rivalTitle: "Echelon's own π",
      requirement: requirement
    ) { setup in
      let pool = try pool(setup)
      let count = 100_000_000 / setup.shrink
      func builtIn() throws -> MonteCarloEstimate {
        try pool.pi(seed: 42, until: .samples(count))
      }
      let expected = try builtIn().mean
      return Contest(
        echelon: {
          var found = 0.0
          let time = try seconds { found = try sample(pool, count).mean }
          guard abs(found - expected) < 1e-12 else {
            throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
          }
          return time
        },
        rival: { try seconds { _ = try builtIn() } },
        end: { pool.shutdown() })
    }
  }

  /// The same beside Python; see `Figures.python`.
  static let pythonMonteCarlo = [
    besidePython("numpy-pool", "pi", "π from 10⁸ points", .none),
    besidePython("numpy-pool", "call", "European call from 10⁸ paths", .ratio(atMost: 1 / 5.0)),
    besidePython("numpy-pool", "normals", "10⁸ normal numbers into a given array", .none),
    besidePython("numba", "pi", "π from 10⁸ points", .none),
    besidePython("numba", "call", "European call from 10⁸ paths", .none),
    besidePython("numba", "normals", "10⁸ normal numbers into a given array", .none),
  ]

  private static func besidePython(
    _ rival: String, _ what: String, _ title: String, _ requirement: Requirement
  ) -> Figure {
    Figure(
      name: "\(rival)-\(what)", title: title,
      rivalTitle: rival == "numba" ? "numba, as many threads" : "NumPy in CPython's pool",
      requirement: requirement, needs: [.library(rival == "numba" ? .numba : .numpy)]
    ) { setup in
      let pool = try pool(setup)
      let count = 100_000_000 / setup.shrink
      let x = try pool.array(repeating: 0.0, count: what == "normals" ? count : 0)
      // Eight standard deviations of the difference of both means; of normal numbers Python's pool says the mean of some.
      let deviation = what == "pi" ? 1.65 : 15
      let agreement = Agreement(
        "\(rival)-\(what)",
        within: what == "normals" ? 0.1 : 8 * deviation * (2 / Double(count)).squareRoot(),
        isRelative: false)
      return Contest(
        echelon: {
          var mean = 0.0
          let time = try seconds {
            switch what {
            case "pi": mean = try pool.pi(seed: 42, until: .samples(count)).mean
            case "call":
              mean = try pool.price(of: call, seed: 42, until: .samples(count)).mean
            default: _ = try pool.random(.normal(), count: count, seed: 42, into: x)
            }
          }
          // Python's price is not discounted.
          if what == "call" { mean *= exp(0.03) }
          try agreement.echelon(what == "normals" ? pool.mean(x) : mean)
          return time
        },
        rival: {
          let reply = try reply("\(rival) \(what) \(count) \(setup.workers)")
          try agreement.rival(reply.answer)
          return reply.seconds
        },
        end: { pool.shutdown() })
    }
  }
}
