import Echelon
import EchelonComparison

/// What the same costs with other pools of processes for Python. Left out are those that are not installed.
extension Figures {
  static let poolPeers = PoolPeer.all.flatMap { peer in
    figures(peer).needing(.pool(peer.name, package: peer.package))
  }

  private static func figures(_ peer: PoolPeer) -> [Figure] {
    let transfers = peer.transferTitle.map { [transfer(peer, $0)].needing(.poolArrays) } ?? []
    // Its other figures have these names already, by `python.py`.
    if peer.name == "cpython" { return [tasks(peer, "chunked-tasks")] + transfers }
    return [
      peer.name == "multiprocessing" ? changeRoundTrip(peer) : roundTrip(peer),
      peer.name == "multiprocessing" ? changeTasks(peer) : tasks(peer, "tasks"), start(peer),
    ] + transfers
  }

  private static func figure(
    _ peer: PoolPeer, _ what: String, _ title: String, _ rivalTitle: String, size: Int,
    _ requirement: Requirement = .none,
    _ prepare:
      @escaping @Sendable (Setup, Int) throws -> (echelon: () throws -> Double, end: () -> Void)
  ) -> Figure {
    let version = peer.version.map { " \($0)" } ?? ""
    return Figure(
      name: "\(peer.name)-\(what)", title: title,
      rivalTitle: "\(peer.title)\(version)\(rivalTitle.isEmpty ? "" : ", \(rivalTitle)")",
      requirement: requirement
    ) { setup in
      let size = max(1, size / setup.shrink)
      let (echelon, end) = try prepare(setup, size)
      return Contest(
        echelon: echelon,
        rival: { try peer.seconds(what, workers: setup.workers, size: size) }, end: end)
    }
  }

  private static func start(_ peer: PoolPeer) -> Figure {
    // Spawned as Echelon's workers are.
    figure(
      peer, "start", "a pool of 2 made and each worker used", "", size: 1,
      peer.name == "cpython-spawn" ? .ratio(atMost: 1 / 8.0) : .none
    ) { setup, _ in ({ try startOnce(setup) }, {}) }
  }

  private static func roundTrip(_ peer: PoolPeer) -> Figure {
    figure(peer, "round-trip", "round trip of a task that gives back its argument", "", size: 1) {
      setup, _ in
      let pool = try pool(setup)
      return (
        {
          var turn = 0
          return try medianSeconds(count: 2000) {
            turn += 1
            try agree(peer, try pool.submit({ (value: Int) in value }, turn).result(), turn)
          }
        }, { pool.shutdown() }
      )
    }
  }

  /// Beside CPython's executor with a start method, whose tasks go one by one, Echelon's do so too.
  private static func tasks(_ peer: PoolPeer, _ what: String) -> Figure {
    let isOneByOne = peer.name.hasPrefix("cpython-")
    let title = "tasks that give back their argument, "
    return figure(
      peer, what, title + (isOneByOne ? "a call of `submit` each" : "by `submit(each:)`"),
      peer.tasksTitle, size: 20_000
    ) { setup, count in
      let pool = try pool(setup)
      return (
        {
          var sum = 0
          let time = try seconds {
            let futures =
              isOneByOne
              ? try (0..<count).map { try pool.submit({ (value: Int) in value }, $0) }
              : try pool.submit(each: 0..<count) { $0 }
            for future in futures { sum += try future.result() }
          }
          try agree(peer, sum, count * (count - 1) / 2)
          return time / Double(count)
        }, { pool.shutdown() }
      )
    }
  }

  /// The workers of `multiprocessing` know the array; Echelon's are given it with each task.
  private static func changeRoundTrip(_ peer: PoolPeer) -> Figure {
    figure(
      peer, "round-trip", "round trip of a task that adds 1 to a number of a shared array", "",
      size: 1
    ) { setup, _ in
      let pool = try pool(setup)
      let numbers = try pool.array(repeating: 0.0, count: 1)
      return (
        {
          let before = numbers[0]
          let time = try medianSeconds(count: 2000) { try pool.submit(addOne, numbers, 0).result() }
          try agree(peer, numbers[0], before + 2000)
          return time
        }, { pool.shutdown() }
      )
    }
  }

  private static func changeTasks(_ peer: PoolPeer) -> Figure {
    figure(
      peer, "tasks", "tasks that add 1 to a number of a shared array each, by `submit(each:)`",
      peer.tasksTitle, size: 20_000
    ) { setup, count in
      let pool = try pool(setup)
      let numbers = try pool.array(repeating: 0.0, count: count)
      return (
        {
          let before = numbers[0]
          let time = try seconds {
            let futures = try pool.submit(each: 0..<count) { addOne(numbers, $0) }
            for future in futures { try future.result() }
          }
          try numbers.withSpan { span in
            for index in span.indices { try agree(peer, span[index], before + 1) }
          }
          return time / Double(count)
        }, { pool.shutdown() }
      )
    }
  }

  private static func transfer(_ peer: PoolPeer, _ rivalTitle: String) -> Figure {
    figure(
      peer, "transfer",
      "a task is given a shared array of 10⁷ doubles, adds 1 to each and gives it back", rivalTitle,
      size: 10_000_000, peer.name == "cpython" ? .ratio(atMost: 1e-3) : .none
    ) { setup, count in
      let pool = try pool(setup)
      var numbers = try pool.array(count: count) { Double($0) }
      var turns = 0
      return (
        {
          let time = try medianSeconds(count: 5) {
            numbers = try pool.submit(addOneToAll, numbers).result()
          }
          turns += 5
          try numbers.withSpan { span in
            for index in span.indices { try agree(peer, span[index], Double(index + turns)) }
          }
          return time
        }, { pool.shutdown() }
      )
    }
  }

  private static func agree(
    _ peer: PoolPeer, _ found: Double, _ expected: Double
  ) throws {
    guard found == expected else {
      throw ComparisonError.disagreement(
        figure: peer.name, echelon: found, rival: expected)
    }
  }

  private static func agree(_ peer: PoolPeer, _ found: Int, _ expected: Int) throws {
    try agree(peer, Double(found), Double(expected))
  }
}

@Sendable private func addOne(_ numbers: SharedArray<Double>, _ index: Int) { numbers[index] += 1 }

@Sendable private func addOneToAll(_ numbers: SharedArray<Double>) -> SharedArray<Double> {
  numbers.withMutableSpan { span in for index in span.indices { span[index] += 1 } }
  return numbers
}
