// Samples and orders of whole collections. The standard library has `shuffle(using:)`, whose way of drawing may change
// from one version to the next; what is here does not.

extension RandomNumberGenerator {
  /// Brings elements into a random order, every order as likely as any other. About one draw of 64 bits for each.
  /// - Source: R. Durstenfeld, *Communications of the ACM* 7 (1964).
  @inlinable
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }

  /// The numbers 0 ..< `count` in a random order.
  /// - Parameter count: 0 or more; traps otherwise.
  @inlinable
  public mutating func permutation(of count: Int) -> [Int] {
    precondition(count >= 0, "no permutation has \(count) elements")
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// Different numbers of 0 ..< `population`, in random order: sampling without replacement.
  ///
  /// Takes time and memory for what is sampled, not for what it is sampled from; about one draw of 64 bits for each.
  /// - Parameters:
  ///   - count: how many; 0 ... population, traps otherwise.
  ///   - population: of how many.
  @inlinable
  public mutating func sample(_ count: Int, of population: Int) -> [Int] {
    precondition(
      count >= 0 && count <= population, "no \(count) different ones are among \(population)")
    // The first steps of a shuffle, of which only the places that have changed are kept.
    var moved: [Int: Int] = [:]
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    for first in 0..<count {
      let place = first + integer(below: population - first)
      chosen.append(moved[place] ?? place)
      moved[place] = moved[first] ?? first
    }
    return chosen
  }
}
