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

  /// Sections of a report.
  private func sections(
    _ names: String..., environment: [String: String] = [:]
  ) throws -> [[String: Any]] {
    let run = try CommandProcess.run(
      ["doctor", "--format", "json", "--workers", "1"], environment: environment)
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.object()
    return try names.map { try #require(report[$0] as? [String: Any], "\($0)") }
  }

  @Test func `says what a better core type of OpenBLAS is worth`() throws {
    let found = try sections("linear_algebra")[0]
    guard let own = found["its_own_choice"] as? String else {
      // Another BLAS, or one that knows this processor, or is told by the environment.
      #expect(found["product__own_choice"] == nil)
      return
    }
    #expect(own != found["kernels_for"] as? String)
    let product = try #require(found["product__own_choice"] as? [String: Any])
    #expect(product["core_type"] as? String == own)
    let speeds = try [product, #require(found["product__1_worker"] as? [String: Any])]
      .map { try #require($0["gflops"] as? Double) }
    let gain = try #require(found["gain"] as? Double)
    #expect(abs(gain - speeds[1] / speeds[0]) < 1e-9 * gain)

    let rows = try CommandProcess.run("doctor", "--format", "csv", "--workers", "1").output
    #expect(rows.contains("Linear algebra,Its own choice,\"\(own), "))
    #expect(rows.contains("Linear algebra,Gain,"))
  }

  @Test func `shows a core type that the environment chooses, and measures another`() throws {
    let report = try sections(
      "linear_algebra", "machine", environment: ["OPENBLAS_CORETYPE": "Nehalem"])
    let (found, machine) = (report[0], report[1])
    guard (found["configuration"] as? String ?? "").contains("DYNAMIC_ARCH") else { return }
    #expect(found["openblas_coretype"] as? String == "Nehalem")
    #expect(found["kernels_for"] as? String == "Nehalem")
    #expect(found["its_own_choice"] == nil)
    let level = try #require(machine["instruction_set"] as? [String: Any])["active"] as? String
    guard level != "sse2" else {
      #expect(found["product__better_kernels"] == nil)
      return
    }
    let better = try #require(found["product__better_kernels"] as? [String: Any])
    #expect(["SKYLAKEX", "HASWELL", "ZEN"].contains(better["core_type"] as? String))
    #expect(try #require(found["gain"] as? Double) > 0)
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
