import Echelon
import EchelonMemory
import Foundation
import TestSupport
import Testing

/// `echelon top` and `echelon trace`, beside a pool of this process.
@Suite(.serialized, .timeLimit(.minutes(2))) struct `Top` {
  @Test func `reads a running pool from outside, as JSON`() throws {
    let pool = try ProcessPool.quiet(workers: 2)
    let latch = try Latch(in: pool)
    for index in 0..<10 { _ = try pool.submit(echo, index).checked() }
    let holding = try pool.submit(hold, latch)
    _ = try latch.arrived()
    let result = try CommandProcess.run(
      "top", "\(getpid())", "--once", "--interval", "0.2", "--format", "json")
    #expect(result.status == 0, "\(result.errors)")
    // One document for each pool of this process; other tests may have some.
    let documents = result.output.components(separatedBy: "\n}\n").filter { !$0.isEmpty }.map {
      $0 + "\n}"
    }
    let pools = try documents.compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    let own = try #require(
      pools.first { pool in
        (pool["workers"] as? [[String: Any]])?.contains {
          $0["pid"] as? Int == Int(latch.processID)
        }
          == true
      })
    #expect(own["pid"] as? Int == Int(getpid()))
    #expect(own["limit_bytes"] as? Int == pool.memoryLimit)
    #expect(own["ended"] as? Bool == false)
    let workers = try #require(own["workers"] as? [[String: Any]])
    #expect(workers.count == 2)
    let busy = try #require(workers.first { $0["pid"] as? Int == Int(latch.processID) })
    #expect(busy["state"] as? String == "busy")
    #expect((busy["busy"] as? Double ?? 0) > 0.5, "a worker in a task is busy")
    #expect(workers.compactMap { $0["tasks"] as? Int }.reduce(0, +) == 10)
    latch.open()
    _ = try holding.checked()
    pool.shutdown()
  }

  @Test func `lists the pools that there are`() throws {
    let pool = try ProcessPool.quiet(workers: 1)
    _ = try pool.submit(echo, 1).checked()
    let result = try CommandProcess.run("top")
    #expect(result.status == 0)
    #expect(result.output.contains("PID"))
    #expect(result.output.contains("\(getpid())"))
    #expect(!result.output.contains("\u{1B}"), "plain text where nobody looks")
    pool.shutdown()
  }

  @Test func `says why there is nothing to see`() throws {
    let missing = try CommandProcess.run("top", "4194304")
    #expect(missing.status == 1)
    #expect(missing.errors == "echelon: there is no process 4194304\n")
    let without = try CommandProcess.shell(
      "sleep 60 & \"$ECHELON\" top $!; status=$?; kill -9 $!; exit $status")
    #expect(without.status == 1)
    #expect(without.errors.contains("has no pool; leave the number out"))
    #expect(try CommandProcess.run("top", "-5").status == 2)
    #expect(try CommandProcess.run("top", "1", "--interval", "0").status == 2)
  }

  @Test func `names the layout of a pool of another version`() throws {
    try withFolder { folder in
      // The magic number of an arena, and a version that there is not.
      var bytes = [UInt8]("ECHELON1".utf8) + [99, 0, 0, 0]
      bytes += [UInt8](repeating: 0, count: 4096 - bytes.count)
      try Data(bytes).write(to: URL(filePath: folder + "/arena"))
      let result = try CommandProcess.shell(
        "sh -c 'exec 7< \(folder)/arena; exec sleep 60' & "
          + "until [ -e /proc/$!/fd/7 ]; do :; done; "
          + "\"$ECHELON\" top $!; status=$?; kill -9 $!; exit $status")
      #expect(result.status == 1)
      #expect(result.errors.contains("has layout 99, this command reads"), "\(result.errors)")
    }
  }

  @Test func `goes on when the pool grows`() throws {
    let pool = try ProcessPool.quiet(workers: 1)
    let result = try CommandProcess.run(
      ["top", "\(getpid())", "--interval", "0.1", "--format", "csv"],
      whileRunning: { top in
        // What it has written so far; nothing once it has ended.
        func written() -> String {
          let bytes = try? contents("/proc/\(top.processIdentifier)/fd/1")
          return String(decoding: bytes ?? Data(), as: UTF8.self)
        }
        try eventually("it has reported") { written().contains("\n\(getpid()),0,") }
        #expect(!written().contains("\n\(getpid()),63,"))
        // More than any other pool of this process has.
        try pool.resize(workers: 64)
        try eventually("it reports the new ones") {
          !top.isRunning || written().contains("\n\(getpid()),63,")
        }
        top.interrupt()
      })
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("\n\(getpid()),63,"))
    pool.shutdown()
  }

  @Test func `shows nothing of another program's that would move the cursor`() throws {
    // A program whose name clears the screen, sets the title, begins a line and turns its text around.
    let result = try CommandProcess.shell(
      """
      name=$(printf 'a\\033[2J\\033]0;b\\007c\\nd\\302\\233e\\342\\200\\256f')
      bash -c 'exec -a "$0" "$1" montecarlo pi --samples 1e11 --seed 1 --workers 1' "$name" "$ECHELON" \
        > /dev/null 2>&1 & pool=$!
      until "$ECHELON" top $pool --once > /dev/null 2>&1; do :; done
      "$ECHELON" top $pool --once --interval 0.1
      "$ECHELON" top
      kill -9 $pool
      """)
    let mark = "\u{FFFD}"
    let name = "a\(mark)[2J\(mark)]0;b\(mark)c\(mark)d\(mark)e\(mark)f"
    #expect(result.output.components(separatedBy: name).count == 3, "\(result.output)")
    let isPlain = result.output.unicodeScalars.allSatisfy {
      $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
    }
    #expect(isPlain)
  }

  @Test func `writes report after report until the pool ends`() throws {
    // A pool in a process of its own: others that this process has would go on.
    let result = try CommandProcess.shell(
      """
      "$ECHELON" montecarlo pi --samples 100000000000 --seed 1 --workers 1 > /dev/null 2>&1 & pool=$!
      until "$ECHELON" top $pool --once > /dev/null 2>&1; do :; done
      "$ECHELON" top $pool --interval 0.1 & top=$!
      # It has attached when it holds shared memory mapped for reading.
      until grep -q r--s /proc/$top/maps; do :; done
      kill -9 $pool
      wait $top
      echo "status $?, process $pool"
      """)
    #expect(result.output.contains("status 0, process "))
    #expect(result.output.contains("echelon pool of process "))
    #expect(result.errors.contains("has ended"))
  }

  @Test func `takes a program that is dead, and that nobody has reaped, for ended`() throws {
    try withFolder { folder in
      // The program's parent becomes `sleep`, which waits for no child.
      let result = try CommandProcess.shell(
        """
        cd \(folder)
        wait_until() { n=0; until eval "$1" || [ $((n += 1)) -gt 600 ]; do sleep 0.05; done; }
        trap 'kill -9 $parent $pool 2> /dev/null' EXIT
        sh -c '"$ECHELON" montecarlo pi --samples 100000000000 --seed 1 --workers 1 > /dev/null 2>&1 &
          echo $! > process; exec sleep 600' & parent=$!
        wait_until '[ -s process ]'
        pool=$(cat process)
        wait_until '"$ECHELON" top $pool --once > /dev/null 2>&1'
        timeout 40 "$ECHELON" top $pool --interval 0.1 > reports & top=$!
        wait_until '[ -s reports ]'
        kill -9 $pool
        wait $top
        echo "status $?"
        grep -c ', ended' reports
        grep State: /proc/$pool/status
        "$ECHELON" top $pool
        """)
      #expect(result.output == "status 0\n1\nState:\tZ (zombie)\n")
      #expect(result.errors.contains("has ended\n"))
      #expect(result.errors.contains("echelon: there is no process "), "\(result.errors)")
    }
  }
}

