import EchelonMemory
import Testing

private final class Thing {
  let number: Int
  init(_ number: Int) { self.number = number }
}

@Suite struct MovedReferencesTests {
  @Test("leave their places empty, are lent in order, and go with the list", arguments: [1, 2, 64, 65])
  func moveAndLend(_ count: Int) {
    var places: [Thing?] = (0..<count).map(Thing.init)
    weak var first = places[0]
    weak var last = places[count - 1]
    do {
      var moved = MovedReferences<Thing>()
      for index in 0..<count {
        #expect(moved.append(movedFrom: &places[index], limit: 64))
        #expect(places[index] == nil)
        #expect(!moved.append(movedFrom: &places[index], limit: 64))
      }
      #expect(moved.count == count)
      for index in 0..<count { #expect(moved.withObject(at: index) { $0.number } == index) }
      #expect(first != nil && last != nil)
    }
    #expect(first == nil && last == nil, "the list holds what it had for ever")
  }

  @Test("are given on from the end, once")
  func giveOn() {
    var places: [Thing?] = [Thing(0), Thing(1), Thing(2)]
    weak var last = places[2]
    var moved = MovedReferences<Thing>()
    for index in places.indices { #expect(moved.append(movedFrom: &places[index], limit: 3)) }
    for number in [2, 1, 0] {
      #expect(moved.removeLast().number == number)
      #expect(moved.count == number)
    }
    #expect(last == nil)
    var again: Thing? = Thing(3)
    #expect(moved.append(movedFrom: &again, limit: 1) && moved.withObject(at: 0) { $0.number } == 3)
  }

  @Test("an element that is lent stays the array's")
  func lend() {
    var array = [Thing(0), Thing(1)]
    weak var second = array[1]
    #expect(MovedReferences.withElement(1, of: array) { $0.number } == 1)
    #expect(second != nil)
    array = []
    #expect(second == nil)
  }
}
