extension TaskExecutor {
  /// Runs a piece of a Swift task that was enqueued here, on the calling thread.
  package func run(_ job: UnownedJob) {
    // SAFETY: `enqueue` gave the job to this executor, which lives as long as the call.
    unsafe job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
