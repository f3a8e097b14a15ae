/// One thing of each of the paths that walk beside another: of lower and of higher variance today, of fewer and of more years.
struct HestonMoved<Part> {
  var low: Part
  var high: Part
  var short: Part
  var long: Part

  func map<Other>(_ make: (Part) -> Other) -> HestonMoved<Other> {
    HestonMoved<Other>(low: make(low), high: make(high), short: make(short), long: make(long))
  }
}

extension HestonMoved: BitwiseCopyable where Part: BitwiseCopyable {}
extension HestonMoved: Sendable where Part: Sendable {}

extension HestonMoved<HestonOption> {
  /// How far they are moved, as a part. Where V often comes near 0, the squares of the errors are as the inverse of it;
  /// else it counts for nothing but the bias, which is as its square.
  private static let step = 1.0 / 32

  init(_ option: HestonOption) {
    self.init(low: option, high: option, short: option, long: option)
    // Far enough for digits to be left of the difference, where V is tiny and on its way up.
    let move = max(Self.step * option.variance, option.meanVariance / 1024)
    (low.variance, high.variance) = (max(0, option.variance - move), option.variance + move)
    (short.years, long.years) = (
      (1 - Self.step) * option.years, (1 + Self.step) * option.years
    )
  }
}

/// What vega and theta are the differences of: other options, whose paths are made of the same numbers.
struct HestonMoves: BitwiseCopyable, Sendable {
  let paths: HestonMoved<HestonPath>
  /// Vega and theta through the differences of prices.
  let vega: Double
  let theta: Double

  /// - Parameter dates: those at which paths are looked at; nil where only their ends are.
  init(_ option: HestonOption, dates: Int? = nil) {
    let options = HestonMoved(option)
    paths = options.map { option in
      dates.map { HestonDates(option, dates: $0).path } ?? HestonPath(option)
    }
    vega = 2 * option.variance.squareRoot() / (options.high.variance - options.low.variance)
    theta = -1 / (options.long.years - options.short.years)
  }

  /// Where the paths begin.
  var start: HestonMoved<HestonPath.Walk> { paths.map { $0.start } }

  /// Takes the step of the path that they are beside; see `HestonPath.follow`.
  @inline(__always)
  func follow(
    _ walks: inout HestonMoved<HestonPath.Walk>, _ number: inout HestonPath.CommonNumber,
    noise: Double = 0, isSquare: Bool
  ) {
    paths.low.follow(&walks.low, &number, noise: noise, isSquare: isSquare)
    paths.high.follow(&walks.high, &number, noise: noise, isSquare: isSquare)
    paths.short.follow(&walks.short, &number, noise: noise, isSquare: isSquare)
    paths.long.follow(&walks.long, &number, noise: noise, isSquare: isSquare)
  }

  /// - Parameter values: what is paid along each path, discounted.
  func vega(_ values: HestonMoved<Double>) -> Double { vega * (values.high - values.low) }
  func theta(_ values: HestonMoved<Double>) -> Double { theta * (values.long - values.short) }
}
