import EchelonFiles
import Foundation

@testable import JobReading

/// The YAML of job files, and what its values can be taken for.
final class JobTarget: FuzzTarget {
  let seeds: [[UInt8]] = [
    "inputs: [\"data/*.csv\", 'more/**/*.npy']\nsteps:\n  - drop-missing\n  - filter: x > 1\n  - to-npy\n"
      + "output: out\ntimeout: 200%\nhalt: soon,fail=10%\nmissing: [NA, \"?\"]\ntypes: {x: number}\n",
    "inputs: &a data\nsteps: [abs, {filter: x > 1}]\noutput: *a\n? no-header\n: true\nretries: 2\n",
    "# c\n%YAML 1.1\n---\ninputs: !!str |\n  a\n  b\nsteps: >-\n  abs\n...\n", "- a\n- - b\n  -\n",
    "{a: [b, {c: d}]}", "",
    "a: &a [x, x]\nb: &b [*a, *a]\nc: {[*b, *b]: *b}\n<<: *a\n",
  ].map { Array($0.utf8) }

  func run(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let job = try? JobText(text, path: "job.yaml") else { return }
    precondition(Set(job.entries.map(\.name)).count == job.entries.count, "two keys of one name")
    for (name, _, value) in job.entries {
      for kind in JobText.Kind.allCases {
        guard let words = try? job.words(name, kind, value) else { continue }
        precondition(words.allSatisfy { $0.hasPrefix("--\(name)") }, "no option of that name")
      }
      guard let items = try? job.items(value, of: name) else { continue }
      precondition(!items.isEmpty, "a list of nothing")
      for item in items { precondition((try? job.step(item))?.isEmpty != true, "no step") }
    }
  }
}

/// Journals of batches.
final class JournalTarget: FuzzTarget {
  let seeds: [[UInt8]]
  private let encoder = JSONEncoder()

  init() throws {
    let basis = ResultBasis(echelon: "1", results: 2, level: "avx2", blas: "OpenBLAS")
    let run = JournalHeader(
      version: 1, basis: basis, plan: "a", total: 2, shard: Shard(argument: "1/2"), host: "h",
      processID: 7)
    let result = BatchResult(
      rowCount: 2, columnCount: 1, undefinedCount: 0, raggedRows: .init(), roundedColumns: ["x"],
      roundedIntegers: nil)
    let entries = [
      JournalEntry(
        index: 0, path: "a.csv", job: "b", input: "c",
        outputs: [.init(name: "a.csv", byteCount: 4, hash: "d")], result: result),
      JournalEntry(index: 1, path: "b.csv", job: "e", input: nil, failure: "b.csv: is empty"),
    ]
    let encoder = encoder
    let lines =
      try [JournalLine(run: run)].map(encoder.encode)
      + entries.map { try encoder.encode(JournalLine(file: $0)) }
    let whole = lines.map { Array($0) + [UInt8(ascii: "\n")] }
    seeds = whole + [whole.flatMap(\.self), whole.flatMap(\.self).dropLast(9).map(\.self), []]
  }

  func run(_ bytes: [UInt8]) {
    let contents = JournalContents(text: Data(bytes))
    precondition(contents.header?.isPossible != false, "an impossible run")
    for (index, entry) in contents.entriesOfPlan {
      precondition(index == entry.index && entry.isPossible, "an impossible file")
      precondition(entry.failure != nil || contents.entry(ofJob: entry.job) != nil, "not done")
      precondition(entry.failure != nil || contents.entry(ofPath: entry.path) != nil, "not done")
      guard let line = try? encoder.encode(JournalLine(file: entry)) else {
        fatalError("read, and not written again")
      }
      precondition(
        JournalContents(text: line).entriesOfPlan == [index: entry], "another when read again")
    }
  }
}
