import CEchelonKernels
import EchelonLinearAlgebra
import Testing

@Suite struct `Work memory of LAPACK` {
  /// Orders whose squares come round in 32 bits: to a number below 0, to a small one above it, and not yet, where the
  /// multiple does.
  @Test(arguments: [30_000, 40_000, 46_341, 65_536, 65_537, 100_000] as [Int32])
  func `with more elements than it can count is refused before it is asked`(_ n: Int32) throws {
    try LAPACK.require()
    let (s, v, l) = (letter("S"), letter("V"), letter("L"))
    for type in [EK_DOUBLE, EK_FLOAT, EK_COMPLEX_DOUBLE, EK_COMPLEX_FLOAT].map({ Int32($0) }) {
      // Nothing is read or written, so there need not be such matrices.
      #expect(unsafe ek_gesdd(type, s, n, n, nil, n, nil, nil, n, nil, n) == EK_TOO_LARGE)
      let m = 2 * n
      #expect(unsafe ek_gesdd(type, s, m, n, nil, m, nil, nil, m, nil, n) == EK_TOO_LARGE)
      if n > 32_767 {
        var column: Int32 = -1
        #expect(unsafe ek_syevd(type, v, l, n, nil, n, nil) == EK_TOO_LARGE)
        #expect(unsafe ek_sygvd(type, v, l, n, nil, n, nil, n, nil, &column) == EK_TOO_LARGE)
        #expect(column == 0)
      }
      var rank: Int32 = 0
      #expect(unsafe ek_gelsd(type, n, n, 80_000, nil, n, nil, n, nil, 0, &rank) == EK_TOO_LARGE)
      if n > 46_340 {
        #expect(unsafe ek_gelsd(type, n, 2 * n, 1, nil, n, nil, n, nil, 0, &rank) == EK_TOO_LARGE)
      }
    }
  }

  @Test func `in an error says what takes less`() {
    let error = LinearAlgebraError.workTooLarge(operation: "svd (gesdd, and then gesvd)")
    #expect(error.description.contains("2147483647"))
    #expect(error.description.contains("take `singularValues`"))
  }
}

private func letter(_ letter: Unicode.Scalar) -> CChar { CChar(letter.value) }
