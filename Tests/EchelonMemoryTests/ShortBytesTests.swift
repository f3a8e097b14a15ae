import EchelonMemory
import Testing

@Suite struct `Short bytes` {
  @Test(arguments: [0, 1, 8, 22, 23])
  func `are what they were made of`(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 37 &* $0 &+ 255) }
    let short = try #require(bytes.withRawSpan { ShortBytes($0) })
    #expect(short.count == count)
    #expect(short.withRawSpan { $0.copied() } == bytes)
  }

  @Test func `are at most 23, in 24`() {
    #expect([UInt8](repeating: 1, count: 24).withRawSpan { ShortBytes($0) } == nil)
    #expect(ShortBytes.limit == 23 && MemoryLayout<ShortBytes>.size == 24)
    #expect(ShortBytes().count == 0)
  }
}
