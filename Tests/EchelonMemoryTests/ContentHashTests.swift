import EchelonMemory
import Testing

@Suite struct `A hash of contents` {
  /// What the reference implementation of MurmurHash3_x64_128 gives.
  @Test(arguments: [
    ("", "00000000000000000000000000000000"),
    ("hello", "cbd8a7b341bd9b025b1e906a48ae1d19"),
    ("hello, world", "342fac623a5ebc8e4cdcbc079642414d"),
    ("19 Jan 2038 at 3:14:07 AM", "b89e5988b737affc664fc2950231b2cb"),
    ("The quick brown fox jumps over the lazy dog.", "cd99481f9ee902c9695da1a38987b6e7"),
  ])
  func `is that of its authors`(_ text: String, _ expected: String) {
    #expect(ContentHash(text).description == expected)
  }
}
