/// The word that says whose a slot or a job is.
///
/// Public, like much of this module, for Echelon's own modules alone: only public code is inlined across
/// modules, and a chunk without work costs ten times as much when its steps are calls.
///
///     63      20 19       8 7     4 3      0
///     generation  owner      flags    phase
///
/// `owner` is seat + 1 while a worker runs it, else 0. The generation counts the uses of the cell,
/// so that a compare-and-swap prepared for one use can never succeed in a later one. Twelve bits of
/// it lie in the low half, the part a blocked caller sleeps on, so that one who is late for its
/// sleep does not take a later use of the cell for its own.
@frozen public struct StateWord: Equatable, Sendable {
  public let bits: UInt64

  @inlinable public init(bits: UInt64) { self.bits = bits }

  @inlinable public init(
    generation: UInt32, owner: SeatIndex? = nil, flags: Flags = .none, phase: Phase
  ) {
    let ownerBits = UInt64(owner.map { $0.value + 1 } ?? 0)
    bits =
      UInt64(generation) << 20 | ownerBits << 8 | UInt64(flags.rawValue) << 4
      | UInt64(phase.rawValue)
  }

  @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 20) }
  @inlinable public var owner: SeatIndex? {
    let value = Int(bits >> 8 & 0xfff)
    return value == 0 ? nil : SeatIndex(value - 1)
  }
  @inlinable public var flags: Flags { Flags(rawValue: UInt8(truncatingIfNeeded: bits >> 4) & 15) }
  @inlinable public var phase: Phase {
    Phase(rawValue: UInt8(truncatingIfNeeded: bits) & 15) ?? .free
  }

  /// Whether the cell is at `phase`. What every task asks; `==` of the phases is a generic call.
  @inlinable public func isAt(_ phase: Phase) -> Bool {
    UInt8(truncatingIfNeeded: bits) & 15 == phase.rawValue
  }

  /// What the cell is at.
  ///
  ///     free ─publish─► ready ─claim─► running ─finish─► done ─collect─► free
  ///              ▲        └─cancel─► free   │
  ///              └─── retry, or free ◄──────┘ worker died
  ///
  /// A job uses `running` from its publication on: its chunks have words of their own.
  @frozen public enum Phase: UInt8, Sendable { case free, ready, running, done }

  /// Who wants to hear of the end.
  @frozen public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    // Not `[]`: an array literal is made into a set by generic code, which costs more than a task.
    @inlinable public static var none: Flags { Flags(rawValue: 0) }
    /// A thread of the front end sleeps on the word.
    @inlinable public static var waiter: Flags { Flags(rawValue: 1) }
    /// The collector is to be rung.
    @inlinable public static var collector: Flags { Flags(rawValue: 2) }
    /// Stop at the next chance.
    @inlinable public static var cancelled: Flags { Flags(rawValue: 4) }
    /// The task has a deadline: the worker notes when it begins.
    @inlinable public static var timed: Flags { Flags(rawValue: 8) }

    /// The flag as bits of a state word.
    @inlinable public var mask: UInt64 { UInt64(rawValue) << 4 }
  }
}

/// The word of one chunk of a job: generation of the job, attempt, owner, phase.
///
///     63      32 31     24 23      8 7      0
///     generation  attempt   owner     phase
///
///     unclaimed ─claim─► claimed ─finish─► done
///         ▲                 │ worker died
///         └──── attempt+1 ──┘
@frozen public struct ChunkWord: Equatable, Sendable {
  public let bits: UInt64
  @inlinable public init(bits: UInt64) { self.bits = bits }
  @inlinable public init(
    generation: UInt32, attempt: UInt8, owner: SeatIndex? = nil, phase: Phase
  ) {
    let ownerBits = UInt64(owner.map { $0.value + 1 } ?? 0)
    bits =
      UInt64(generation) << 32 | UInt64(attempt) << 24 | ownerBits << 8 | UInt64(phase.rawValue)
  }
  @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
  @inlinable public var attempt: UInt8 { UInt8(truncatingIfNeeded: bits >> 24) }
  @inlinable public var owner: SeatIndex? {
    let value = Int(bits >> 8 & 0xffff)
    return value == 0 ? nil : SeatIndex(value - 1)
  }
  @inlinable public var phase: Phase {
    Phase(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .unclaimed
  }

  /// Whether the chunk is at `phase`.
  @inlinable public func isAt(_ phase: Phase) -> Bool {
    UInt8(truncatingIfNeeded: bits) == phase.rawValue
  }

  @frozen public enum Phase: UInt8, Sendable { case unclaimed, claimed, done }
}

/// How a task ended in its worker.
public enum TaskOutcome: UInt32, Sendable {
  /// The result bytes are the value.
  case value
  /// The result bytes are the error that the task threw.
  case thrown
  /// The worker could not read the call; the result bytes are a text.
  case undecodable
  /// The worker could not write the result; the result bytes are a text.
  case unencodable
}

/// Where a task's result bytes lie.
public enum ResultPlace: UInt32, Sendable {
  /// In the slot.
  case slot
  /// In the outbox of the worker's seat.
  case outbox
  /// In a block that the front end allocated on request.
  case block
}

/// What a job runs on each chunk.
public enum JobKind: UInt32, Sendable {
  /// A kernel of the catalog; `code` is its id.
  case kernel
  /// A user's closure: `code` names its program type in the function table, the parameters start
  /// with the closure itself.
  case program
}

/// Why a chunk failed without its worker dying.
public enum JobFailure: UInt32, Sendable {
  case unknownKernel = 1, unknownFunction, badOperand, badParameters
}

/// What a worker is doing, for people and for the supervisor.
public enum SeatPhase: UInt32, Sendable {
  case vacant, starting, looking, asleep, busy, leaving
  /// Before the first task.
  case initializing
  /// Its initializer failed; why is in the outbox of the seat.
  case uninitialized

  /// Whether its worker takes work, or has.
  public var isUp: Bool {
    switch self {
    case .vacant, .starting, .initializing, .uninitialized: false
    case .looking, .asleep, .busy, .leaving: true
    }
  }
}
