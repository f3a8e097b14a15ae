/// A kernel whose answer is one value: what the typed front calls.
///
///     let total = Reduction<Double>.sum
///     let partial = total.kernel.mergeTree(partials)
///     let value = try total.finish(partial)
public struct Reduction<Value: Sendable>: Sendable {
  /// What runs over the chunks.
  public let kernel: Kernel
  private let extract: @Sendable (KernelPartial) -> Value?

  /// `extract` gives nil when there is no answer for no elements.
  init(_ kernel: Kernel, extract: @escaping @Sendable (KernelPartial) -> Value?) {
    self.kernel = kernel
    self.extract = extract
  }

  /// The value of a merged partial result; `KernelError.emptyInput` where nothing has no answer.
  public func finish(_ merged: KernelPartial) throws(KernelError) -> Value {
    guard let value = extract(merged) else { throw .emptyInput(kernel: kernel.name) }
    return value
  }

  /// Runs all chunks of a call here; the plain in-process executor.
  public func callAsFunction(_ call: KernelCall) throws(KernelError) -> Value {
    try finish(call.run())
  }
}
