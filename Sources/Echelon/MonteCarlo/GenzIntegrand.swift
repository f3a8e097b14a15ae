public import EchelonKernels
import EchelonPool
import EchelonRandom
public import EchelonWire
import Foundation

/// One of Genz's integrands over the unit cube [0, 1]ⁿ, whose integrals are known: for trying out methods of integration.
///
/// Each family has one difficulty. Numbers aᵢ > 0 say how large it is in each direction, and uᵢ where it lies.
///
///     family          f(x)
///     oscillatory     cos(2πu₁ + Σ aᵢxᵢ)
///     productPeak     Π 1 / (aᵢ⁻² + (xᵢ - uᵢ)²)
///     cornerPeak      (1 + Σ aᵢxᵢ)⁻⁽ⁿ⁺¹⁾
///     gaussian        exp(-Σ aᵢ²(xᵢ - uᵢ)²)
///     continuous      exp(-Σ aᵢ|xᵢ - uᵢ|)
///     discontinuous   0 where x₁ > u₁ or x₂ > u₂, elsewhere exp(Σ aᵢxᵢ)
///
/// - Source: A. Genz, *Testing multidimensional integration routines*, in *Tools, Methods and Languages for Scientific
///   and Engineering Computation* (1984).
public struct GenzIntegrand: Sendable, Hashable, Codable {
  /// The six kinds.
  public enum Family: String, Sendable, Hashable, Codable, CaseIterable {
    /// A wave.
    case oscillatory
    /// A peak, a product of one in each direction.
    case productPeak = "product-peak"
    /// A peak in the corner at 0, no product.
    case cornerPeak = "corner-peak"
    /// A peak like the density of normal numbers.
    case gaussian
    /// A peak with an edge.
    case continuous
    /// A jump.
    case discontinuous

    /// The sum of the aᵢ that is common in the literature, for 10 dimensions.
    public var usualDifficulty: Double {
      switch self {
      case .oscillatory: 9
      case .productPeak: 7.25
      case .cornerPeak: 1.85
      case .gaussian: 7.03
      case .continuous: 20.4
      case .discontinuous: 4.3
      }
    }
  }

  /// Which one.
  public let family: Family
  /// How hard it is in each direction: aᵢ.
  public let difficulties: [Double]
  /// Where the difficulty lies: uᵢ.
  public let places: [Double]

