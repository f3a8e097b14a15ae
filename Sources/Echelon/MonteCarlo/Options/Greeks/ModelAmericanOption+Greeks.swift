import EchelonMemory
import EchelonRandom
import Foundation

extension ModelAmericanOption {
  /// The Greeks of the European option where exercising before expiry is never best, as `exactPrice`; nil of all others.
  public var exactGreeks: OptionGreeks? {
    (try? checkGreeks()) != nil && !mayBeEarly ? europeanGreeks : nil
  }

  /// Throws for an option that has no Greeks.
  package func checkGreeks() throws {
    try check()
    if case .heston(let option) = model { try OptionProblem.refuse(option.greeksProblem) }
  }

  private var europeanGreeks: OptionGreeks? {
    switch model {
    case .heston(let option): option.exactGreeks
    case .merton(let option): option.exactGreeks
    }
  }

  /// Samples of the Greeks that a policy brings.
  func greeksSimulation(_ policy: ModelExercise, by method: GreeksMethod) -> GreeksSimulation {
    let european = europeanGreeks ?? OptionGreeks([Double](repeating: .nan, count: 6))
    let frame = ExerciseFrame(policy, european: european, isPathwise: method == .pathwise)
    switch (model, policy.path) {
    case (.merton(let option), .merton(let path)):
      return MertonAmericanGreeks(frame, option, path).simulation
    case (.heston(let option), .heston(let path)):
      return HestonAmericanGreeks(frame, option, path).simulation
    default: preconditionFailure("a policy of another model")
    }
  }
}

/// What samples in both models are made of.
struct ExerciseFrame: Sendable {
  let policy: ModelExercise
  /// Of the option that is exercised at expiry alone.
  let european: OptionGreeks
  let isPathwise: Bool
  let discount: Double
  /// The option of the other kind, which is given up where this one is exercised.
  let other: LogNormalPayoff

  init(_ policy: ModelExercise, european: OptionGreeks, isPathwise: Bool) {
    self.policy = policy
    self.european = european
    self.isPathwise = isPathwise
    discount = exp(-policy.rate * policy.years)
    other = LogNormalPayoff(policy.sign > 0 ? .put : .call, strike: policy.strike)
  }

  /// What is known before any path; nil where paths say it.
  var known: OptionGreeks? {
    if policy.isExercisedNow {
      return OptionGreeks([policy.payoffNow, policy.sign, 0, 0, 0, 0])
    }
    return policy.mayBeEarly ? nil : european
  }

  /// What exercising brings more than the European option, as of today, and how it changes.
  struct Gain {
    /// What is given up, less, undiscounted: by the mean and the deviation of the logarithm at expiry.
    let given: PathSlopes
    /// The interest on the strike until expiry: a put brings it, and a call costs it.
    let interest: Double
    /// ∂ interest/∂(rate·years).
    let slope: Double
    /// All of it, undiscounted.
    let value: Double
  }

  /// - Parameters:
  ///   - mean: of the logarithm at expiry, as its variance, given what has been drawn until then.
  func gain(at date: Int, mean: Double, variance: Double) -> Gain {
    let found = -other.expected(mean: exp(mean + variance / 2), deviation: variance.squareRoot())
    let share = Double(date) / Double(policy.dates)
    let early = exp(-policy.rate * policy.years * share)
    let interest = -policy.sign * policy.strike * (early - discount)
    return Gain(
      given: found, interest: interest,
      slope: -policy.sign * policy.strike * (discount - share * early),
      value: found.value + interest / discount)
  }

  /// By the spot, along the path or by the density of its first step.
  /// - Parameter scores: of the path until the option is exercised.
  func slopes(_ gain: Gain, _ scores: PathOfNormals) -> PathSlopes {
    guard isPathwise else { return scores.slopes(of: gain.value) }
    let slope = gain.given.drift
    return PathSlopes(
      value: gain.value, spot: slope, curvature: (slope - gain.value) * scores.spot)
  }
}
