// MARK: Functions inside a generic struct

// A function passed as a generic `T` is wrapped in a thunk that depends on the place it is passed
// at. Stored in a struct it keeps the form that the struct's declaration gives it, which is the
// same for every use of the struct. So functions travel in "wrappers": structs with one stored
// property, a function, such as `FunctionCall`.

/// Appends the function that `wrapper` stores.
///
/// - Throws: `captureNotTransferable` naming what it captures.
package func encodeFunction<Wrapper>(storedIn wrapper: Wrapper, into writer: inout ByteWriter)
  throws(TransferError)
{
  let kind = try WrapperCheck.check(Wrapper.self)
  var failure: TransferError?
  unsafe withUnsafeBytes(of: wrapper) { bytes in
    // SAFETY: a wrapper is one function of two words (the check), alive during this call.
    let words = unsafe bytes.loadUnaligned(as: FunctionWords.self)
    do throws(TransferError) { try words.encode(kind, into: &writer) } catch { failure = error }
  }
  if let failure { throw failure }
}

/// Reads a function into the same kind of wrapper that it was written from.
package func decodeFunction<Wrapper>(as _: Wrapper.Type, from reader: inout ByteReader)
  throws(TransferError) -> Wrapper
{
  let kind = try WrapperCheck.check(Wrapper.self)
  var words = try FunctionWords.decode(kind, from: &reader)
  return unsafe withUnsafeMutableBytes(of: &words) { bytes in
    // SAFETY: a wrapper is one function of two words (the check); the reference to its context
    // moves from `words`, which does not release it.
    unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Wrapper.self).move()
  }
}

/// Remembers which types are wrappers: structs that store one plain function and nothing else.
private enum WrapperCheck {
  final class Verdict: Sendable {
    /// Nil when it is no wrapper.
    let kind: FunctionWords.Kind?
    init(_ kind: FunctionWords.Kind?) { self.kind = kind }
  }

  private static let known = PermanentCache<Verdict>()

  static func check<Wrapper>(_ type: Wrapper.Type) throws(TransferError) -> FunctionWords.Kind {
    let metadata = TypeMetadata(type)
    let verdict = known.value(for: metadata.address.bits) {
      let fields = metadata.structFields ?? []
      guard metadata.size == MemoryLayout<FunctionWords>.size, fields.count == 1,
        fields[0].offset == 0
      else { return Verdict(nil) }
      return Verdict(fields[0].type.thickFunction)
    }
    guard let kind = verdict.kind else {
      throw .functionNotTransferable(
        reason: "'\(type)' is not a struct that stores one function and nothing else")
    }
    return kind
  }
}
