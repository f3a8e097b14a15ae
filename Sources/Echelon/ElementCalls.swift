import EchelonPool

/// What `map` over a sequence hands its elements to: a function of an executor's, ready to be called
/// on some elements at a time.
public struct ElementCalls<Input, Output: Sendable> {
  /// The second argument counts the attempts that the elements have had before.
  let submit: @Sendable ([Input], Int) throws -> SubmittedElements<Output>
  /// How often an element may be begun again.
  let retries: RetryPolicy

  init(
    retries: RetryPolicy = 0,
    submit: @escaping @Sendable ([Input], Int) throws -> SubmittedElements<Output>
  ) {
    self.retries = retries
    self.submit = submit
  }
}

/// A call on some elements that was handed over.
struct SubmittedElements<Output: Sendable>: Sendable {
  let future: Future<MapAnswer<Output>>
  /// What it was sent in.
  let byteCount: Int
}
