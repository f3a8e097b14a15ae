import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct `echelon plot` {
  @Test func `draws in the terminal, as SVG and as PNG`() throws {
    try withFolder { folder in
      let scatter = ["plot", "scatter", "Horsepower", "Miles_per_Gallon", "data/cars.csv"]
      let shown = try CommandProcess.run(scatter)
      #expect(shown.status == 0 && shown.errors.isEmpty, "\(shown.errors)")
      // As numpy.polyfit and numpy.corrcoef have it of the 392 rows with both.
      #expect(shown.output.contains("y = 39.936 − 0.15784 x,  R² = 0.6059,  n = 392"))
      #expect(shown.output.contains("14 rows without a place left out"))
      for (name, head) in [("cars.svg", "<svg"), ("cars.png", "\u{FFFD}PNG")] {
        let run = try CommandProcess.run(
          scatter + ["--by", "Origin", "--output", "\(folder)/\(name)"])
        #expect(run.status == 0 && run.output.isEmpty, "\(run.errors)")
        let start = String(decoding: try contents("\(folder)/\(name)").prefix(4), as: UTF8.self)
        #expect(start == head)
      }
      let svg = String(decoding: try contents("\(folder)/cars.svg"), as: UTF8.self)
      #expect(svg.components(separatedBy: "<circle").count == 1 + 392 + 3)
    }
  }

  @Test func `draws every kind, and names a column as it is`() throws {
    let lines = [
      ["histogram", "petal length (cm)", "data/iris.csv"],
      ["series", "temp_max, low = temp_min - 1", "data/seattle-weather.csv", "--x", "date"],
      ["series", "price", "data/stocks.csv", "--x", "date", "--by", "symbol", "--log-y"],
      ["correlation", "data/wine.csv"], ["convergence", "temp_max", "data/seattle-weather.csv"],
    ]
    for (line, text) in zip(lines, ["44 ┤", "low", "AMZN", "malic_acid", "95 % interval"]) {
      let run = try CommandProcess.run(["plot"] + line)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      #expect(run.output.contains(text) || line[0] == "histogram", "\(run.output)")
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(run.output)")
    }
  }

  @Test func `draws how Monte Carlo estimates settle`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "montecarlo", "pi", "--samples", "2e5", "--workers", "1", "--plot", "\(folder)/pi.svg")
      #expect(run.status == 0 && run.output.contains("Estimate"), "\(run.errors)")
      let svg = String(decoding: try contents("\(folder)/pi.svg"), as: UTF8.self)
      #expect(svg.contains("true value") && svg.contains("95 % interval"))
    }
    let mixed = try CommandProcess.run("montecarlo", "pi", "--plot", "-", "--format", "json")
    #expect(mixed.status == 2 && mixed.errors.contains("name a file for the picture"))
  }

  @Test func `says what is wrong, and writes nothing then`() throws {
    try withFolder { folder in
      try Data("a,b,c\n,x,1\n,y,1\n".utf8).write(to: URL(filePath: "\(folder)/odd.csv"))
      let file = "\(folder)/odd.csv"
      for (line, text, status) in [
        (["histogram", "a", file], "'a' has no finite value in 2 rows", 1),
        (["histogram", "d", file], "there is no column 'd'", 1),
        (["histogram", "c", file, "--output", "\(folder)/x.gif"], "ends in .svg or .png", 2),
        (
          ["scatter", "a", "c", file, "--output", "\(folder)/x.svg"], "no row has a finite value", 1
        ),
        (["correlation", "data/stocks.csv"], "two columns of numbers or more, not 1", 1),
      ] {
        let run = try CommandProcess.run(["plot"] + line)
        #expect(run.errors.contains(text) && run.status == status, "\(run.errors)")
      }
      #expect(names(in: folder) == ["odd.csv"])
    }
  }
}
