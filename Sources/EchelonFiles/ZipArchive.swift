import EchelonMemory

/// The members of a zip archive, as its directory lists them, each checked against the file.
///
///     local header, name, extra fields, data          of each member
///     directory entry, name, extra fields, comment    of each member
///     [zip64 end, its locator]                        when a number does not fit into the end
///     end                                             how many, and where the directory is
///
/// Nothing here is trusted: every offset and length is checked before it is used, and no two members may
/// share bytes, so that the work on a file is bounded by its size.
///
/// Source: PKWARE, *APPNOTE.TXT: .ZIP File Format Specification*, 6.3.10.
struct ZipArchive {
  /// A member of the archive.
  struct Member {
    let name: String
    /// 0 for stored, 8 for deflated, others for what is not read.
    let method: UInt16
    let isEncrypted: Bool
    let checksum: UInt32
    /// Bytes of the member when it is expanded.
    let byteCount: Int
    /// The data in the archive.
    let range: Range<Int>
  }

  private(set) var members: [Member] = []

  /// Whether a file with these first bytes is a zip archive, maybe of no member.
  static func isPresent(in bytes: Span<UInt8>) -> Bool {
    bytes.matches("PK\u{3}\u{4}", at: 0) || bytes.matches("PK\u{5}\u{6}", at: 0)
  }

  init(_ bytes: Span<UInt8>, path: String) throws(FileError) {
    let reader = ZipReader(path: path)
    var directory = try reader.directory(bytes)
    while directory.remaining > 0 {
      try members.append(reader.member(bytes, &directory))
    }
    guard directory.offset == directory.end else {
      throw reader.malformed(directory.offset, "the directory is longer than its entries")
    }
    let byPlace = members.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (member, next) in zip(byPlace, byPlace.dropFirst())
    where member.range.upperBound > next.range.lowerBound {
      throw reader.malformed(
        next.range.lowerBound, "'\(next.name)' shares bytes with '\(member.name)'")
    }
  }
}

/// The numbers of a zip archive, with their bounds.
private struct ZipReader {
  struct Directory {
    var offset: Int
    let end: Int
    var remaining: Int
  }

  let path: String

  func malformed(_ offset: Int, _ what: String) -> FileError {
    .malformedZip(path: path, offset: offset, what: what)
  }

