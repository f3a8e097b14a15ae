import EchelonMemory
import EchelonTransfer

/// What runs in a template before it forks workers.
enum Template {
  /// Makes the call that every worker is to inherit the outcome of, then forks workers as asked.
  /// Returns in each of them, and never in the template.
  static func run() {
    var failure: [UInt8]?
    if let preload = TemplateSide.preload() { failure = StartCall.run(preload) }
    // Only the thread that forks is there in the child: what another one held stays held for ever.
    let threads = failure == nil ? ThreadList.namesBeforeFork() : []
    if threads.count > 1 { failure = StartFailure.threads(threads).bytes }
    TemplateSide.greet(failure: failure)
    TemplateSide.serve()
  }
}
