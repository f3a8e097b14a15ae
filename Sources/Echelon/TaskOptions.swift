/// How one task is to be run: what the labelled parameters of `submit` amount to.
public struct TaskOptions: Sendable {
  /// How many more times to run it when a worker dies in it.
  public var retries = 0

  /// The options of a task that nobody asked anything of.
  public init() {}

  /// The options that `submit` takes as parameters.
  public init(retries: Int) { self.retries = retries }
}
