import ArgumentParser

/// Where the page of a run goes.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "One page of the run for a browser, with its pictures: a file that ends in .html.",
      valueName: "path"), completion: .file(extensions: ["html"]))
  var path: String?

  func validate() throws {
    if let path, let problem = HTMLPage.problem(withPath: path) { throw ValidationError(problem) }
  }
}
