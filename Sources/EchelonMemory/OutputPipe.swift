import CEchelon
import Glibc

/// The end of a pipe that what a worker prints comes out of. Closed with the last reference.
package final class PipeReader: Sendable {
  package let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Makes a pipe. Both ends are closed on exec; reading never waits.
  /// - Returns: the reading end, and the descriptor to write to, which the caller closes.
  package static func make() throws(WorkerStartError) -> (reader: PipeReader, writeEnd: Int32) {
    var readEnd: Int32 = -1
    var writeEnd: Int32 = -1
    let error = unsafe echelon_lifeline_create(&readEnd, &writeEnd)
    guard error == 0 else {
      throw WorkerStartError(step: "making a pipe for its output", error: error)
    }
    let reader = PipeReader(descriptor: readEnd)
    _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
    return (reader, writeEnd)
  }

  /// What came of a look into the pipe.
  package enum Piece: Equatable, Sendable {
    case bytes([UInt8])
    /// Empty, and someone may still write.
    case nothing
    /// Nobody can write any more.
    case end
  }

  /// Takes what is there, at most `limit` bytes.
  package func read(limit: Int = 65_536) -> Piece {
    var result = 0
    // SAFETY: the closure initialises exactly the bytes that `read` reports.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      repeat {
        result = unsafe Glibc.read(descriptor, buffer.baseAddress, limit)
      } while result < 0 && errno == EINTR
      count = max(0, result)
    }
    if result > 0 { return .bytes(bytes) }
    return result < 0 && errno == EAGAIN ? .nothing : .end
  }
}

/// The two pipes of one worker: what it is given, and what this process reads.
package struct OutputPipes: ~Copyable, Sendable {
  package let output: PipeReader
  package let error: PipeReader
  /// What the worker gets as its standard output and error.
  package let streams: WorkerStreams

  package init() throws(WorkerStartError) {
    let output = try PipeReader.make()
    do throws(WorkerStartError) {
      let error = try PipeReader.make()
      self.output = output.reader
      self.error = error.reader
      streams = WorkerStreams(output: output.writeEnd, error: error.writeEnd)
    } catch {
      close(output.writeEnd)
      throw error
    }
  }

  deinit {
    // The worker has its own copies by now, or there is none.
    close(streams.output)
    close(streams.error)
  }
}

/// The descriptors that a worker is given as its standard output and error.
package struct WorkerStreams: Sendable {
  package let output: Int32
  package let error: Int32

  package init(output: Int32, error: Int32) {
    self.output = output
    self.error = error
  }
}

/// The standard streams of this process as the C library buffers them, so that lines written here
/// and lines that the program prints do not cut each other.
package enum StandardStream: Sendable {
  case output, error

  /// Writes `bytes` in one piece and hands them to the system.
  package func write(_ bytes: [UInt8]) {
    // SAFETY: the buffer is valid during the call. A write that fails has nowhere to be reported.
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe echelon_stream_write(self == .error, buffer.baseAddress, buffer.count)
    }
  }

  /// In a worker: what is printed leaves the process line by line.
  package static func bufferByLine() { echelon_stream_buffer_by_line() }

  /// Hands what the program has printed to the system, if there is anything.
  @inlinable package static func flushIfPending() { echelon_stream_flush_if_pending() }

  /// For a thread that writes to the standard streams: a reader that has gone is not to end this
  /// process because of what its workers say.
  package static func survivePipesWithoutReaders() { echelon_stream_block_sigpipe() }
}

/// Something to be done when this process ends in an orderly way.
package enum ProcessExit {
  /// Calls `body` once, from `exit` or the return of `main`; not in a process forked from this one.
  package static func call(_ body: @escaping @convention(c) () -> Void) { _ = atexit(body) }
}

/// The thread that runs this.
package enum CurrentThread {
  package static var identity: UInt { UInt(pthread_self()) }
}
