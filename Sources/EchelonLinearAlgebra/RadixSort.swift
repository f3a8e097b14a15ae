/// An element type with a total order in which its bits, changed a little, are whole numbers.
///
/// For floating-point numbers: -∞ < … < -0 < +0 < … < ∞ < NaN; all NaN are one.
public protocol SortableElement: VectorProgramScalar {
  /// An unsigned whole number whose order is that of the elements.
  var sortKey: UInt64 { get }
  /// The element of a key.
  init(sortKey: UInt64)
  /// Bits of a key that differ between elements, counted from the lowest.
  static var sortKeyWidth: Int { get }
  /// Whether the largest key is NaN's, which is last in any order.
  static var hasNaN: Bool { get }
  /// Which type it is.
  static var sortType: SortableType { get }
  /// The nearest Double, halves to even.
  var doubleValue: Double { get }
}

extension SortableElement where Self: BinaryInteger {
  /// See `SortableElement`.
  @inlinable public var doubleValue: Double { Double(self) }
}

extension SortableElement where Self: BinaryFloatingPoint {
  /// See `SortableElement`.
  @inlinable public var doubleValue: Double { Double(self) }
}

/// The types that can be sorted, as they are named in code that travels.
public enum SortableType: UInt8, Sendable, Codable {
  // Never renumbered.
  case float64 = 1
  case float32, int64, int32, uint8, int
}

extension SortableElement {
  /// The key in descending order, in which NaN is last as well.
  @inlinable public var descendingSortKey: UInt64 {
    let largest = UInt64.max >> (64 - UInt64(Self.sortKeyWidth))
    let key = sortKey
    if Self.hasNaN { return key == largest ? key : largest - 1 - key }
    return largest - key
  }

  /// The element of a key of `descendingSortKey`.
  @inlinable public init(descendingSortKey key: UInt64) {
    let largest = UInt64.max >> (64 - UInt64(Self.sortKeyWidth))
    self.init(sortKey: Self.hasNaN ? (key == largest ? key : largest - 1 - key) : largest - key)
  }
}

extension Double: SortableElement {
  /// See `SortableElement`.
  @inlinable public var sortKey: UInt64 {
    if isNaN { return .max }
    let bits = bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
  /// See `SortableElement`.
  @inlinable public init(sortKey key: UInt64) {
    self = key == .max ? .nan : Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
  }
  /// See `SortableElement`.
  @inlinable public static var sortKeyWidth: Int { 64 }
  /// See `SortableElement`.
  @inlinable public static var hasNaN: Bool { true }
  /// See `SortableElement`.
  public static var sortType: SortableType { .float64 }
}

extension Float: SortableElement {
  /// See `SortableElement`.
  @inlinable public var sortKey: UInt64 {
    if isNaN { return UInt64(UInt32.max) }
    let bits = bitPattern
    return UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits)
  }
  /// See `SortableElement`.
  @inlinable public init(sortKey key: UInt64) {
    let bits = UInt32(truncatingIfNeeded: key)
    self = bits == .max ? .nan : Float(bitPattern: bits >> 31 == 1 ? bits & ~(1 << 31) : ~bits)
  }
  /// See `SortableElement`.
  @inlinable public static var sortKeyWidth: Int { 32 }
  /// See `SortableElement`.
  @inlinable public static var hasNaN: Bool { true }
  /// See `SortableElement`.
  public static var sortType: SortableType { .float32 }
}

extension SortableElement where Self: FixedWidthInteger & SignedInteger {
  /// See `SortableElement`.
  @inlinable public var sortKey: UInt64 {
    UInt64(bitPattern: Int64(self)) &+ (1 << (Self.sortKeyWidth - 1)) & Self.keyMask
  }
  /// See `SortableElement`.
  @inlinable public init(sortKey key: UInt64) {
    self.init(truncatingIfNeeded: key &- (1 << (Self.sortKeyWidth - 1)))
  }
  /// See `SortableElement`.
  @inlinable public static var sortKeyWidth: Int { Self.bitWidth }
  /// See `SortableElement`.
  @inlinable public static var hasNaN: Bool { false }
  @inlinable static var keyMask: UInt64 { .max >> (64 - UInt64(sortKeyWidth)) }
}

