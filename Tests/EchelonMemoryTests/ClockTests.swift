import EchelonMemory
import Testing

@Suite struct `A moment after a duration` {
  @Test(
    arguments: [
      .zero, .nanoseconds(-1), .seconds(-1), .seconds(-10_000_000_000), .seconds(Int64.min),
    ]
      as [Duration])
  func `that is none, or less, has passed`(_ duration: Duration) {
    #expect(MonotonicClock.deadline(after: duration) == 0)
    #expect(MonotonicClock.nanosecondsLeft(until: 0) == nil)
  }

  @Test(
    arguments: [.seconds(10_000_000_000), .seconds(Int64.max)] as [Duration])
  func `beyond the range of the clock never comes`(_ duration: Duration) {
    #expect(MonotonicClock.deadline(after: duration) == nil)
  }

  @Test func `is that much later`() throws {
    let before = MonotonicClock.now()
    let moment = try #require(MonotonicClock.deadline(after: .seconds(8_999_999_999)))
    #expect(moment >= before + 8_999_999_999 * 1_000_000_000)
    #expect(moment <= MonotonicClock.now() + 8_999_999_999 * 1_000_000_000)
  }
}
