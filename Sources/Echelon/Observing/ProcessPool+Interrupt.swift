import EchelonMemory
import EchelonPool

extension ProcessPool {
  /// From now on the first Ctrl-C (SIGINT) drains the pool: what no worker has begun is cancelled,
  /// what runs is finished, and no more work is taken. The second one ends the process, and the
  /// workers with it.
  ///
  /// Nothing else in Echelon touches the signals of your program; this one call changes what SIGINT
  /// does in the whole process. Several pools may ask for it.
  /// - Returns: false where SIGINT is ignored (under `nohup`, in the background of a script): it then
  ///   stays so.
  @discardableResult public func drainOnInterrupt() -> Bool {
    Interrupt.onFirst { [weak self] in self?.frontEnd?.shutDown(cancelPending: true) }
  }
}
