import Foundation
import TestSupport
import Testing

/// Runs that end at an error or a time, and that go on from one another.
@Suite struct `echelon montecarlo, until it is good enough` {
  @Test(arguments: [
    ["pi", "--error", "0.0014"], ["call", "--relative-error", "0.002"],
    ["asian", "--dates", "2", "--error", "1"], ["integral", "continuous", "--error", "1"],
    ["integral", "continuous", "--sampling", "quasi", "--error", "1"],
  ])
  func `ends at an error, at the same sample for any number of workers`(
    _ arguments: [String]
  ) throws {
    let one = try estimateFigures(arguments + ["--workers", "1"])
    #expect(try estimateFigures(arguments + ["--workers", "3"]) == one)
    func number(_ key: String) throws -> Double { try #require(one[key].flatMap(Double.init)) }
    let limit = try #require(Double(arguments.last!))
    let unit = arguments.contains("--relative-error") ? try number("estimate") : 1
    #expect(try number("standard_error") <= limit * unit)
    // None too many: an error falls as the root of the number, which doubles at most.
    #expect(try Int(number("samples")) % 4096 == 0)
    if limit < 1 { #expect(try number("standard_error") > 0.7 * limit * unit) }
    if arguments[0] == "asian" { #expect(one["samples"] == "4096") }
    let exact = one["exact"].flatMap(Double.init)
    if let exact { #expect(abs(try number("estimate") - exact) < 4.5 * limit * unit) }
  }

  @Test func `ends after a time, with the digits of as many samples`() throws {
    let timed = try estimateFigures(["pi", "--seconds", "0.05"])
    let samples = try #require(timed["samples"])
    #expect(try estimateFigures(["pi", "--samples", samples]) == timed)
    // Whatever comes first.
    let both = try estimateFigures([
      "pi", "--seconds", "1000", "--samples", "70000", "--error", "1e-9",
    ])
    #expect(both["samples"] == "70000")
  }

  @Test(arguments: [
    ["pi"], ["call", "--strike", "90"], ["lookback", "--put"], ["basket", "--spots", "90,100"],
    ["american", "--put", "--dates", "2", "--regression-samples", "200"],
    [
      "integral", "corner-peak", "--dimensions", "2", "--method", "vegas", "--learning-samples",
      "500",
    ],
    ["integral", "corner-peak", "--dimensions", "2", "--sampling", "quasi", "--replicates", "16"],
  ])
  func `goes on from what was saved as if it had never stopped`(_ arguments: [String]) throws {
    try withFolder { folder in
      let (file, seed) = (folder + "/run.json", ["--seed", "18446744073709551615"])
      let whole = try estimateFigures(arguments + seed + ["--samples", "200_000"])
      _ = try estimateFigures(
        arguments + seed + ["--samples", "70_000", "--save", file, "--workers", "1"])
      // On the way it is written anew; the seed is in the file.
      let second = ["--resume", file, "--save", file, "--samples", "140_000", "--workers", "3"]
      let half = try estimateFigures(arguments + second)
      // Of quasi-random points a power of 2 in each replicate.
      let isQuasi = arguments.contains("quasi")
      #expect(half["samples"] == (isQuasi ? "131072" : "140000"))
      let last = try CommandProcess.run(
        ["montecarlo"] + arguments + ["--resume", file, "--samples", "200_000"])
      // π is kept by chunks, all others by parts of them.
      let kept = isQuasi || arguments == ["pi"] ? "131,072" : "139,264"
      #expect(last.output.contains("\(kept) of them in the run that was saved, in "))
      #expect(try estimateFigures(arguments + ["--resume", file, "--samples", "200_000"]) == whole)
      #expect(half != whole || isQuasi)
      #expect(names(in: folder) == ["run.json"])
    }
  }

  @Test func `knows how long all runs before have taken together`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      func run(_ arguments: String...) throws -> [String: Any] {
        try CommandProcess.run(
          ["montecarlo", "pi", "--save", file, "--format", "json"] + arguments
        ).object()
      }
      func seconds(_ run: [String: Any], _ key: String = "seconds") throws -> Double {
        try #require(run[key] as? Double)
      }
      let first = try run("--samples", "2e6")
      let second = try run("--samples", "4e6", "--resume", file)
      let third = try run("--samples", "6e6", "--resume", file)
      // What the command measures begins before the run does, and ends after it.
      let (one, both) = (
        try seconds(second, "resumed_seconds"), try seconds(third, "resumed_seconds")
      )
      #expect(try 0 < one && one <= seconds(first))
      #expect(try one < both && both <= seconds(first) + seconds(second))
      // A file of before has no time.
      let text = String(decoding: try contents(file), as: UTF8.self)
      let lines = text.split(separator: "\n").filter { !$0.contains("\"seconds\"") }
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try seconds(run("--samples", "8e6", "--resume", file), "resumed_seconds") == 0)
    }
  }

  @Test func `refuses to go on with something else, and says with what`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(["call", "--samples", "140_000", "--save", file])
      let saved = try contents(file)
      let refused: [(arguments: [String], words: String)] = [
        (["pi"], "is a run of 'call', not of 'pi'"),
        (["call", "--strike", "90"], "was begun with strike 105, not with strike 90"),
        (["call", "--seed", "7"], "was begun with seed 42, not 7"),
        (["call", "--samples", "1000"], "has 139,264 samples already"),
        (["integral", "gaussian", "--sampling", "quasi"], "is a run of 'call', not of 'integral'"),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(
          ["montecarlo"] + arguments + ["--resume", file, "--save", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words))
      }
      #expect(try contents(file) == saved)
      // Two kinds of states.
      _ = try estimateFigures(["integral", "gaussian", "--samples", "70_000", "--save", file])
      let other = try CommandProcess.run(
        "montecarlo", "integral", "gaussian", "--sampling", "quasi", "--resume", file)
      #expect(other.status == 2)
      #expect(other.errors.contains("was begun with method \"plain\", not with method \"quasi\""))
      // What is no such file.
      let damagedFile = folder + "/other.json"
      let text = String(decoding: saved, as: UTF8.self)
      let times = ["1e300", "-5", "\"nan\""].map { time in
        text.replacing(#/"seconds" ?: ?[-+.0-9e]+/#, with: "\"seconds\": \(time)")
      }
      let others = ["", "{}", text.replacing("montecarlo 2", with: "montecarlo 3"), "[1]"]
      for damaged in others + times {
        try damaged.write(toFile: damagedFile, atomically: true, encoding: .utf8)
        let run = try CommandProcess.run("montecarlo", "call", "--resume", damagedFile)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(
          run.errors.hasPrefix("echelon: \(damagedFile): holds no saved run"), "\(run.errors)")
      }
      let told = [
        (text.replacing("montecarlo 2", with: "montecarlo 1"), "was saved by an earlier version"),
        (
          text.replacing(#/"m2" ?: ?[-+.0-9e]+/#, with: "\"m2\": -1"),
          "is damaged: part 1 has a sum of squares of -1.0"
        ),
      ]
      for (damaged, words) in told {
        #expect(damaged != text)
        try damaged.write(toFile: damagedFile, atomically: true, encoding: .utf8)
        let run = try CommandProcess.run("montecarlo", "call", "--resume", damagedFile)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("echelon: \(damagedFile): \(words)"), "\(run.errors)")
        #expect(run.errors.contains("begin anew without --resume"))
      }
      let missing = try CommandProcess.run("montecarlo", "pi", "--resume", folder + "/none")
      #expect(missing.status == 1 && missing.errors.contains("/none: no such file"))
    }
  }

