/// Calls `visitor` with every closure that is refused.
public func visitRefusals(_ v: any ClosureVisitor) {
  let counter = opaque(Counter(1)), clerk = opaque(Clerk()),
    holder = opaque(Holder(name: "x", counter: Counter(2)))
  let maybe = opaque(Optional(counter)), objects = opaque([counter]), curve = opaque(Curve())
  let holders = opaque([holder]), unsendable: any Model = opaque(Unsendable())
  let object: any Model = opaque(curve), error: any Error = opaque(CancellationError())
  let d = opaque(0.5)
  nonisolated(unsafe) let pointer = unsafe opaque(UnsafeMutablePointer<Int>.allocate(capacity: 1))
  let path = opaque(\Point.x)
  let type: any Model.Type = opaque(Linear.self)
  let inner: @Sendable (Int) -> Int = opaque(function: { counter.next($0) })
  nonisolated(unsafe) var list = opaque([1.0]), total = opaque(1)
  let token = Token(id: 1)
  v.isRefused("a class instance", naming: "'Counter'") { counter.start }
  v.isRefused("a class instance and a Double", naming: "'Counter'") { Double(counter.start) + d }
  v.isRefused("a bound method of an object", naming: "'Counter'", counter.next, 1)
  v.isRefused("an object one closure deeper", naming: "'Counter'", { (x: Int) in inner(x) }, 1)
  v.isRefused("an optional object", naming: "'Counter'") { maybe?.start }
  v.isRefused("a Codable object", naming: "'Curve'") { curve.value(1) }
  v.isRefused("an array of objects", naming: "array of objects") { objects.count }
  v.isRefused("an actor", naming: "'Clerk'") { clerk === clerk }
  v.isRefused("a struct with an object in it", naming: "'Holder'") { holder.name }
  v.isRefused("an array of such structs", naming: "Holder") { holders.count }
  v.isRefused("a protocol type whose value cannot travel", naming: "'Unsendable'") {
    unsendable.value(1)
  }
  v.isRefused("a protocol type that is an object", naming: "'Curve'") { object.value(1) }
  v.isRefused("any Error", naming: "Error") { "\(error)" }
  v.isRefused("an unsafe pointer", naming: "UnsafeMutablePointer<Int>") {
    unsafe pointer.pointee
  }
  v.isRefused("a key path", naming: "KeyPath") {
    [p = Point(x: 1, y: 2)] in p[keyPath: path]
  }
  v.isRefused("a type", naming: "Model") { "\(type)" }
  v.isRefused("a weak reference", naming: "weak") { [weak counter] in counter?.start }
  v.isRefused("an unowned reference", naming: "unowned") { [unowned counter] in counter.start }
  v.isRefused("a value that cannot be copied", naming: "Token") { token.id }
  v.isRefused("a variable that is an array", naming: "'var'") { unsafe list.append(1) }
  v.isRefused("a variable and a value", naming: "'var'") {
    unsafe total += 1
    return unsafe Double(total) + d
  }
  unsafe list.append(2)
}
