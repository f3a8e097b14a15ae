/// Moments at which something is to be looked at, the earliest first; one moment per key, so that
/// what is put off again and again takes no more room.
package struct TimerHeap<Key: Hashable> {
  private var entries: [(moment: UInt64, key: Key)] = []
  private var positions: [Key: Int] = [:]

  package init() {}

  /// The earliest moment.
  package var earliest: UInt64? { entries.first?.moment }

  /// The moment of one key.
  package func moment(of key: Key) -> UInt64? { positions[key].map { entries[$0].moment } }

  /// Sets or moves the moment of a key.
  package mutating func set(_ key: Key, at moment: UInt64) {
    if let position = positions[key] {
      entries[position].moment = moment
      settle(position)
    } else {
      entries.append((moment, key))
      positions[key] = entries.count - 1
      settle(entries.count - 1)
    }
  }

  package mutating func remove(_ key: Key) {
    guard let position = positions.removeValue(forKey: key) else { return }
    let last = entries.removeLast()
    guard position < entries.count else { return }
    entries[position] = last
    positions[last.key] = position
    settle(position)
  }

  /// Takes the earliest key whose moment has come.
  package mutating func popDue(at now: UInt64) -> Key? {
    guard let first = entries.first, first.moment <= now else { return nil }
    remove(first.key)
    return first.key
  }

  /// Moves an entry up or down to where it belongs.
  private mutating func settle(_ start: Int) {
    var position = start
    while position > 0, entries[position].moment < entries[(position - 1) / 2].moment {
      exchange(position, (position - 1) / 2)
      position = (position - 1) / 2
    }
    while true {
      var least = position
      for child in [2 * position + 1, 2 * position + 2] where child < entries.count {
        if entries[child].moment < entries[least].moment { least = child }
      }
      if least == position { return }
      exchange(position, least)
      position = least
    }
  }

  private mutating func exchange(_ a: Int, _ b: Int) {
    entries.swapAt(a, b)
    positions[entries[a].key] = a
    positions[entries[b].key] = b
  }
}
