import Echelon
import Foundation
import TestSupport
import Testing

/// What another process would read.
private func copied(_ state: IsingState) throws -> IsingState {
  try JSONDecoder().decode(IsingState.self, from: try JSONEncoder().encode(state))
}

/// Chains that go on from where others have ended.
@Suite struct `An Ising model goes on` {
  private let model = IsingModel(size: 5, temperature: 2.4)

  @Test func `from fewer sweeps to the bits of one run, on any workers`() throws {
    let seed = testSeed()
    let whole = try pools[0].ising(model, sweeps: 200, burnIn: 7, chains: 3, seed: seed)
    var found: IsingEstimate?
    // What is added may also be nothing.
    for (step, sweeps) in [16, 17, 17, 120, 200].enumerated() {
      found = try pools[step % pools.count].ising(
        model, sweeps: sweeps, burnIn: 7, chains: 3, seed: seed,
        resuming: try found.map { try copied($0.state) })
      #expect(found?.state.sweeps == sweeps && found?.energy.count == 3 * sweeps)
    }
    #expect(found == whole, "seed \(seed)")
  }

  /// Streams change within the first run, between both, and within the second.
  @Test(arguments: [5, 8, 23, 24, 25, 30])
  func `where draws are from another stream`(_ sweepsOfStream: Int) throws {
    let seed = testSeed()
    func found(_ sweeps: Int, from state: IsingState?) throws -> IsingEstimate {
      try pools[1].startIsing(
        model, sweeps: sweeps, burnIn: 8, chains: 2, seed: seed, resuming: state,
        sweepsOfStream: { _ in sweepsOfStream }
      ).result()
    }
    let first = try found(16, from: nil)
    #expect(try found(40, from: first.state) == found(40, from: nil), "seed \(seed)")
  }

  @Test func `from each of the estimates that it is watched by`() async throws {
    let seed = testSeed()
    let pool = pools[1]
    let whole = try await pool.ising(model, sweeps: 1500, burnIn: 3, chains: 2, seed: seed)
    var (last, counts): (IsingEstimate?, [Int]) = (nil, [])
    for try await found in try pool.isingEstimates(
      model, sweeps: 1500, burnIn: 3, chains: 2, seed: seed)
    {
      counts.append(found.state.sweeps)
      if counts.count == 1 {
        let ended = try await pool.ising(
          model, sweeps: 1500, burnIn: 3, chains: 2, seed: seed, resuming: copied(found.state))
        #expect(ended == whole, "after \(found.state.sweeps) sweeps, seed \(seed)")
      }
      last = found
    }
    #expect(last == whole, "seed \(seed)")
    // A reader that is slow may miss estimates, but for the last.
    #expect(Set(counts).isSubset(of: [16, 32, 64, 128, 256, 512, 1024, 1280, 1500]))
    #expect(counts == counts.sorted() && counts.last == 1500)
  }

  /// Chains of many spins are looked at before the burn-in is over.
  @Test func `from within the burn-in, and after any number of sweeps`() async throws {
    let seed = testSeed()
    let pool = pools[1]
    let whole = try await pool.ising(model, sweeps: 40, burnIn: 20, chains: 2, seed: seed)
    var counts: [Int] = []
    // Three sweeps of both chains.
    for try await found in try pool.isingEstimates(
      model, sweeps: 40, burnIn: 20, chains: 2, seed: seed, spinsOfLook: 150)
    {
      let state = try copied(found.state)
      #expect(state == found.state)
      counts.append(state.sweeps)
      if state.sweeps == 0 { #expect(found.energy.mean.isNaN && found.energy.count == 0) }
      let ended = try await pool.ising(
        model, sweeps: 40, burnIn: 20, chains: 2, seed: seed, resuming: state)
      #expect(ended == whole, "after \(state.sweeps) sweeps, seed \(seed)")
      if state.sweeps == 40 { #expect(found == whole) }
    }
    // Some may be missed, but not the last.
    #expect(
      Set(counts).isSubset(of: [0, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 32, 35, 38, 40]),
      "\(counts)")
    #expect(counts.last == 40)
  }

  @Test func `after the deaths of workers`() throws {
    let seed = testSeed()
    let first = try pools[0].ising(model, sweeps: 20, burnIn: 5, chains: 9, seed: seed)
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.ising(
        model, sweeps: 400, burnIn: 5, chains: 9, seed: seed, resuming: first.state)
    }
  }

