/// Functions that will travel, held until they are sent.
///
/// ## Invariants
/// 1. Nobody calls them in this process: what they captured is only read, to be copied. So it does not matter whether
///    they could be called from several threads.
@safe package struct Unsent<Functions>: @unchecked Sendable {
  /// To be sent, and not to be called.
  package let functions: Functions

  /// The caller promises invariant 1.
  package init(_ functions: Functions) { self.functions = functions }
}
