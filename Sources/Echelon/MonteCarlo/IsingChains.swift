import EchelonMemory
import EchelonRandom
import Foundation

/// Lattices with a bit for each spin, set where it is 1; the bits behind the last spin are set.
enum IsingSpins {
  static func byteCount(size: Int) -> Int { (size * size + 7) / 8 }

  /// Those of one of several lattices.
  static func unpacked(_ bytes: [UInt8], chain: Int, size: Int) -> [Int8] {
    let length = byteCount(size: size)
    return unpacked(bytes.span.extracting(chain * length..<(chain + 1) * length), size)
  }

  static func unpacked(_ bytes: Span<UInt8>, _ size: Int) -> [Int8] {
    (0..<size * size).map { bytes[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 ? 1 : -1 }
  }

  static func pack(_ spins: [Int8], into bytes: inout MutableSpan<UInt8>) {
    for place in bytes.indices {
      var byte: UInt8 = 0xFF
      for bit in 0..<min(8, spins.count - 8 * place) where spins[8 * place + bit] < 0 {
        byte &= ~(1 << UInt8(bit))
      }
      bytes[place] = byte
    }
  }
}

/// The chains of a simulation, in shared memory.
struct IsingChains: Sendable {
  static let sweepLimit = 1 << 32

  let model: IsingModel
  let burnIn: Int
  /// Those that count.
  let sweeps: Int
  let chains: Int
  let seed: UInt64
  let sweepsOfStream: Int
  /// How many spins all chains draw from one look to the next, at most.
  var spinsOfLook = 1 << 29
  /// Before a round and after it, and the other way round in the next: who dies in one leaves what it began with.
  let spins: [SharedArray<UInt8>]
  /// Of each chain the energies after the sweeps that count, and then the sums of its spins.
  let series: SharedArray<Int32>

  /// What is wrong, as the end of a sentence.
  static func problem(burnIn: Int, chains: Int) -> String? {
    guard 0...sweepLimit ~= burnIn else { return "\(burnIn) sweeps of burn-in; take 0 to 2³²" }
    guard 1...65_536 ~= chains else { return "\(chains) chains; take 1 to 65,536" }
    return nil
  }

  /// Sweeps after which a run that is watched is looked at: 16 that count, twice as many each time up to 1,024, and then four
  /// times in each doubling; sooner where so many take long.
  func look(after done: Int) -> Int {
    let counted = max(0, done - burnIn)
    let next: Int
    if counted < 16 {
      next = 16
    } else if counted < 1024 {
      next = 1 << (Int.bitWidth - counted.leadingZeroBitCount)
    } else {
      // Multiples of a quarter of the power of 2 below.
      let step = 1 << (Int.bitWidth - 1 - counted.leadingZeroBitCount - 2)
      next = (counted / step + 1) * step
    }
    let most = max(1, spinsOfLook / (chains * model.size * model.size))
    return min(burnIn + next, done + most, burnIn + sweeps)
  }

  /// Writes how far a run has come, or the beginning.
  func restore(_ state: IsingState?) {
    guard let state else {
      return spins[0][0..<spins[0].count].withMutableSpan { $0.update(repeating: 0xFF) }
    }
    spins[0][0..<spins[0].count].withMutableSpan { bytes in
      for place in bytes.indices { bytes[place] = state.spins[place] }
    }
    let counted = state.sweeps
    for part in 0..<2 * chains where counted > 0 {
      series[part * sweeps..<part * sweeps + counted].withMutableSpan { values in
        for sweep in values.indices { values[sweep] = state.series[part * counted + sweep] }
      }
    }
  }

  /// - Parameters:
  ///   - sweepsDone: of each chain.
  ///   - place: of the spins that are the last.
  func state(_ sweepsDone: Int, _ place: Int) -> IsingState {
    let counted = max(0, sweepsDone - burnIn)
    let values = [Int32](unsafeUninitializedCapacity: 2 * chains * counted) { buffer, count in
      series.withSpan { series in
        for part in 0..<2 * chains {
          for sweep in 0..<counted {
            buffer.initializeElement(at: count, to: series[part * sweeps + sweep])
            count += 1
          }
        }
      }
    }
    return IsingState(
      model: model, burnIn: burnIn, chains: chains, seed: seed, allSweeps: sweepsDone,
      spins: Array(spins[place]), series: values)
  }

  /// Some sweeps of a chain.
  /// - Parameter place: of the spins before them.
  func body(_ range: Range<Int>, from place: Int) -> @Sendable (Int) -> Void {
    { run($0, range, from: place) }
  }

  private func run(_ chain: Int, _ range: Range<Int>, from place: Int) {
    let (size, count) = (model.size, model.size * model.size)
    let bytes =
      chain * IsingSpins.byteCount(size: size)..<(chain + 1) * IsingSpins.byteCount(size: size)
    var spins = self.spins[place].withSpan { IsingSpins.unpacked($0.extracting(bytes), size) }
    var (energy, total) = model.sums(of: spins)
    // How often a spin is turned that changes the energy by so much.
    let turned = [-8.0, -4, 0, 4, 8].map { 1 / (1 + exp($0 / model.temperature)) }
    var rng = PhiloxGenerator(seed: seed, index: UInt64(chain))
    let start = 2 * chain * sweeps
    series[start..<start + 2 * sweeps].withMutableSpan { series in
      for sweep in range {
        let (stream, rest) = sweep.quotientAndRemainder(dividingBy: sweepsOfStream)
        if rest == 0 || sweep == range.lowerBound {
          rng = PhiloxGenerator(seed: seed, index: UInt64(chain), stream: UInt32(stream))
          rng.skip(UInt64(rest * count))
        }
        var place = 0
        for row in 0..<size {
          let above = (row == 0 ? size - 1 : row - 1) * size
          let below = (row == size - 1 ? 0 : row + 1) * size
          for column in 0..<size {
            let left = row * size + (column == 0 ? size - 1 : column - 1)
            let right = row * size + (column == size - 1 ? 0 : column + 1)
            let neighbours =
              spins[above + column] + spins[below + column] + spins[left] + spins[right]
            let spin = spins[place]
            let agreement = Int(spin * neighbours)
            // One draw for each spin, whatever becomes of it, so that chains stay comparable.
            if rng.uniform() < turned[agreement / 2 + 2] {
              spins[place] = -spin
              energy += 2 * agreement
              total -= 2 * Int(spin)
            }
            place += 1
          }
        }
        if sweep >= burnIn {
          series[sweep - burnIn] = Int32(energy)
          series[sweeps + sweep - burnIn] = Int32(total)
        }
      }
    }
    self.spins[1 - place][bytes].withMutableSpan { IsingSpins.pack(spins, into: &$0) }
  }
}
