/// What `map` over a sequence hands its elements to: a function of an executor's, ready to be called
/// on some elements at a time.
public struct ElementCalls<Input, Output: Sendable> {
  let submit: @Sendable ([Input]) throws -> Future<MapAnswer<Output>>

  init(submit: @escaping @Sendable ([Input]) throws -> Future<MapAnswer<Output>>) {
    self.submit = submit
  }
}
