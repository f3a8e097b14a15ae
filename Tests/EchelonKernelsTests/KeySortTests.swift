import EchelonLinearAlgebra
import TestSupport
import Testing

/// The two sorts of keys against the standard library's, at every instruction set.
@Suite struct KeySortTests {
  /// Kinds of keys that a sort can trip over.
  enum Keys: CaseIterable, Sendable {
    case any, fewValues, rising, falling, halfHighest, equal, organPipe, close

    func make(_ count: Int, _ random: inout TestRandom) -> [UInt64] {
      (0..<count).map { index in
        switch self {
        case .any: random.next()
        case .fewValues: random.next() % 3
        case .rising: UInt64(index)
        case .falling: UInt64(count - index)
        case .halfHighest: random.next() % 2 == 0 ? .max : random.next()
        case .equal: 7
        case .organPipe: UInt64(min(index, count - index))
        case .close: 1 << 63 | random.next() % 1000
        }
      }
    }
  }

  static let counts = [
    0, 1, 2, 7, 8, 9, 63, 64, 65, 66, 71, 72, 79, 80, 81, 127, 128, 255, 256, 257, 1023, 1024, 4099, 9001,
  ]

  @Test(
    "the quicksort sorts keys of every kind, whatever is left to the sort without a worst case",
    arguments: InstructionSet.available, [-1, 0, 1, 4])
  func quick(_ level: InstructionSet, depth: Int) {
    var random = TestRandom(seed: testSeed("KeySortTests.quick"))
    for kind in Keys.allCases {
      for count in Self.counts {
        let keys = kind.make(count, &random)
        // One more on either side, which is nobody's business.
        var sorted = [42] + keys + [43]
        var span = sorted.mutableSpan
        var inner = span._mutatingExtracting(1..<count + 1)
        let hasSort = quickSort(&inner, depth: depth, level: level)
        let expected = hasSort ? keys.sorted() : keys
        #expect(sorted == [42] + expected + [43], "\(kind), \(count) keys")
      }
    }
  }

  @Test("keys are parted at pivots, equal ones among them", arguments: InstructionSet.available)
  func parted(_ level: InstructionSet) {
    var random = TestRandom(seed: testSeed("KeySortTests.parted"))
    for kind in Keys.allCases {
      for count in Self.counts {
        for pivotCount in [0, 1, 2, 153] {
          let keys = kind.make(count, &random)
          let pivots = (kind.make(pivotCount, &random) + [.max]).sorted()
          var parted = keys
          var span = parted.mutableSpan
          guard part(&span, by: pivots.span, level: level) else {
            #expect(level.name != "avx512" && parted == keys)
            continue
          }
          #expect(parted.sorted() == keys.sorted(), "\(kind), \(count) keys")
          for pivot in pivots {
            let less = keys.count { $0 < pivot }
            #expect(parted.prefix(less).allSatisfy { $0 < pivot }, "\(kind), \(count) keys at \(pivot)")
          }
        }
      }
    }
  }

  @Test("AVX-512 has a quicksort, and the others leave keys alone", arguments: InstructionSet.available)
  func isThere(_ level: InstructionSet) {
    var keys: [UInt64] = [2, 1]
    var span = keys.mutableSpan
    #expect(quickSort(&span, level: level) == (level.name == "avx512"))
    #expect(keys == (level.name == "avx512" ? [1, 2] : [2, 1]))
  }

  @Test("the sort by digits sorts the same keys, by all bits and by the highest")
  func radix() {
    var random = TestRandom(seed: testSeed("KeySortTests.radix"))
    for kind in Keys.allCases {
      for count in Self.counts {
        for lowestBit in [0, 8, 40] {
          let keys = kind.make(count, &random)
          var sorted = keys
          var spare = keys
          var span = sorted.mutableSpan
          var room = spare.mutableSpan
          radixSort(&span, spare: &room, from: lowestBit)
          let shift = UInt64(lowestBit)
          // The standard library's sort is stable, too.
          #expect(
            sorted == keys.sorted { $0 >> shift < $1 >> shift }, "\(kind), \(count) keys from \(shift)")
        }
      }
    }
  }
}