  @Test func `not from another run, nor to fewer sweeps`() throws {
    let pool = pools[0]
    let state = try pool.ising(model, sweeps: 20, burnIn: 5, chains: 2, seed: 7).state
    func refusal(
      _ model: IsingModel, _ sweeps: Int = 30, burnIn: Int = 5, chains: Int = 2, seed: UInt64 = 7
    ) -> String? {
      do {
        _ = try pool.ising(
          model, sweeps: sweeps, burnIn: burnIn, chains: chains, seed: seed, resuming: state)
        return nil
      } catch { return "\(error)" }
    }
    #expect(refusal(model) == nil)
    #expect(refusal(model, 19)?.contains("19 sweeps that goes on from 20; take more") == true)
    #expect(refusal(model, seed: 8)?.contains("of seed 8 that goes on from one of seed 7") == true)
    let others = [
      refusal(IsingModel(size: 6, temperature: 2.4)), refusal(IsingModel(size: 5, temperature: 2)),
      refusal(model, burnIn: 6), refusal(model, chains: 3),
    ]
    for other in others {
      #expect(other?.contains("that goes on from 2 chains of 5 × 5 spins at 2.4 after 5") == true)
    }
  }

  @Test func `not from a file that is damaged`() throws {
    let state = try pools[0].ising(model, sweeps: 20, burnIn: 5, chains: 2, seed: 7).state
    let saved = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(state)) as? [String: Any])
    func problem(_ key: String, _ value: Any) throws -> String? {
      var other = saved
      other[key] = value
      do {
        _ = try JSONDecoder().decode(
          IsingState.self, from: try JSONSerialization.data(withJSONObject: other))
        return nil
      } catch DecodingError.dataCorrupted(let context) { return context.debugDescription }
    }
    #expect(try problem("chains", 2) == nil)
    #expect(try problem("chains", 0) == "there are 0 chains; take 1 to 65,536")
    #expect(try problem("burnIn", -1) == "there are -1 sweeps of burn-in; take 0 to 2³²")
    #expect(try problem("allSweeps", -1) == "there are -1 sweeps")
    #expect(try problem("allSweeps", 26) == "21 sweeps of 2 chains are 320 bytes")
    #expect(try problem("chains", 3) == "the spins of 3 lattices are 8 bytes")
    let wrong: [String: Any] = ["size": 1, "temperature": 2]
    #expect(
      try problem("model", wrong) == "the model has 1 spins along an edge; take 2 to 16,384")
    // Sums of a sweep before the last, of energies and of spins.
    let numbers = try #require(saved["series"] as? String)
    let sums = try #require(Data(base64Encoded: numbers))
    let spinCount = model.size * model.size
    for (place, limit) in [(3, 2 * spinCount), (23, spinCount), (43, 2 * spinCount)] {
      for value in [limit + 1, -limit - 1, Int(Int32.min)] {
        var series = sums
        for byte in 0..<4 {
          series[4 * place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
        }
        #expect(
          try problem("series", series.base64EncodedString())
            == "a sweep of chain \(place / 40) has sums that no lattice has", "\(place), \(value)")
      }
    }
    // A bit that is another one.
    let text = try #require(saved["spins"] as? String)
    var spins = try #require(Data(base64Encoded: text))
    spins[5] ^= 4
    #expect(
      try problem("spins", spins.base64EncodedString())
        == "the spins of chain 1 are not those of its last sweep")
  }
}
