import ClosureTable
import EchelonTransfer
import Testing

@Suite struct `The self-test of closures` {
  @Test func `passes with this toolchain`() throws {
    try ClosureSelfTest.check()
  }

  @Test func `fails for a closure that is not laid out as it knows it, and says what it found`() {
    func reason(_ body: @escaping (Double) -> String) -> String {
      do throws(TransferError) {
        try ClosureSelfTest.checkDescription(of: body)
        return "it passes"
      } catch .closureLayoutUnknown(let reason) {
        return reason
      } catch {
        return "\(error)"
      }
    }
    let number = opaque(0.5), text = opaque("a text"), list = opaque([0.5])
    #expect(reason { "\($0)" } == "a closure with captures has no context")
    #expect(reason { "\(list[0] * $0)" } == "a context is of another kind")
    let two = reason { "\(number * $0) \(text)" }
    #expect(two.hasPrefix("five captures are described as"), "\(two)")
    let five = reason { "\(number * $0) \(text) \(list) \(text.count * 2) \(two)" }
    #expect(five.hasPrefix("five captures are described as"), "\(five)")
    // What a user sees of it.
    #expect("\(TransferError.closureLayoutUnknown(reason: two))".contains(two))
  }
}
