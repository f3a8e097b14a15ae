import Echelon
import EchelonFiles

/// What a pool did between two readings.
struct TopReport {
  private struct Row {
    let seat: Int
    let processID: Int32?
    let state: String
    let tasksPerSecond: Double
    let chunksPerSecond: Double
    /// Share of the time at work, 0 to 1.
    let busy: Double
    let tasks: Int
    let chunks: Int
    let starts: Int
    let residentBytes: Int?
  }

  private let pool: PoolReading
  private let rows: [Row]

  init(before: PoolReading, now: PoolReading) {
    pool = now
    let seconds = Double(now.time &- before.time) / 1e9
    func rate(_ old: Int, _ new: Int) -> Double {
      seconds > 0 ? Double(max(0, new - old)) / seconds : 0
    }
    rows = now.seats.indices.map { index in
      let new = now.seats[index]
      // A seat that the pool has got since had done nothing then.
      let old = index < before.seats.count ? before.seats[index].statistics : nil
      let busy = (new.statistics.busy - (old?.busy ?? .zero)).seconds
      return Row(
        seat: index, processID: new.processID, state: new.statistics.state.rawValue,
        tasksPerSecond: rate(old?.tasks ?? 0, new.statistics.tasks),
        chunksPerSecond: rate(old?.chunks ?? 0, new.statistics.chunks),
        busy: seconds > 0 ? min(1, max(0, busy / seconds)) : 0, tasks: new.statistics.tasks,
        chunks: new.statistics.chunks, starts: new.starts,
        residentBytes: new.statistics.residentBytes)
    }
  }

  private var tasksPerSecond: Double { rows.reduce(0) { $0 + $1.tasksPerSecond } }
  private var chunksPerSecond: Double { rows.reduce(0) { $0 + $1.chunksPerSecond } }
  private var busy: Double { rows.reduce(0) { $0 + $1.busy } / Double(max(1, rows.count)) }

  // MARK: For people

  func text(width: Int?) -> String {
    let alive = rows.count { $0.processID != nil }
    let state = pool.hasEnded ? ", ended" : ""
    let title = "echelon pool of process \(pool.processID)"
    let opening = TextTable.cut(
      title + ": \(pool.command.prefix(60)), up \(NumberText.time(seconds: pool.age))\(state)",
      to: width)
    let lines = [
      "workers \(alive) of \(rows.count), \(percent(busy)) busy; \(NumberText.rate(tasksPerSecond, unit: "tasks")), "
        + NumberText.rate(chunksPerSecond, unit: "chunks"),
      "queued \(NumberText.grouped(pool.queued)), waiting \(NumberText.grouped(pool.waiting)), "
        + "jobs \(pool.activeJobs); deaths \(pool.deaths), retries \(pool.retries)",
      "memory \(ByteCount(pool.usedBytes)) of \(ByteCount(pool.limitBytes)), peak \(ByteCount(pool.peakBytes))",
      "",
    ]
    return Console.bold(String(opening.prefix(title.count))) + opening.dropFirst(title.count) + "\n"
      + lines.map { TextTable.cut($0, to: width) + "\n" }.joined() + table.text(width: width)
  }

  private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  private var table: TextTable {
    var table = TextTable(columns: [
      .init("Worker", .right), .init("PID", .right), .init("State"), .init("Busy", .right),
      .init("Tasks/s", .right), .init("Chunks/s", .right), .init("Tasks", .right, hidingRank: 1),
      .init("Chunks", .right, hidingRank: 1), .init("Memory", .right, hidingRank: 2),
      .init("Starts", .right, hidingRank: 0),
    ])
    for row in rows {
      table.rows.append([
        .integer(row.seat), .text(row.processID.map { "\($0)" } ?? "–"), .text(row.state),
        .text(percent(row.busy)), .integer(Int(row.tasksPerSecond.rounded())),
        .integer(Int(row.chunksPerSecond.rounded())), .integer(row.tasks), .integer(row.chunks),
        .text(row.residentBytes.map { "\(ByteCount($0))" } ?? "–"), .integer(row.starts),
      ])
    }
    return table
  }

  // MARK: For programs

  var json: JSONValue {
    .object([
      ("pid", .integer(Int(pool.processID))), ("command", .string(pool.command)),
      ("age_seconds", .number(pool.age)), ("ended", .bool(pool.hasEnded)),
      ("busy", .number(busy)), ("tasks_per_second", .number(tasksPerSecond)),
      ("chunks_per_second", .number(chunksPerSecond)), ("queued", .integer(pool.queued)),
      ("waiting", .integer(pool.waiting)), ("jobs", .integer(pool.activeJobs)),
      ("deaths", .integer(pool.deaths)), ("retries", .integer(pool.retries)),
      ("used_bytes", .integer(pool.usedBytes)), ("peak_bytes", .integer(pool.peakBytes)),
      ("limit_bytes", .integer(pool.limitBytes)),
      (
        "workers",
        .array(
          rows.map { row in
            .object([
              ("worker", .integer(row.seat)),
              ("pid", row.processID.map { .integer(Int($0)) } ?? .null),
              ("state", .string(row.state)), ("busy", .number(row.busy)),
              ("tasks_per_second", .number(row.tasksPerSecond)),
              ("chunks_per_second", .number(row.chunksPerSecond)), ("tasks", .integer(row.tasks)),
              ("chunks", .integer(row.chunks)), ("starts", .integer(row.starts)),
              ("resident_bytes", row.residentBytes.map { .integer($0) } ?? .null),
            ])
          })
      ),
    ])
  }

  /// A row for each worker.
  static func table(_ reports: [TopReport]) -> DataTable {
    let rows = reports.flatMap { report in report.rows.map { (report.pool, $0) } }
    return DataTable(columns: [
      Column(name: "pid", numbers: rows.map { Double($0.0.processID) }),
      Column(name: "worker", numbers: rows.map { Double($0.1.seat) }),
      Column(name: "worker_pid", numbers: rows.map { $0.1.processID.map { Double($0) } ?? .nan }),
      Column(name: "state", text: rows.map { $0.1.state }),
      Column(name: "busy", numbers: rows.map { $0.1.busy }),
      Column(name: "tasks_per_second", numbers: rows.map { $0.1.tasksPerSecond }),
      Column(name: "chunks_per_second", numbers: rows.map { $0.1.chunksPerSecond }),
      Column(name: "tasks", numbers: rows.map { Double($0.1.tasks) }),
      Column(name: "chunks", numbers: rows.map { Double($0.1.chunks) }),
      Column(name: "starts", numbers: rows.map { Double($0.1.starts) }),
      Column(
        name: "resident_bytes", numbers: rows.map { $0.1.residentBytes.map { Double($0) } ?? .nan }),
    ])
  }
}
