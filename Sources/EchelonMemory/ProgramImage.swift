import Glibc

/// The program that runs in this process.
package enum ProgramImage {
  /// Runs another program in place of this one: the process, its environment, its folder and its streams stay, and so
  /// whoever waits for it gets the exit status of the other program.
  /// - Parameter arguments: its words, of which the first one is its name.
  /// - Returns: why it cannot be run; when it can, this does not return.
  package static func replace(with path: String, arguments: [String]) -> String {
    // SAFETY: terminated copies that live until the call has failed, and a null pointer behind the last one.
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe words.append(nil)
    // Threads of the runtime's pool, of which this may be one, have all signals blocked, and a new program inherits that.
    // SAFETY: whole signal sets, exclusively borrowed for the calls.
    var (none, previous) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &previous)
    unsafe execv(path, &words)
    let code = errno
    unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
    // SAFETY: each is one of the copies, or null, and nobody else has it.
    for index in unsafe words.indices { unsafe free(words[index]) }
    // SAFETY: `strerror` returns a terminated string that stays valid until the next call in this thread.
    return unsafe String(cString: strerror(code))
  }
}