extension Int64: SortableElement {
  /// See `SortableElement`.
  public static var sortType: SortableType { .int64 }
}
extension Int: SortableElement {
  /// See `SortableElement`.
  public static var sortType: SortableType { .int }
}
extension Int32: SortableElement {
  /// See `SortableElement`.
  public static var sortType: SortableType { .int32 }
}

extension UInt8: SortableElement {
  /// See `SortableElement`.
  @inlinable public var sortKey: UInt64 { UInt64(self) }
  /// See `SortableElement`.
  @inlinable public init(sortKey key: UInt64) { self = UInt8(truncatingIfNeeded: key) }
  /// See `SortableElement`.
  @inlinable public static var sortKeyWidth: Int { 8 }
  /// See `SortableElement`.
  @inlinable public static var hasNaN: Bool { false }
  /// See `SortableElement`.
  public static var sortType: SortableType { .uint8 }
}

/// A key and where its element was.
@frozen public struct IndexedKey: BitwiseCopyable, Sendable {
  /// See `SortableElement`.
  public var key: UInt64
  /// The position in the vector that is sorted.
  public var index: Int

  /// Both put together.
  public init(key: UInt64, index: Int) {
    self.key = key
    self.index = index
  }
}

/// What is sorted by a whole number in it.
public protocol SortRecord: BitwiseCopyable, Sendable {
  /// What it is sorted by.
  var key: UInt64 { get }
  /// Sorts records by their keys, equal ones in the order in which they were.
  /// - Parameters:
  ///   - records: n records, sorted at the end.
  ///   - spare: room for n more.
  ///   - lowestBit: the bits of a key below it need not count.
  static func sort(
    _ records: inout MutableSpan<Self>, spare: inout MutableSpan<Self>, from lowestBit: Int)
}

extension SortRecord {
  /// Sorts by digits of the keys; see `radixSort`.
  @inlinable
  public static func sort(
    _ records: inout MutableSpan<Self>, spare: inout MutableSpan<Self>, from lowestBit: Int
  ) {
    radixSort(&records, spare: &spare, from: lowestBit)
  }
}

extension UInt64: SortRecord {
  /// Itself.
  @inlinable public var key: UInt64 { self }

  /// Sorts by the instruction set's own sort, if it has one: equal keys without anything beside them are the same
  /// in any order.
  public static func sort(
    _ records: inout MutableSpan<UInt64>, spare: inout MutableSpan<UInt64>, from lowestBit: Int
  ) {
    if !quickSort(&records) { radixSort(&records, spare: &spare, from: lowestBit) }
  }
}

extension IndexedKey: SortRecord {}

/// Sorts records by their keys, equal ones in the order in which they were.
///
/// By digits of eight bits, each in a pass from one half of the memory to the other: the 24 highest bits that
/// differ from the lowest digit on, and what is then still out of order by insertion; when that is much, all
/// bits. n·(1 to 12) steps whatever the order.
/// - Source: D. E. Knuth, *The Art of Computer Programming* 3, 2nd ed., §5.2.5, algorithm R and exercise 2.
/// - Parameters:
///   - records: n records, sorted at the end.
///   - spare: room for n more.
///   - lowestBit: the bits of a key below it do not count.
@inlinable
public func radixSort<Record: SortRecord>(
  _ records: inout MutableSpan<Record>, spare: inout MutableSpan<Record>, from lowestBit: Int = 0
) {
  let count = records.count
  precondition(spare.count >= count, "room for \(spare.count) of \(count) records")
  precondition(count <= Int(UInt32.max), "\(count) records at a time")
  guard count > 1 else { return }
  // SAFETY: both have `count` elements, checked, and share none, since both are borrowed for writing.
  unsafe records.withUnsafeMutableBufferPointer { records in
    unsafe spare.withUnsafeMutableBufferPointer { spare in
      unsafe sort(records.baseAddress!, spare.baseAddress!, count, from: lowestBit)
    }
  }
}

