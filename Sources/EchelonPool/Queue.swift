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

  /// The element that is to leave next.
  package var first: Element? { head < items.count ? items[head] : nil }

  /// Puts elements before all others.
  package mutating func prepend(_ elements: [Element]) {
    items.replaceSubrange(0..<head, with: elements)
    head = 0
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
