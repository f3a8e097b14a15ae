import Glibc

extension Double {
  /// The number correctly rounded to some significant digits, without trailing zeros: `5.84333`,
  /// `1.5e-7`. For people; `description` is what reads back as the same number.
  package func rounded(significantDigits digits: Int) -> String {
    let precision = Int32(clamping: Swift.max(1, Swift.min(digits, 17)))
    // SAFETY: at most 17 digits, sign, point and exponent fit; the call writes no more than the
    // capacity and ends the text with a zero.
    let text = unsafe String(unsafeUninitializedCapacity: 40) { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { buffer in
        let length = unsafe withVaList([precision, self]) { arguments in
          unsafe vsnprintf(buffer.baseAddress, 40, "%.*g", arguments)
        }
        return Int(length)
      }
    }
    guard let e = text.firstIndex(of: "e") else { return text }
    let exponent = Int(text[text.index(after: e)...]) ?? 0
    return "\(text[..<e])e\(exponent)"
  }
}
