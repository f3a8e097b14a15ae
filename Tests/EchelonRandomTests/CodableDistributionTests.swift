import EchelonRandom
import Foundation
import TestSupport
import Testing

@Suite struct `Distributions as JSON` {
  private func isRefused<Value: Decodable>(_ type: Value.Type, _ text: String) -> Bool {
    do {
      _ = try JSONDecoder().decode(type, from: Data(text.utf8))
      return false
    } catch { return error is DecodingError }
  }

  @Test func `categories draw the same after they have been read again`() throws {
    let seed = testSeed()
    let distribution = try CategoricalDistribution(weights: [0.2, 0, 3, 1e-9, 7])
    let read = try JSONDecoder().decode(
      CategoricalDistribution.self, from: try JSONEncoder().encode(distribution))
    #expect(read == distribution)
    for index in 0..<1000 {
      var (a, b) = (
        PhiloxGenerator(seed: seed, index: UInt64(index)),
        PhiloxGenerator(seed: seed, index: UInt64(index))
      )
      #expect(read.sample(using: &a) == distribution.sample(using: &b), "seed \(seed)")
    }
  }

  @Test(arguments: [
    #"{"shares":[],"aliases":[]}"#, #"{"shares":[1,2],"aliases":[0]}"#,
    #"{"shares":[1,2],"aliases":[0,2]}"#, #"{"shares":[1,2],"aliases":[-1,0]}"#,
    #"{"shares":[-1],"aliases":[0]}"#, #"{"aliases":[0]}"#,
  ])
  func `tables that are none of categories are refused`(_ text: String) {
    #expect(isRefused(CategoricalDistribution.self, text))
  }

  @Test func `Dirichlet's draws the same after it has been read again`() throws {
    let seed = testSeed()
    let distribution = try DirichletDistribution(concentrations: [0.1, 2, 1.0 / 3])
    let read = try JSONDecoder().decode(
      DirichletDistribution.self, from: try JSONEncoder().encode(distribution))
    #expect(read == distribution)
    var (a, b) = (PhiloxGenerator(seed: seed, index: 0), PhiloxGenerator(seed: seed, index: 0))
    for _ in 0..<100 {
      #expect(read.sample(using: &a) == distribution.sample(using: &b), "seed \(seed)")
    }
  }

  @Test(arguments: ["[]", "[1,0]", "[-1]", "[1e400]"])
  func `concentrations that are none are refused`(_ text: String) {
    #expect(isRefused(DirichletDistribution.self, #"{"concentrations":\#(text)}"#))
  }
}
