/// A value in a place of its own, whose users may vanish in the middle of an access.
///
/// A simulated worker that is killed never comes back from what it does: its stack is forgotten, and with it
/// whatever kept accounts of an access to a variable. So this value is in no variable.
@safe package final class AbandonedCell<Value: ~Copyable> {
  private let address: UnsafeMutablePointer<Value>

  /// Puts the value there.
  package init(_ value: consuming Value) {
    unsafe address = .allocate(capacity: 1)
    unsafe address.initialize(to: value)
  }

  deinit {
    unsafe address.deinitialize(count: 1)
    unsafe address.deallocate()
  }

  /// Reads and changes the value. One thread at a time may, and none again after one that vanished.
  package func withValue<Result>(_ body: (inout Value) -> Result) -> Result {
    // SAFETY: initialised in `init` and alive as long as the cell, which the caller holds.
    unsafe body(&address.pointee)
  }
}
