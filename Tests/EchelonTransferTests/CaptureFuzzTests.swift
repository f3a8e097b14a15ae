import ClosureTable
import EchelonTransfer
import Glibc
import Synchronization
import Testing

/// Damages the message of every closure of the table.
///
/// Decoding must end with an error or with a closure that can be sent on; that the process lives is
/// what is tested. The closures are not called: a changed number is a number, and the user's code may
/// rightly trap on it.
private final class Fuzzer: ClosureVisitor {
  var mutator: Mutator
  let rounds: Int
  var attempts = 0
  var refused = 0
  /// Messages of other closures, to be mixed in.
  private var others: [[UInt8]] = []

  init(seed: UInt64, rounds: Int) {
    mutator = Mutator(random: SeededGenerator(state: seed))
    self.rounds = rounds
  }

  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    typealias Call = FunctionCall<repeat each Argument, Output>
    var writer = ByteWriter()
    guard (try? encodeFunction(storedIn: Call(function), into: &writer)) != nil else { return }
    let valid = writer.copyBytes()
    for _ in 0..<rounds {
      attempts += 1
      let damaged = damage(valid)
      do throws(TransferError) {
        let found = try ByteReader.reading(damaged) { reader throws(TransferError) in
          try decodeFunction(as: Call.self, from: &reader)
        }
        var again = ByteWriter()
        try encodeFunction(storedIn: found, into: &again)
      } catch {
        refused += 1
        _ = error.description
      }
    }
    others.append(valid)
  }

  /// Also: the captures behind an intact head, a piece of another message, a head of another.
  private func damage(_ valid: [UInt8]) -> [UInt8] {
    let head = min(valid.count, 29)
    switch Int.random(in: 0..<4, using: &mutator.random) {
    case 0: return mutator.damage(valid)
    case 1: return Array(valid[..<head]) + mutator.damage(Array(valid[head...]))
    case 2 where !others.isEmpty:
      let other = others.randomElement(using: &mutator.random)!
      return Array(valid[..<head]) + other[min(other.count, head)...]
    case 3 where !others.isEmpty:
      let other = others.randomElement(using: &mutator.random)!
      let cut = Int.random(in: 0...min(other.count, valid.count), using: &mutator.random)
      return Array(other[..<cut]) + valid[cut...]
    default: return mutator.damage(mutator.damage(valid))
    }
  }

  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {}
}

@Suite struct `Damaged closures` {
  private static var seed: UInt64 {
    if let text = unsafe getenv("ECHELON_FUZZ_SEED"),
      let seed = UInt64(unsafe String(cString: text))
    {
      return seed
    }
    return UInt64.random(in: 1...UInt64(UInt32.max))
  }

  @Test func `never crash the reader, whatever is changed`() {
    let seed = Self.seed
    // Printed first: a crash has no time to.
    print("closures are damaged with ECHELON_FUZZ_SEED=\(seed)")
    let fuzzer = Fuzzer(seed: seed, rounds: 500)
    visitTravellers(fuzzer)
    #expect(fuzzer.attempts > 30_000, "seed \(seed)")
    #expect(fuzzer.refused > fuzzer.attempts / 3, "seed \(seed)")
  }

  @Test func `leave nothing behind: no captured value, no half-made context`() throws {
    let text = opaque("a text that is too long to be a small one"), list = opaque([1.0, 2, 3])
    let counted = opaque(Counted(witness: Witness()))
    try checkTransferable(Counted.self)  // so that an optimised build keeps what makes it Codable
    let inner: @Sendable () -> Int = { text.count + list.count }
    let closure: @Sendable () -> Int = { text.count + counted.number + list.count + inner() }
    var writer = ByteWriter()
    try encodeFunction(storedIn: FunctionCall<Int>(closure), into: &writer)
    let valid = writer.copyBytes()
    var mades = 0
    func cutEverywhere() {
      for count in 0...valid.count {
        let made = try? ByteReader.reading(Array(valid[..<count])) { reader in
          try decodeFunction(as: FunctionCall<Int>.self, from: &reader)
        }
        if made != nil { mades += 1 }
      }
    }
    for _ in 0..<50 { cutEverywhere() }
    let before = Self.residentBytes
    for _ in 0..<500 { cutEverywhere() }
    let growth = Self.residentBytes - before
    #expect(mades == 550)
    #expect(Witness.alive.load(ordering: .relaxed) == 1)
    // A context leaked by each that fails would be some eight million bytes.
    #expect(growth < 3_000_000, "\(growth) bytes for \(500 * valid.count) messages")
    withExtendedLifetime(counted) {}
  }

  private static var residentBytes: Int {
    let numbers = unsafe fopen("/proc/self/statm", "r")
    defer { if let numbers = unsafe numbers { unsafe fclose(numbers) } }
    var line = [CChar](repeating: 0, count: 200)
    guard let numbers = unsafe numbers, unsafe fgets(&line, 200, numbers) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
  }
}

/// Counts the objects that decoding makes.
private final class Witness: Codable, Sendable {
  static let alive = Atomic<Int>(0)
  init() { Self.alive.add(1, ordering: .relaxed) }
  convenience init(from decoder: any Decoder) throws { self.init() }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(1)
  }
  deinit { Self.alive.subtract(1, ordering: .relaxed) }
}

private struct Counted: Codable, Sendable {
  var witness: Witness
  var number = 3
}