@inlinable @inline(never)
func sort<Record: SortRecord>(
  _ records: UnsafeMutablePointer<Record>, _ spare: UnsafeMutablePointer<Record>, _ count: Int,
  from lowestBit: Int
) {
  let first = unsafe records[0].key
  var differing: UInt64 = 0
  for index in 0..<count { unsafe differing |= records[index].key ^ first }
  differing &= .max << UInt64(lowestBit)
  guard differing != 0 else { return }
  let bits = differing.trailingZeroBitCount..<64 - differing.leadingZeroBitCount
  if lowestBit == 0, bits.count > 32 {
    unsafe sort(records, spare, count, by: bits.upperBound - 24..<bits.upperBound, differing)
    if unsafe sortByInsertion(records, count) { return }
  }
  unsafe sort(records, spare, count, by: bits, differing)
}

/// Sorts by some of the bits.
@inlinable @inline(__always)
func sort<Record: SortRecord>(
  _ records: UnsafeMutablePointer<Record>, _ spare: UnsafeMutablePointer<Record>, _ count: Int,
  by bits: Range<Int>, _ differing: UInt64
) {
  var (from, to) = unsafe (records, spare)
  // SAFETY: eight digits at the most, each with 256 values; places are sums of counts of these very records, so
  // each is below `count` when it is used.
  unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 8 * 256) { counts in
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { shifts in
      let counts = counts.baseAddress!
      let shifts = shifts.baseAddress!
      unsafe counts.initialize(repeating: 0, count: 8 * 256)
      var digits = 0
      for shift in stride(from: bits.lowerBound, to: bits.upperBound, by: 8)
      where differing >> UInt64(shift) & 0xff != 0 {
        unsafe shifts[digits] = UInt64(shift)
        digits += 1
      }
      // The counts of all digits in one pass.
      for index in 0..<count {
        let key = unsafe records[index].key
        for digit in 0..<digits {
          let value = unsafe Int(truncatingIfNeeded: key &>> shifts[digit] & 0xff)
          unsafe counts[digit &* 256 &+ value] &+= 1
        }
      }
      for digit in 0..<digits {
        let places = unsafe counts + 256 * digit
        var sum: UInt32 = 0
        for value in 0..<256 {
          let here = unsafe places[value]
          unsafe places[value] = sum
          sum &+= here
        }
        let shift = unsafe shifts[digit]
        for index in 0..<count {
          let record = unsafe from[index]
          let value = Int(truncatingIfNeeded: record.key &>> shift & 0xff)
          let place = unsafe places[value]
          unsafe to[Int(place)] = record
          unsafe places[value] = place &+ 1
        }
        unsafe swap(&from, &to)
      }
    }
  }
  if unsafe from != records { unsafe records.update(from: from, count: count) }
}

/// Sorts what is almost sorted.
/// - Returns: false when it took too many steps, and the records are in another order, equal ones as before.
@inlinable @inline(__always)
func sortByInsertion<Record: SortRecord>(
  _ records: UnsafeMutablePointer<Record>, _ count: Int
) -> Bool {
  var stepsLeft = 2 * count
  for index in 1..<count {
    let record = unsafe records[index]
    let key = record.key
    var place = index
    while place > 0, unsafe records[place &- 1].key > key {
      unsafe records[place] = records[place &- 1]
      place &-= 1
      stepsLeft &-= 1
    }
    unsafe records[place] = record
    if stepsLeft < 0 { return false }
  }
  return true
}
