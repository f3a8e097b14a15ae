/// An element type with a total order in which its bits, changed a little, are whole numbers.
///
/// For floating-point numbers: -∞ < … < -0 < +0 < … < ∞ < NaN; all NaN are one.
public protocol SortableElement: BitwiseCopyable, Sendable {
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
}

/// The types that can be sorted, as they are named in code that travels.
public enum SortableType: UInt8, Sendable, Codable {
  // Never renumbered.
  case float64 = 1
  case float32, int64, int32, uint8, int
}

extension SortableElement {
  /// The key in descending order, in which NaN is last as well.
  public var descendingSortKey: UInt64 {
    let largest = UInt64.max >> (64 - UInt64(Self.sortKeyWidth))
    let key = sortKey
    if Self.hasNaN { return key == largest ? key : largest - 1 - key }
    return largest - key
  }

  /// The element of a key of `descendingSortKey`.
  public init(descendingSortKey key: UInt64) {
    let largest = UInt64.max >> (64 - UInt64(Self.sortKeyWidth))
    self.init(sortKey: Self.hasNaN ? (key == largest ? key : largest - 1 - key) : largest - key)
  }
}

extension Double: SortableElement {
  /// See `SortableElement`.
  public var sortKey: UInt64 {
    if isNaN { return .max }
    let bits = bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
  /// See `SortableElement`.
  public init(sortKey key: UInt64) {
    self = key == .max ? .nan : Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
  }
  /// See `SortableElement`.
  public static var sortKeyWidth: Int { 64 }
  /// See `SortableElement`.
  public static var hasNaN: Bool { true }
  /// See `SortableElement`.
  public static var sortType: SortableType { .float64 }
}

extension Float: SortableElement {
  /// See `SortableElement`.
  public var sortKey: UInt64 {
    if isNaN { return UInt64(UInt32.max) }
    let bits = bitPattern
    return UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits)
  }
  /// See `SortableElement`.
  public init(sortKey key: UInt64) {
    let bits = UInt32(truncatingIfNeeded: key)
    self = bits == .max ? .nan : Float(bitPattern: bits >> 31 == 1 ? bits & ~(1 << 31) : ~bits)
  }
  /// See `SortableElement`.
  public static var sortKeyWidth: Int { 32 }
  /// See `SortableElement`.
  public static var hasNaN: Bool { true }
  /// See `SortableElement`.
  public static var sortType: SortableType { .float32 }
}

extension SortableElement where Self: FixedWidthInteger & SignedInteger {
  /// See `SortableElement`.
  public var sortKey: UInt64 {
    UInt64(bitPattern: Int64(self)) &+ (1 << (Self.sortKeyWidth - 1)) & Self.keyMask
  }
  /// See `SortableElement`.
  public init(sortKey key: UInt64) {
    self.init(truncatingIfNeeded: key &- (1 << (Self.sortKeyWidth - 1)))
  }
  /// See `SortableElement`.
  public static var sortKeyWidth: Int { Self.bitWidth }
  /// See `SortableElement`.
  public static var hasNaN: Bool { false }
  private static var keyMask: UInt64 { .max >> (64 - UInt64(sortKeyWidth)) }
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
  public var sortKey: UInt64 { UInt64(self) }
  /// See `SortableElement`.
  public init(sortKey key: UInt64) { self = UInt8(truncatingIfNeeded: key) }
  /// See `SortableElement`.
  public static var sortKeyWidth: Int { 8 }
  /// See `SortableElement`.
  public static var hasNaN: Bool { false }
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
}

extension UInt64: SortRecord {
  /// Itself.
  public var key: UInt64 { self }
}

extension IndexedKey: SortRecord {}

/// Sorts records by their keys, equal ones in the order in which they were.
///
/// By digits of eight bits from the lowest on, each in a pass from one half of the memory to the other; digits
/// that are the same in all records are passed over. n·(1 to 8) steps whatever the order.
/// - Source: D. E. Knuth, *The Art of Computer Programming* 3, 2nd ed., §5.2.5, algorithm R.
/// - Parameters:
///   - records: n records, sorted at the end.
///   - spare: room for n more.
public func radixSort<Record: SortRecord>(
  _ records: inout MutableSpan<Record>, spare: inout MutableSpan<Record>
) {
  let count = records.count
  precondition(spare.count >= count, "room for \(spare.count) of \(count) records")
  guard count > 1 else { return }
  // SAFETY: both have `count` elements, checked; every position is a sum of counts of these, below `count`.
  unsafe records.withUnsafeMutableBufferPointer { records in
    unsafe spare.withUnsafeMutableBufferPointer { spare in
      unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: 8 * 256) { counts in
        unsafe sort(records.baseAddress!, spare.baseAddress!, count, counts.baseAddress!)
      }
    }
  }
}

private func sort<Record: SortRecord>(
  _ records: UnsafeMutablePointer<Record>, _ spare: UnsafeMutablePointer<Record>, _ count: Int,
  _ counts: UnsafeMutablePointer<Int>
) {
  unsafe counts.initialize(repeating: 0, count: 8 * 256)
  // Which bits differ at all; then all digits' counts in one pass.
  let first = unsafe records[0].key
  var differing: UInt64 = 0
  for index in 0..<count { unsafe differing |= records[index].key ^ first }
  let digits = (0..<8).filter { differing >> (8 * UInt64($0)) & 0xff != 0 }
  for index in 0..<count {
    let key = unsafe records[index].key
    for digit in digits {
      unsafe counts[digit &* 256 &+ Int(truncatingIfNeeded: key &>> UInt64(8 &* digit) & 0xff)] &+=
        1
    }
  }
  var (from, to) = unsafe (records, spare)
  for digit in digits {
    let places = unsafe counts + digit * 256
    var sum = 0
    for value in 0..<256 {
      let here = unsafe places[value]
      unsafe places[value] = sum
      sum &+= here
    }
    let shift = UInt64(8 * digit)
    for index in 0..<count {
      let record = unsafe from[index]
      let value = Int(truncatingIfNeeded: record.key &>> shift & 0xff)
      let place = unsafe places[value]
      unsafe to[place] = record
      unsafe places[value] = place &+ 1
    }
    unsafe swap(&from, &to)
  }
  if unsafe from != records { unsafe records.update(from: from, count: count) }
}