  /// With more samples than there is time for.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("/none/run.json", "there is no folder"), ("", "is a folder; name a file in it"),
      ("/file/run.json", "there is no folder"),
    ])
  func `refuses a place where nothing can be saved, before the run`(
    _ place: String, _ words: String
  ) throws {
    try withFolder { folder in
      try "".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(
        "montecarlo", "pi", "--samples", "1e12", "--save", folder + place)
      #expect(run.status == 2 && run.output.isEmpty, "\(run.errors)")
      #expect(run.errors.contains(folder + place) && run.errors.contains(words), "\(run.errors)")
      #expect(names(in: folder) == ["file"])
      // Nobody makes files there, whoever it is.
      let closed = try CommandProcess.run(
        "montecarlo", "pi", "--samples", "1e12", "--save", "/proc/self/run.json")
      #expect(closed.status == 1 && closed.output.isEmpty)
      #expect(closed.errors.hasPrefix("echelon: /proc/self/run.json: "), "\(closed.errors)")
      // No file has such a name.
      let long = String(repeating: "a", count: 256)
      for (name, words) in [("", "'' is no name"), (long, "a name of 256 bytes; take 255 at most")]
      {
        let nameless = try CommandProcess.run(
          "montecarlo", "pi", "--samples", "1e12", "--save", name)
        #expect(nameless.status == 2 && nameless.output.isEmpty)
        #expect(nameless.errors.contains(words), "\(nameless.errors)")
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `reports what it found also where it cannot be saved any more`() throws {
    try withFolder { folder in
      let inner = folder + "/gone"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      let run = try CommandProcess.run([
        "montecarlo", "pi", "--seconds", "2", "--save", inner + "/run.json", "--format", "json",
        "--workers", "2",
      ]) { process in
        try eventually("it is at work") {
          hears(SIGINT, process.processIdentifier)
            && Machine.children(of: process.processIdentifier).count == 2
        }
        try FileManager.default.removeItem(atPath: inner)
      }
      #expect(run.status == 1)
      let estimate = try #require(try run.object()["estimate"] as? Double)
      #expect(abs(estimate - .pi) < 0.01)
      #expect(run.errors.hasPrefix("echelon: \(inner)/run.json: "), "\(run.errors)")
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: [SIGINT, SIGTERM])
  func `saves what it has when it is interrupted, and leaves nothing else`(
    _ signal: Int32
  ) throws {
    try withFolder { folder in
      let (file, errors) = (folder + "/run.json", ["--error", "1e-9"])
      _ = try estimateFigures(["pi", "--samples", "70_000", "--save", file])
      let run = try CommandProcess.run(
        ["montecarlo", "pi", "--resume", file, "--save", file, "--workers", "2"] + errors
      ) { process in
        try eventually("it is at work") {
          hears(signal, process.processIdentifier)
            && Machine.children(of: process.processIdentifier).count == 2
        }
        kill(process.processIdentifier, signal)
      }
      #expect(run.status == 128 + signal)
      #expect(run.output.isEmpty)
      #expect(
        run.errors.contains(
          signal == SIGTERM
            ? "told to end by SIGTERM; finishing what runs" : "interrupted; finishing"))
      // Said in either case, also if the first look had not come.
      #expect(run.errors.contains("in \(file)"), "\(run.errors)")
      #expect(names(in: folder) == ["run.json"])
      // Whether it had come further or not, the file is one to go on from.
      let on = try estimateFigures(["pi", "--resume", file, "--seconds", "0.001"])
      let samples = try #require(on["samples"])
      #expect(try estimateFigures(["pi", "--samples", samples])["estimate"] == on["estimate"])
    }
  }

  /// As a shell starts what stands in front of &: SIGINT is ignored then.
  @Test(.timeLimit(.minutes(2)))
  func `hears SIGTERM also in the background, and a second one ends it at once`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let run = try CommandProcess.shell(
        "trap '' INT; exec \"$ECHELON\" montecarlo pi --save \(file) --seconds 1000 --workers 2"
      ) { process in
        try eventually("it is at work") {
          hears(SIGTERM, process.processIdentifier)
            && Machine.children(of: process.processIdentifier).count == 2
        }
        #expect(!hears(SIGINT, process.processIdentifier))
        kill(process.processIdentifier, SIGTERM)
      }
      #expect(run.status == 143 && run.output.isEmpty, "\(run.errors)")
      #expect(run.errors.contains("told to end by SIGTERM; finishing what runs"))
    }
    // Stopped, it finishes nothing before the second one comes.
    let run = try CommandProcess.run([
      "montecarlo", "pi", "--samples", "1e12", "--workers", "2",
    ]) { process in
      try eventually("it is at work") {
        hears(SIGTERM, process.processIdentifier)
          && Machine.children(of: process.processIdentifier).count == 2
      }
      let workers = Machine.children(of: process.processIdentifier)
      for worker in workers { kill(worker, SIGSTOP) }
      kill(process.processIdentifier, SIGTERM)
      try eventually("it has heard") { !hears(SIGTERM, process.processIdentifier) }
      kill(process.processIdentifier, SIGTERM)
    }
    #expect(run.status == 128 + SIGTERM)
  }

  /// Of runs that learn something first: the later it is interrupted, the further it has come.
  @Test(
    .timeLimit(.minutes(3)),
    arguments: [
      ["american", "--put", "--dates", "2", "--regression-samples", "200"],
      [
        "integral", "gaussian", "--dimensions", "2", "--method", "vegas", "--learning-samples",
        "500",
      ],
    ])
  func `saves what it has also when it is interrupted behind regressions and learning`(
    _ arguments: [String]
  ) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      for seconds in [0.5, 1, 2, 4, 8, 16, 32] {
        let run = try CommandProcess.run(
          ["montecarlo"] + arguments + ["--save", file, "--workers", "2", "--seconds", "1000"]
        ) { process in
          try eventually("it is at work") {
            hears(SIGINT, process.processIdentifier)
              && Machine.children(of: process.processIdentifier).count == 2
          }
          Thread.sleep(forTimeInterval: seconds)
          process.interrupt()
        }
        #expect(run.status == 130 && run.output.isEmpty, "\(run.errors)")
        if !names(in: folder).isEmpty { break }
      }
      #expect(names(in: folder) == ["run.json"])
      let on = try estimateFigures(arguments + ["--resume", file, "--seconds", "0.001"])
      let samples = try #require(on["samples"])
      #expect(
        try estimateFigures(arguments + ["--samples", samples])["estimate"] == on["estimate"])
    }
  }

  @Test(arguments: [
    ["--error", "0"], ["--error=-1"], ["--relative-error", "nan"], ["--seconds", "0"],
    ["--seconds", "inf"],
  ])
  func `ends with 2 for an end that cannot be`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(["montecarlo", "pi"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: --"), "\(run.errors)")
  }
}
