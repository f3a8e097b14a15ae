import EchelonRandom
import Foundation
import Testing

@Suite struct `Philox 4x64` {
  private func block(_ c: [UInt64], _ k: [UInt64]) -> [UInt64] {
    let words = Philox64Generator.block(counter: (c[0], c[1], c[2], c[3]), key: (k[0], k[1]))
    return [words.0, words.1, words.2, words.3]
  }

  /// The known answers that come with Random123 (`kat_vectors`, philox4x64 with 10 rounds).
  @Test func `gives the known answers`() {
    #expect(
      block([0, 0, 0, 0], [0, 0]) == [
        0x1655_4d9e_ca36_314c, 0xdb20_fe9d_672d_0fdc, 0xd7e7_72ce_e186_176b, 0x7e68_b68a_ec7b_a23b,
      ])
    #expect(
      block([.max, .max, .max, .max], [.max, .max]) == [
        0x87b0_92c3_013f_e90b, 0x438c_3c67_be8d_0224, 0x9cc7_d7c6_9cd7_77b6, 0xa09c_aebf_594f_0ba0,
      ])
    #expect(
      block(
        [
          0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0,
          0x082e_fa98_ec4e_6c89,
        ], [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c]) == [
          0xa528_f454_03e6_1d95, 0x38c7_2dbd_566e_9788, 0xa5a1_610e_72fd_18b5,
          0x57bd_43b5_e52b_7fe6,
        ])
  }

  /// NumPy makes the key of a seed by a hash of its own (`SeedSequence`), and counts from 1.
  @Test(
    arguments: [
      (1, [0x5031_2a63_d516_e24a, 0x4063_bc8b_ca44_dc77]),
      (2, [0xdb2c_d7e7_b0f4_78be, 0xabf4_641a_2c71_ba49]),
    ] as [(Int, [UInt64])])
  func `gives NumPy's numbers`(_ file: Int, _ key: [UInt64]) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Resources")
    let text = try String(
      contentsOf: folder.appending(path: "philox-testset-\(file).csv"), encoding: .utf8)
    let expected = text.split(separator: "\n").dropFirst().map { line in
      UInt64(line.split(separator: "x").last!, radix: 16)!
    }
    #expect(expected.count == 1000)
    let found = (1...250 as ClosedRange<UInt64>).flatMap { block([$0, 0, 0, 0], key) }
    #expect(found == expected)
    // The generator itself: stream is the second word of the key, and index the counter's.
    var generator = Philox64Generator(seed: key[0], index: 0, stream: key[1])
    for _ in 0..<4 { _ = generator.next() }
    #expect((0..<1000).map { _ in generator.next() } == expected)
  }

  @Test func `differs between seeds, indices and streams`() {
    func words(_ seed: UInt64, _ index: UInt64, _ stream: UInt64) -> [UInt64] {
      var generator = Philox64Generator(seed: seed, index: index, stream: stream)
      return (0..<9).map { _ in generator.next() }
    }
    #expect(words(1, 2, 3) == words(1, 2, 3))
    let all = [words(1, 2, 3), words(2, 2, 3), words(1, 3, 3), words(1, 2, 4)].flatMap { $0 }
    #expect(Set(all).count == all.count)
  }
}
