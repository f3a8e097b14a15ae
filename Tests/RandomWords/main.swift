// Writes random words to standard output for ever, for programs that test them: see `scripts/dieharder`.
//
//     RandomWords 4x32|4x64 sequential|interleaved|indices SEED
//
// `sequential` is one generator after the other, each for 2²⁸ words; `interleaved` one word of each of 1,000 generators
// in turn, whose indices are neighbours; `indices` the first word of each index in turn, as samples draw them.

import EchelonRandom
import Foundation

/// Words are handed over in pieces of so many.
private let pieceLength = 1 << 15

/// Writes words, the low byte first, until nobody reads them.
private func write(_ next: () -> UInt64) throws -> Never {
  var bytes = [UInt8](repeating: 0, count: 8 * pieceLength)
  while true {
    for place in 0..<pieceLength {
      let word = next()
      for byte in 0..<8 {
        bytes[8 * place + byte] = UInt8(truncatingIfNeeded: word &>> (8 * UInt64(byte)))
      }
    }
    try FileHandle.standardOutput.write(contentsOf: Data(bytes))
  }
}

/// Writes the words of the generators that `make` gives, in this order.
private func write(
  order: String, _ make: (_ index: UInt64) -> some RandomNumberGenerator
) throws {
  switch order {
  case "sequential":
    var (index, left, generator) = (0 as UInt64, 1 << 28, make(0))
    try write {
      if left == 0 {
        index += 1
        (left, generator) = (1 << 28, make(index))
      }
      left -= 1
      return generator.next()
    }
  case "interleaved":
    var generators = (0..<1000).map { make($0) }
    var turn = -1
    try write {
      turn = turn == 999 ? 0 : turn + 1
      return generators[turn].next()
    }
  case "indices":
    var index = UInt64.max
    try write {
      index &+= 1
      var generator = make(index)
      return generator.next()
    }
  default: break
  }
}

private let arguments = CommandLine.arguments
if arguments.count == 4, let seed = UInt64(arguments[3]) {
  switch arguments[1] {
  case "4x32": try write(order: arguments[2]) { PhiloxGenerator(seed: seed, index: $0) }
  case "4x64": try write(order: arguments[2]) { Philox64Generator(seed: seed, index: $0) }
  default: break
  }
}
print("RandomWords 4x32|4x64 sequential|interleaved|indices SEED")
exit(2)