  /// - Parameters:
  ///   - family: which one.
  ///   - difficulties: aᵢ, above 0, for 1 to 1000 dimensions.
  ///   - places: uᵢ, 0 to 1, as many.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  public init(_ family: Family, difficulties: [Double], places: [Double]) throws {
    func refuse(_ what: String) -> PoolError {
      .invalidArgument("an integrand of Genz's with \(what)")
    }
    guard 1...1000 ~= difficulties.count, places.count == difficulties.count else {
      throw refuse(
        "\(difficulties.count) difficulties and \(places.count) places; take as many, 1 to 1000")
    }
    for a in difficulties where !(a > 0 && a.isFinite) {
      throw refuse("a difficulty of \(a); take one above 0")
    }
    for u in places where !(0...1 ~= u) { throw refuse("a place of \(u); take 0 to 1") }
    (self.family, self.difficulties, self.places) = (family, difficulties, places)
  }

  /// An integrand by chance: aᵢ and uᵢ are uniform numbers, and the aᵢ scaled to a sum.
  /// - Parameters:
  ///   - family: which one.
  ///   - dimensions: 1 to 1000.
  ///   - difficulty: the sum of the aᵢ; `usualDifficulty` without it.
  ///   - seed: the same gives the same integrand.
  /// - Throws: `PoolError.invalidArgument` for what is said above.
  public init(
    _ family: Family, dimensions: Int, difficulty: Double? = nil, seed: UInt64
  ) throws {
    guard 1...1000 ~= dimensions else {
      throw PoolError.invalidArgument(
        "an integrand of Genz's in \(dimensions) dimensions; take 1 to 1000")
    }
    // The integral's points are drawn from the same seed, and from indices that count up from 0.
    var rng = PhiloxGenerator(seed: seed, index: .max)
    let shares = (0..<dimensions).map { _ in rng.uniformOpen() }
    let scale = (difficulty ?? family.usualDifficulty) / shares.reduce(0, +)
    try self.init(
      family, difficulties: shares.map { $0 * scale }, places: shares.map { _ in rng.uniform() })
  }

  /// Reads what `encode` wrote.
  /// - Throws: `DecodingError` for what `init(_:difficulties:places:)` refuses.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    do {
      try self.init(
        values.decode(Family.self, forKey: .family),
        difficulties: values.decode([Double].self, forKey: .difficulties),
        places: values.decode([Double].self, forKey: .places))
    } catch let error as PoolError {
      throw DecodingError.dataCorruptedError(
        forKey: .difficulties, in: values, debugDescription: "\(error)")
    }
  }

  private enum CodingKeys: String, CodingKey {
    case family, difficulties, places
  }

  /// How many numbers a point has.
  public var dimensions: Int { difficulties.count }

  /// The value at a point of `dimensions` coordinates; traps for another number.
  public func callAsFunction(_ x: Span<Double>) -> Double {
    let (a, u) = (difficulties.span, places.span)
    precondition(x.count == a.count, "\(x.count) coordinates of \(a.count)")
    switch family {
    case .oscillatory:
      var sum = 2 * Double.pi * u[0]
      for i in x.indices { sum += a[i] * x[i] }
      return cos(sum)
    case .productPeak:
      var product = 1.0
      for i in x.indices { product *= 1 / (1 / (a[i] * a[i]) + (x[i] - u[i]) * (x[i] - u[i])) }
      return product
    case .cornerPeak:
      var sum = 1.0
      for i in x.indices { sum += a[i] * x[i] }
      return pow(sum, -Double(x.count + 1))
    case .gaussian:
      var sum = 0.0
      for i in x.indices { sum += a[i] * a[i] * (x[i] - u[i]) * (x[i] - u[i]) }
      return exp(-sum)
    case .continuous:
      var sum = 0.0
      for i in x.indices { sum += a[i] * abs(x[i] - u[i]) }
      return exp(-sum)
    case .discontinuous:
      if x[0] > u[0] || (x.count > 1 && x[1] > u[1]) { return 0 }
      var sum = 0.0
      for i in x.indices { sum += a[i] * x[i] }
      return exp(sum)
    }
  }

  /// The integral over the unit cube, by a formula.
  ///
  ///     oscillatory     cos(2πu₁ + Σ aᵢ / 2) Π 2 sin(aᵢ / 2) / aᵢ
  ///     productPeak     Π aᵢ (atan(aᵢ(1 - uᵢ)) + atan(aᵢuᵢ))
  ///     cornerPeak      1 / n! ∫ tⁿ e⁻ᵗ Π (1 - exp(-aᵢt)) / (aᵢt) dt from 0 to ∞
  ///     gaussian        Π √π / (2aᵢ) (erf(aᵢ(1 - uᵢ)) + erf(aᵢuᵢ))
  ///     continuous      Π (2 - exp(-aᵢuᵢ) - exp(-aᵢ(1 - uᵢ))) / aᵢ
  ///     discontinuous   Π (exp(aᵢmᵢ) - 1) / aᵢ, m₁ = u₁ and m₂ = u₂, all others 1
  ///
  /// Genz gives the corner peak as a sum of 2ⁿ terms that all but cancel each other. It is the mean of e⁻ˢᵗ under the
  /// density tⁿ e⁻ᵗ / n!, s being Σ aᵢxᵢ, which leaves one integral of positive numbers; the trapezoidal rule in log t
  /// finds it to a relative error of some n·10⁻¹⁵, for small and large aᵢ alike, where it is 10⁻³⁰⁰ or more.
  public var integral: Double {
    let pairs = zip(difficulties, places)
    switch family {
    case .oscillatory:
      return difficulties.reduce(cos(2 * .pi * places[0] + difficulties.reduce(0, +) / 2)) {
        $0 * 2 * sin($1 / 2) / $1
      }
    case .productPeak:
      return pairs.reduce(1) { $0 * $1.0 * (atan($1.0 * (1 - $1.1)) + atan($1.0 * $1.1)) }
    case .cornerPeak: return cornerPeakIntegral
    case .gaussian:
      return pairs.reduce(1) { product, pair in
        let (a, u) = pair
        return product * Double.pi.squareRoot() / (2 * a) * (erf(a * (1 - u)) + erf(a * u))
      }
    case .continuous:
      return pairs.reduce(1) { product, pair in
        let (a, u) = pair
        return product * -(expm1(-a * u) + expm1(-a * (1 - u))) / a
      }
    case .discontinuous:
      return difficulties.indices.reduce(1) {
        $0 * expm1(difficulties[$1] * ($1 < 2 ? places[$1] : 1)) / difficulties[$1]
      }
    }
  }

  private var cornerPeakIntegral: Double {
    let n = Double(dimensions)
    // The rule's error is the same for any a: the integrand at log t + iθ is that at log (t cos θ) at most, over
    // cos(θ)ⁿ⁺¹, so the relative error is below 2 exp(-2πθ / step) / cos(θ)ⁿ⁺¹ for every θ < π / 2. The best of them
    // leaves 10⁻²⁷ for 1 to 1000 dimensions.
    let step = 0.5 / (n + 13).squareRoot()
    // Beyond, tⁿ⁺¹ e⁻ᵗ / n! is less than 10⁻¹⁸ of what counts, and other factors fall with t.
    let start = log(n + 40 + 12 * n.squareRoot())
    var (sum, before) = (0.0, 0.0)
    // The peak lies at t ≥ 1, and left of it terms fall: from far enough on at least as t.
    for node in 0...Int((start + 45) / step) {
      let term = cornerPeakTerm(exp(start - Double(node) * step))
      sum += term
      if term < before, term < 1e-18 * sum * step { break }
      before = term
    }
    return sum * step
  }

  /// t e⁻ᵗ Π (1 - exp(-aᵢt)) / (i aᵢ), by factors, none of which loses digits; their product stays in range.
  private func cornerPeakTerm(_ t: Double) -> Double {
    let share = exp(-t / Double(dimensions))
    var (product, exponent) = (t, 0)
    for (index, a) in difficulties.enumerated() {
      product *= share * ((a * t < 1e-17 ? t : -expm1(-a * t) / a) / Double(index + 1))
      guard product > 0 else { return 0 }
      exponent += Int(product.exponent)
      product = product.significand
    }
    return Double(sign: .plus, exponent: exponent, significand: product)
  }
}