  /// An unsigned number in the file.
  private func number<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, _ offset: Int, as type: Value.Type
  ) throws(FileError) -> Int {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
      throw malformed(offset, "the archive ends within a header")
    }
    guard let value = Int(exactly: Value(littleEndian: bytes.loadInteger(at: offset))) else {
      throw malformed(offset, "a length or place of more than 2^63")
    }
    return value
  }

  private func short(_ bytes: Span<UInt8>, _ offset: Int) throws(FileError) -> Int {
    try number(bytes, offset, as: UInt16.self)
  }

  private func word(_ bytes: Span<UInt8>, _ offset: Int) throws(FileError) -> Int {
    try number(bytes, offset, as: UInt32.self)
  }

  private func long(_ bytes: Span<UInt8>, _ offset: Int) throws(FileError) -> Int {
    try number(bytes, offset, as: UInt64.self)
  }

  /// A range of the file.
  private func range(
    _ bytes: Span<UInt8>, _ offset: Int, _ count: Int, _ what: String
  ) throws(FileError) -> Range<Int> {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw malformed(min(max(offset, 0), bytes.count), "\(what) lies beyond the end of the file")
    }
    return offset..<offset + count
  }

  /// Finds the directory through the end record.
  func directory(_ bytes: Span<UInt8>) throws(FileError) -> Directory {
    let endByteCount = 22
    var end = bytes.count - endByteCount
    // Only a comment, whose length is known, may come after it.
    let first = max(0, end - 0xFFFF)
    while end >= first {
      if bytes.matches("PK\u{5}\u{6}", at: end),
        try short(bytes, end + 20) == bytes.count - end - endByteCount
      {
        break
      }
      end -= 1
    }
    guard end >= first, end >= 0 else {
      throw malformed(
        bytes.count, "no end record of a zip archive; copy it again, it was cut short")
    }
    var disks = try [short(bytes, end + 4), short(bytes, end + 6)]
    var counts = try [short(bytes, end + 8), short(bytes, end + 10)]
    var byteCount = try word(bytes, end + 12)
    var offset = try word(bytes, end + 16)
    let locator = end - 20
    if locator >= 0, bytes.matches("PK\u{6}\u{7}", at: locator) {
      let large = try long(bytes, locator + 8)
      _ = try range(bytes, large, 56, "the zip64 end record")
      guard bytes.matches("PK\u{6}\u{6}", at: large) else {
        throw malformed(large, "expected the zip64 end record")
      }
      disks = try [word(bytes, large + 16), word(bytes, large + 20)]
      counts = try [long(bytes, large + 24), long(bytes, large + 32)]
      byteCount = try long(bytes, large + 40)
      offset = try long(bytes, large + 48)
    }
    guard disks == [0, 0], counts[0] == counts[1] else {
      throw malformed(end, "an archive in several files; join them")
    }
    let place = try range(bytes, offset, byteCount, "the directory")
    return Directory(offset: place.lowerBound, end: place.upperBound, remaining: counts[0])
  }

  /// Reads the next entry of the directory.
  func member(
    _ bytes: Span<UInt8>, _ directory: inout Directory
  ) throws(FileError) -> ZipArchive.Member {
    let entry = directory.offset
    guard entry <= directory.end - 46, bytes.matches("PK\u{1}\u{2}", at: entry) else {
      throw malformed(entry, "expected an entry of the directory")
    }
    let (flags, method) = (try short(bytes, entry + 8), try short(bytes, entry + 10))
    let checksum = try word(bytes, entry + 16)
    var sizes = (stored: try word(bytes, entry + 20), expanded: try word(bytes, entry + 24))
    let nameCount = try short(bytes, entry + 28)
    let extraCount = try short(bytes, entry + 30)
    let commentCount = try short(bytes, entry + 32)
    var local = try word(bytes, entry + 42)
    let name = entry + 46..<entry + 46 + nameCount
    let next = name.upperBound + extraCount + commentCount
    guard next <= directory.end else {
      throw malformed(entry, "the entry is longer than the directory")
    }

    // Numbers that do not fit are in an extra field, in this order.
    var wide = try zip64Field(bytes, name.upperBound..<name.upperBound + extraCount)
    if sizes.expanded == 0xFFFF_FFFF { sizes.expanded = try take(&wide, bytes) }
    if sizes.stored == 0xFFFF_FFFF { sizes.stored = try take(&wide, bytes) }
    if local == 0xFFFF_FFFF { local = try take(&wide, bytes) }

    _ = try range(bytes, local, 30, "the header of a member")
    guard bytes.matches("PK\u{3}\u{4}", at: local) else {
      throw malformed(local, "expected the header of a member")
    }
    let localNameCount = try short(bytes, local + 26)
    let header = try range(
      bytes, local + 30, localNameCount + short(bytes, local + 28), "the header of a member")
    guard localNameCount == nameCount,
      (0..<nameCount).allSatisfy({ bytes[local + 30 + $0] == bytes[name.lowerBound + $0] })
    else {
      throw malformed(local, "the header of a member has another name than the directory")
    }
    let text = bytes.text(name)
    let data = try range(bytes, header.upperBound, sizes.stored, "the data of '\(text)'")
    directory.offset = next
    directory.remaining -= 1
    return ZipArchive.Member(
      name: text, method: UInt16(method), isEncrypted: flags & 1 == 1,
      checksum: UInt32(checksum), byteCount: sizes.expanded, range: data)
  }

  /// The zip64 field among extra fields; empty when there is none.
  private func zip64Field(
    _ bytes: Span<UInt8>, _ extra: Range<Int>
  ) throws(FileError) -> Range<Int> {
    var offset = extra.lowerBound
    while offset <= extra.upperBound - 4 {
      let count = try short(bytes, offset + 2)
      guard count <= extra.upperBound - offset - 4 else { break }
      if try short(bytes, offset) == 1 { return offset + 4..<offset + 4 + count }
      offset += 4 + count
    }
    return extra.upperBound..<extra.upperBound
  }

  private func take(_ field: inout Range<Int>, _ bytes: Span<UInt8>) throws(FileError) -> Int {
    guard field.count >= 8 else {
      throw malformed(field.lowerBound, "expected a zip64 length or place")
    }
    let value = try long(bytes, field.lowerBound)
    field = field.lowerBound + 8..<field.upperBound
    return value
  }
}