@Suite(.timeLimit(.minutes(2))) struct `Trace` {
  @Test func `turns a recording into a trace`() throws {
    try withFolder { folder in
      var options = PoolOptions()
      options.flightRecorder = .file(folder + "/run.flight")
      let pool = try ProcessPool(workers: 1, options: options)
      for index in 0..<5 { _ = try pool.submit(echo, index).checked() }
      pool.shutdown()
      let result = try CommandProcess.run(
        "trace", folder + "/run.flight", "--output", folder + "/run.json")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("of 1 worker"))
      let written = try contents(folder + "/run.json")
      let object = try JSONSerialization.jsonObject(with: written) as? [String: Any]
      let events = try #require(object?["traceEvents"] as? [[String: Any]])
      #expect(events.count { $0["ph"] as? String == "X" } == 5)
      let toOutput = try CommandProcess.run("trace", folder + "/run.flight")
      #expect(toOutput.output == String(decoding: written, as: UTF8.self))
      try Data("hello".utf8).write(to: URL(filePath: folder + "/other"))
      let wrong = try CommandProcess.run("trace", folder + "/other")
      #expect(wrong.status == 1)
      #expect(wrong.errors.contains("is not a flight recording of Echelon"))
      #expect(try CommandProcess.run("trace", folder + "/missing").status == 1)
    }
  }
}
