import EchelonRandom

/// A path with jumps on its way from date to date, and how it changes with what it is made of.
struct MertonWalk {
  private(set) var place: SlopedLook.Place
  /// Of the steps, given how often the price jumps.
  private(set) var scores = PathOfNormals()
  /// How often it has jumped.
  private(set) var jumps = 0.0
  private(set) var date = 0

  /// - Parameter logSpot: where it begins.
  init(logSpot: Double) { place = SlopedLook.Place(logarithm: logSpot) }

  /// Takes it to the next date.
  /// - Parameters:
  ///   - part: that of the time which goes by.
  ///   - deviation: of the logarithm until expiry, without jumps.
  @inline(__always)
  mutating func step(
    _ path: MertonDates, part: Double, deviation whole: Double,
    _ generator: inout PhiloxGenerator
  ) {
    date += 1
    let step = path.step(&generator)
    let (deviation, normal) = (step.deviation, step.noise)
    let (noise, variance) = (deviation * normal, deviation * deviation)
    if date == 1 { scores.begin(noise: noise, variance: variance) }
    jumps += step.jumps
    place.logarithm += step.mean + noise
    place.share = Double(date) * part
    place.clock += variance
    // Of the deviation of all of the step by that between jumps.
    let slope = whole * part / deviation
    place.deviation += slope * normal
    scores.noise += noise
    scores.drift += part * normal / deviation
    scores.deviation += slope * (normal * normal - 1) / deviation
  }
}
