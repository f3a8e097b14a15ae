import CEchelon
import EchelonMemory

/// An append-only table of function signatures: what a worker needs once to run any number of calls
/// of one kind.
///
///     offset  field
///          0  count of entries (atomic), bytes used
///         64  entries: byte offset, byte count
///      16448  bytes
package struct FunctionTable: Sendable {
  let region: Region
  private static var entriesOffset: Int { 64 }
  private static var entryLimit: Int { 2048 }
  private static var bytesOffset: Int {
    entriesOffset + entryLimit * MemoryLayout<function_entry>.stride
  }

  /// The fewest bytes a table has.
  package static var smallestBytes: Int { bytesOffset }

  /// Appends an entry; one thread of the front end at a time. Nil when the table is full.
  package func append(_ bytes: [UInt8]) -> FunctionIndex? {
    let count = Int(region.word32(at: 0).load())
    let used = Int(region.load(at: 8, as: UInt32.self))
    let start = Self.bytesOffset + used
    guard count < Self.entryLimit, start + bytes.count <= region.byteCount else { return nil }
    bytes.withRawSpan { region.copy(from: $0, at: start) }
    region.store(
      function_entry(byte_offset: UInt32(start), byte_count: UInt32(bytes.count)),
      at: Self.entriesOffset + count * MemoryLayout<function_entry>.stride)
    region.store(UInt32(used + bytes.count), at: 8)
    // ORDER(function): releases the bytes and the entry; `withBytes` acquires them.
    region.word32(at: 0).store(UInt32(count + 1))
    return FunctionIndex(UInt32(count))
  }

  /// Lends the bytes of an entry; nil when there is no such entry.
  package func withBytes<R, E: Error>(
    of function: FunctionIndex, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R? {
    // ORDER(function): acquires what `append` released.
    guard function.value < region.word32(at: 0).load(), Int(function.value) < Self.entryLimit
    else { return nil }
    let entry: function_entry = region.load(
      at: Self.entriesOffset + Int(function.value) * MemoryLayout<function_entry>.stride)
    guard Int(entry.byte_offset) + Int(entry.byte_count) <= region.byteCount else { return nil }
    return try region.withBytes(
      at: Int(entry.byte_offset), byteCount: Int(entry.byte_count), body)
  }
}
