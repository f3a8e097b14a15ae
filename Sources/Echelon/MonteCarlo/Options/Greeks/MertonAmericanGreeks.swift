import EchelonMemory
import EchelonRandom
import Foundation

/// The Greeks of an American option in Merton's model, which is exercised as a policy says.
struct MertonAmericanGreeks: Sendable {
  let frame: ExerciseFrame
  let motion: GreeksFrame
  let path: MertonDates
  let jumpsPerYear: Double
  /// Of the logarithm per year, for what jumps bring.
  let compensation: Double

  init(_ frame: ExerciseFrame, _ option: MertonOption, _ path: MertonDates) {
    self.frame = frame
    motion = GreeksFrame(option.european)
    self.path = path
    jumpsPerYear = option.jumpsPerYear
    compensation = option.jumpsPerYear * expm1(option.logGrowth)
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    if let known = frame.known { return known.components }
    let policy = frame.policy
    let part = 1 / Double(policy.dates)
    var walk = MertonWalk(logSpot: policy.start.logarithm)
    while walk.date + 1 < policy.dates {
      walk.step(path, part: part, deviation: motion.deviation, &generator)
      guard policy.isExercised(ModelPoint(logarithm: walk.place.logarithm), at: walk.date) else {
        continue
      }
      return (frame.european + exercised(walk, &generator)).components
    }
    return frame.european.components
  }

  private func exercised(
    _ walk: MertonWalk, _ generator: inout PhiloxGenerator
  ) -> OptionGreeks {
    let (policy, place) = (frame.policy, walk.place)
    let rest = path.rest(place.logarithm, dates: policy.dates - walk.date, &generator)
    let gain = frame.gain(at: walk.date, mean: rest.mean, variance: rest.variance)
    let (given, years, discount) = (gain.given, motion.years, frame.discount)
    var slopes = frame.slopes(gain, walk.scores)
    if frame.isPathwise {
      slopes.drift = given.drift * place.share
      slopes.deviation = given.drift * place.deviation
    }
    // At one price then, what is given up depends on these, too.
    let left = 1 - place.share
    slopes.drift += given.drift * left
    slopes.deviation +=
      given.deviation * motion.deviation * left / rest.variance.squareRoot()
    var greeks = motion.undiscounted(slopes).scaled(by: discount)
    greeks.rho += years * (gain.slope - discount * given.value)
    // In less time fewer jumps are likely, and less is taken off for them.
    let more = (walk.jumps + rest.jumps) / years - jumpsPerYear
    let moreBefore = walk.jumps / years - jumpsPerYear * place.share
    greeks.theta +=
      discount * (given.value * (motion.rate - more) + compensation * slopes.drift)
      - motion.rate * gain.slope - gain.interest * moreBefore
    return greeks
  }
}
