/// What happened on a simulated machine: the last few hundred events, and a number that stands for all.
package struct SimulatedTrace {
  package enum Kind: UInt8 { case step, slept, woken, killed, stopped, continued }

  package struct Event {
    package let moment: UInt64
    package let thread: Int
    package let kind: Kind
    package let detail: UInt64
  }

  /// Differs for runs that differ (FNV-1a over all events).
  package private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
  private var ring: [Event] = []
  private var count = 0
  private static let capacity = 256

  /// A turn, which is not kept: there are too many.
  mutating func mix(_ moment: UInt64, _ thread: Int) {
    digest = (digest ^ moment) &* 0x100_0000_01b3
    digest = (digest ^ UInt64(thread)) &* 0x100_0000_01b3
  }

  mutating func note(_ moment: UInt64, _ thread: Int, _ kind: Kind, _ detail: UInt64) {
    mix(moment, thread)
    digest = (digest ^ (detail << 8 | UInt64(kind.rawValue))) &* 0x100_0000_01b3
    let event = Event(moment: moment, thread: thread, kind: kind, detail: detail)
    if ring.count < Self.capacity {
      ring.append(event)
    } else {
      ring[count % Self.capacity] = event
    }
    count += 1
  }

  /// The last events, oldest first.
  package var last: [Event] {
    ring.count < Self.capacity
      ? ring : Array(ring[(count % Self.capacity)...] + ring[..<(count % Self.capacity)])
  }
}
