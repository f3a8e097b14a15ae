import EchelonFiles
import Foundation
import Testing

@Suite struct `echelon doctor` {
  @Test func `says the same as a table and as JSON`() throws {
    let json = try CommandProcess.run("doctor", "--format", "json", "--workers", "2")
    #expect(json.status == 0)
    let report = try json.object()
    #expect(report["advice"] is [String])
    func entry(_ section: String, _ name: String) throws -> Any {
      try #require((report[section] as? [String: Any])?[name], "\(section).\(name)")
    }
    let usable = try #require(try entry("machine", "processors") as? [String: Any])["usable"]
    #expect(try #require(usable as? Int) >= 1)
    for backing in ["shared_memory", "anonymous_file"] {
      #expect(try entry("shared_memory", backing) as? Bool == true, "\(backing)")
    }
    let chosen = try #require(try entry("shared_memory", "chosen") as? [String: Any])
    #expect(
      ["huge-pages", "shared-memory", "anonymous-file"].contains(chosen["backing"] as? String))
    let product = try #require(try entry("linear_algebra", "product__pool") as? [String: Any])
    #expect(try #require(product["gflops"] as? Double) > 0)
    #expect(try #require(try entry("pool", "round_trip") as? Double) > 0)

    let table = try CommandProcess.run("doctor")
    for section in ["Machine", "Memory", "Shared memory", "Limits", "Linear algebra", "Advice"] {
      #expect(table.output.contains("\(section)\n"), "\(section)")
    }
  }
}

@Suite struct `echelon demo` {
  @Test func `summarizes the files of a folder and says where`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "demo", "data", "--output", "\(folder)/results", "--samples", "1e5", "--workers", "2")
      #expect(run.status == 0, "\(run.errors)")
      for part in ["Files", "Monte Carlo", "Matrix product", "Time", "\(folder)/results"] {
        #expect(run.output.contains(part), "\(part)")
      }
      #expect(run.output.contains("petal length (cm) ~ petal width (cm)"))
      let summary = try CSVFile(path: "\(folder)/results/summary.csv").table()
      #expect(summary.rowCount == Fixtures.files.count)
      let iris = try #require(summary["file"]?.text?.firstIndex(of: "iris.csv"))
      #expect(abs((summary["correlation"]?.numbers?[iris] ?? 0) - 0.962865431402796) < 1e-14)
      #expect(names(in: "\(folder)/results").count == Fixtures.files.count + 1)
      let statistics = try CSVFile(path: "\(folder)/results/iris.csv").table()
      #expect(statistics["column"]?.text?.first == "sepal length (cm)")
    }
  }

  @Test func `reports a bad file and shows the rest`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "demo", "data/iris.csv", "data/bad/ragged.csv", "--output", folder, "--samples", "1e5")
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("echelon: data/bad/ragged.csv:17:33: "))
      #expect(run.output.contains("Matrix product"))
    }
  }
}
