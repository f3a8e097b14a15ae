/// Takes the closures of the table one by one.
///
/// A class, so that the functions of the table need not be generic: closures in generic code hold bindings.
public protocol ClosureVisitor: AnyObject {
  /// A closure that travels, with arguments to call it with: whoever runs it elsewhere compares with
  /// a call here.
  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument)

  /// A closure that is refused, with a text that is part of the reason.
  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument)
}

/// Gives values that the optimiser can't see through, so that captures stay captures.
@inline(never) public func opaque<Value>(_ value: Value) -> Value { value }

/// The same for functions, which a generic parameter would wrap in thunks.
@inline(never) func opaque(
  function: @escaping @Sendable (Int) -> Int
) -> @Sendable (Int) -> Int { function }
@inline(never) func opaque(
  function: @escaping @Sendable (Double) -> Double
) -> @Sendable (Double) -> Double { function }
@inline(never) func opaque(
  function: @escaping @Sendable () -> String
) -> @Sendable () -> String { function }
