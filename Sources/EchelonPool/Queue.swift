package import EchelonWire

/// First in, first out, without moving the rest at every removal.
package struct Queue<Element> {
  private var items: [Element?] = []
  private var head = 0

  package init() {}

  package var count: Int { items.count - head }
  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ element: Element) { items.append(element) }

  package mutating func popFirst() -> Element? {
    guard head < items.count else { return nil }
    let element = items[head]
    items[head] = nil
    head += 1
    if head == items.count || (head >= 1024 && head * 2 > items.count) {
      items.removeFirst(head)
      head = 0
    }
    return element
  }

  package func reduce<Result>(_ initial: Result, _ combine: (Result, Element) -> Result) -> Result {
    items[head...].reduce(initial) { result, item in item.map { combine(result, $0) } ?? result }
  }

  /// The element that is to leave next.
  package var first: Element? { head < items.count ? items[head] : nil }

  /// Puts elements before all others.
  package mutating func prepend(_ elements: [Element]) {
    if elements.count > head {
      // Room for as many more as there are, so that doing this one by one moves each only now and then.
      let room = items.count - head + elements.count
      items.replaceSubrange(0..<head, with: repeatElement(nil, count: room))
      head = room
    }
    head -= elements.count
    for (index, element) in elements.enumerated() { items[head + index] = element }
  }

  /// Removes and returns everything.
  package mutating func removeAll() -> [Element] {
    defer { self = Queue() }
    return items[head...].compactMap { $0 }
  }

  package mutating func removeAll(where matches: (Element) -> Bool) {
    items = items[head...].filter { item in item.map { !matches($0) } ?? false }
    head = 0
  }
}

/// The most urgent first; first in, first out within one priority.
package struct PriorityQueue<Element> {
  // By raw value.
  private var queues = [Queue<Element>(), Queue(), Queue()]

  package init() {}

  package var count: Int { queues[0].count + queues[1].count + queues[2].count }
  package var isEmpty: Bool { count == 0 }

  package func reduce<Result>(_ initial: Result, _ combine: (Result, Element) -> Result) -> Result {
    queues.reduce(initial) { result, queue in queue.reduce(result, combine) }
  }

  package mutating func append(_ element: Element, _ priority: WorkPriority) {
    queues[Int(priority.rawValue)].append(element)
  }

  package mutating func popFirst() -> Element? {
    queues[2].popFirst() ?? queues[1].popFirst() ?? queues[0].popFirst()
  }

  /// The priority of the element that is to leave next.
  package var firstPriority: WorkPriority? {
    WorkPriority.allCases.last { !queues[Int($0.rawValue)].isEmpty }
  }

  /// Puts an element before all others of its priority.
  package mutating func prepend(_ element: Element, _ priority: WorkPriority) {
    queues[Int(priority.rawValue)].prepend([element])
  }

  /// Whether anything is to leave before one of this priority that is appended now.
  package func isAhead(of priority: WorkPriority) -> Bool {
    (Int(priority.rawValue)...2).contains { !queues[$0].isEmpty }
  }

  /// Removes and returns everything.
  package mutating func removeAll() -> [Element] {
    queues[2].removeAll() + queues[1].removeAll() + queues[0].removeAll()
  }

  package mutating func removeAll(where matches: (Element) -> Bool) {
    for index in 0...2 { queues[index].removeAll(where: matches) }
  }
}