extension WorkExecutor {
  /// Starts the integration of one of Genz's integrands over the unit cube, and returns the future of the estimate, to be
  /// compared with `GenzIntegrand.integral`.
  /// - Parameters: as for `startIntegrate(over:method:seed:until:)`.
  public func startIntegrate(
    _ integrand: GenzIntegrand, method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) throws -> Future<MonteCarloEstimate> {
    try startIntegrate(
      over: Array(repeating: 0...1, count: integrand.dimensions), method: method, seed: seed,
      until: goal, resuming: state, priority: priority
    ) { integrand($0) }
  }

  /// Integrates one of Genz's integrands; see `startIntegrate(_:method:seed:until:)`.
  public func integrate(
    _ integrand: GenzIntegrand, method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) async throws -> MonteCarloEstimate {
    try await startIntegrate(
      integrand, method: method, seed: seed, until: goal, resuming: state, priority: priority
    ).value
  }

  /// Ever better estimates of the integral of one of Genz's integrands; see
  /// `integralEstimates(over:method:seed:until:)`.
  public func integralEstimates(
    of integrand: GenzIntegrand, method: IntegrationMethod = .plain, seed: UInt64,
    until goal: MonteCarloGoal, resuming state: MonteCarloState? = nil,
    priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<MonteCarloEstimate, any Error> {
    try integralEstimates(
      over: Array(repeating: 0...1, count: integrand.dimensions), method: method, seed: seed,
      until: goal, resuming: state, priority: priority
    ) { integrand($0) }
  }
}
