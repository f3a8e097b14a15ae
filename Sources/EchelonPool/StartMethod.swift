/// How the workers of a pool come to be.
///
/// |  | `spawn` | `forkServer` | `fork` |
/// | --- | --- | --- | --- |
/// | starts in | milliseconds | less than one | less than one |
/// | globals of `main.swift` | zero | zero | as when the pool was made |
/// | other globals and statics | as in a new process | as the preload left them | as when the pool was made |
/// | environment, working directory | of the moment it starts | of the moment the template started | of the moment the pool was made |
///
/// The same under every method: a process group of its own, standard input from `/dev/null`, standard
/// output and error of the front end, no other descriptor, default signal dispositions, no signal
/// blocked. `main` never runs in a worker.
public enum StartMethod: String, Sendable, CaseIterable, Codable {
  /// A new process of the same executable each time. Works always.
  case spawn
  /// A *template* process is started once, runs the preload, and forks each worker.
  ///
  /// The template must keep to one thread; a preload that starts others is refused by name.
  case forkServer
  /// The template is forked from this program when the pool is made, so that its workers have
  /// everything that the program had then.
  ///
  /// Only for a program that still runs a single thread: a fork takes one thread along, and what
  /// another one held, a lock in `malloc` for example, stays held for ever. An asynchronous `main`, a
  /// test runner, a pool made before and a BLAS with threads all have more; they are refused.
  case fork
}
