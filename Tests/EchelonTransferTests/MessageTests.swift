import EchelonTransfer
import Testing

@Suite struct `A writer` {
  @Test func `stays in lent memory while it fits, and moves when it does not`() {
    unsafe withUnsafeTemporaryAllocation(byteCount: 104, alignment: 8) { buffer in
      var writer = unsafe ByteWriter(into: buffer)
      for index in 0..<13 { writer.append(UInt64(index)) }
      #expect(!writer.isSpilled && writer.count == 104)
      #expect(unsafe buffer.load(fromByteOffset: 96, as: UInt64.self) == 12)
      writer.append(UInt64(13))
      #expect(writer.isSpilled && writer.count == 112)
      let bytes = writer.copyBytes()
      #expect(bytes.count == 112 && bytes[104] == 13 && bytes[96] == 12)
      writer.rewind(to: 8)
      writer.replace(at: 0, with: UInt64(99))
      #expect(writer.copyBytes() == [99, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, 1 << 40, Int.max])
  func `writes counts that the reader reads`(_ count: Int) throws {
    var writer = ByteWriter()
    writer.append(count: count)
    #expect(try ByteReader.reading(writer.copyBytes()) { try $0.readCount() } == count)
  }
}

@Suite struct `A reader` {
  @Test func `never reads past its message`() {
    #expect(throws: TransferError.truncated(needed: 8, available: 3)) {
      try ByteReader.reading([1, 2, 3]) { try $0.read(UInt64.self) }
    }
    #expect(throws: TransferError.truncated(needed: 1, available: 0)) {
      try ByteReader.reading([]) { try $0.read(UInt8.self) }
    }
    #expect(throws: TransferError.self) {
      try ByteReader.reading([UInt8](repeating: 0xFF, count: 20)) { try $0.readCount() }
    }
  }
}
