public import RealModule

// What makes the mean of samples vary less, for use in the closures of simulations. See also
// `PhiloxGenerator.mirrored`.

extension RandomNumberGenerator {
  /// The mean of `body` over one uniform number of each of `count` equal parts of (0, 1): of a function of one number,
  /// most of whose variation lies between the parts, it varies far less than the mean of as many samples
  /// (stratification).
  ///
  ///     try pool.monteCarlo(samples: n, seed: 42) { rng in
  ///       rng.stratifiedMean(strata: 64) { u, rng in payoff(normalQuantile(u)) }
  ///     }
  ///
  /// It counts as one sample, so that its standard error is right.
  /// - Parameters:
  ///   - count: how many parts, 1 or more.
  ///   - body: gets the number, and the generator for what else it draws.
  /// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering*, §4.3.
  @inlinable
  public mutating func stratifiedMean(
    strata count: Int, _ body: (Double, inout Self) throws -> Double
  ) rethrows -> Double {
    precondition(count >= 1, "\(count) strata; take 1 or more")
    var sum = 0.0
    for stratum in 0..<count {
      // Below 1, and within its part, whatever rounding does.
      let place = min((Double(stratum) + uniformOpen()) / Double(count), 1 - 0x1p-53)
      sum += try body(place, &self)
    }
    return sum / Double(count)
  }

  /// A normal number around `shift`, and what to multiply a sample by that was made of it, so that its expectation is
  /// that with numbers around 0 (importance sampling).
  ///
  ///     try pool.monteCarlo(samples: n, seed: 42) { rng in
  ///       let (z, weight) = rng.shiftedNormal(by: 4)
  ///       return z > 4 ? weight : 0     // the probability of a normal number above 4
  ///     }
  /// - Parameter shift: to where the samples lie that count.
  /// - Returns: the number z, and the quotient of both densities, exp(shift²/2 - shift·z).
  @inlinable
  public mutating func shiftedNormal(by shift: Double) -> (value: Double, weight: Double) {
    let value = normal() + shift
    return (value, .exp(shift * (shift / 2 - value)))
  }
}
