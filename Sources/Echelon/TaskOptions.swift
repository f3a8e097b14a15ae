public import EchelonPool
public import EchelonWire

/// How one task is to be run: what the labelled parameters of `submit` amount to.
public struct TaskOptions: Sendable {
  /// How many more times to run it when a worker dies in it.
  public var retries: RetryPolicy = 0
  /// How long it may run, counted from when a worker begins it, in each attempt anew; then it is
  /// stopped, and fails with `PoolError.deadlineExceeded`. Nil is without a limit.
  public var deadline: Duration?
  /// How urgent it is.
  public var priority = WorkPriority.normal
  /// What must have ended before it begins; the first failure becomes its own.
  public var after: [AnyFuture] = []

  /// The options of a task that nobody asked anything of.
  @inlinable public init() {}

  /// The options that `submit` takes as parameters.
  @inlinable public init(
    retries: RetryPolicy, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = []
  ) {
    self.retries = retries
    self.deadline = deadline
    self.priority = priority
    self.after = after
  }

  /// The deadline as the engines take it; 0 is without a limit.
  var deadlineNanoseconds: UInt64 { deadline.map { max(1, $0.nanoseconds) } ?? 0 }
}

/// How a job of chunks is to be run: what the labelled parameters of the numeric functions amount to.
struct JobOptions: Sendable {
  /// How urgent it is.
  var priority = WorkPriority.normal
  /// How long it may take, counted from the beginning of its first chunk; then it is stopped, and fails
  /// with `PoolError.deadlineExceeded`.
  var deadline: Duration?

  /// As for a task.
  var deadlineNanoseconds: UInt64 { deadline.map { max(1, $0.nanoseconds) } ?? 0 }
}
