/// The whole numbers of a column of text that no `Double` is, and the rows that they are in.
struct LongIntegers: Sendable, Equatable {
  private struct Found: Equatable {
    let row: Int
    let value: Int128
  }

  private var found: [Found] = []
  /// Whether one of them is none of 64 bits, signed or not.
  private var isTooLong = false

  /// Takes the one of a row, which must have had none.
  /// - Parameter isNegated: whether what is in the row is the number with the other sign.
  mutating func add(_ word: String, row: Int, isNegated: Bool) {
    guard let digits = LostNumbers.digits(of: word), let size = Int128(digits),
      size <= Int128(UInt64.max)
    else {
      isTooLong = true
      return
    }
    found.append(Found(row: row, value: (word.first == "-") == isNegated ? size : -size))
  }

  /// All numbers of the column as integers of 64 bits, of which some may be missing; nil where they are none.
  /// - Parameter numbers: the same as `Double`s, of which those that were added are not looked at.
  func integers(among numbers: [Double]) -> StoredIntegers? {
    guard !found.isEmpty else { return nil }
    return integers(among: numbers, isSigned: true) ?? integers(among: numbers, isSigned: false)
  }

  /// The same as integers of one of both types.
  func integers(among numbers: [Double], isSigned: Bool) -> StoredIntegers? {
    guard !isTooLong else { return nil }
    let found = found.sorted { $0.row < $1.row }
    func bits<Integer: FixedWidthInteger>(_: Integer.Type) -> [UInt64?]? {
      var bits: [UInt64?] = []
      bits.reserveCapacity(numbers.count)
      var next = found[...]
      for (row, number) in numbers.enumerated() {
        if number.isNaN {
          bits.append(nil)
          continue
        }
        let integer: Integer?
        if next.first?.row == row {
          integer = next.popFirst().flatMap { Integer(exactly: $0.value) }
        } else {
          // No integer is -0.
          integer = number.bitPattern == (-0.0).bitPattern ? nil : Integer(exactly: number)
        }
        guard let integer else { return nil }
        bits.append(UInt64(truncatingIfNeeded: integer))
      }
      return bits
    }
    return (isSigned ? bits(Int64.self) : bits(UInt64.self)).map {
      StoredIntegers(isSigned: isSigned, bits: $0)
    }
  }
}

/// Which types of integers of 64 bits have all numbers of a column that comes in pieces.
struct IntegerFit {
  private var isSigned = true
  private var isUnsigned = true

  /// Takes the numbers of a piece.
  /// - Parameter long: those of them that no `Double` is.
  mutating func take(_ numbers: [Double], _ long: LongIntegers) {
    if isSigned { isSigned = long.integers(among: numbers, isSigned: true) != nil }
    if isUnsigned { isUnsigned = long.integers(among: numbers, isSigned: false) != nil }
  }

  /// Whether they are signed; nil if they are none.
  var type: Bool? { isSigned ? true : isUnsigned ? false : nil }
}
