import ArgumentParser

/// What to say to someone who takes a command for a step of a batch.
enum StepAdvice {
  /// Nil for a word that is the name of a step, or of nothing.
  static func text(_ name: some StringProtocol) -> String? {
    let name = String(name)
    guard !BatchStep.names.contains(name),
      EchelonCommand.configuration.subcommands.contains(where: { $0._commandName == name })
    else { return nil }
    let advice =
      switch name {
      case "plot":
        "it draws one file: for f in data/*.csv; do echelon plot histogram x \"$f\" --output \"$f.svg\"; done; "
          + "--report has pictures of a whole run, and 'histogram' is a step"
      case "montecarlo": "of it, 'bootstrap' and 'var' are steps"
      default: "see 'echelon \(name) --help'"
      }
    return "'\(name)' is a command and no step of a batch; \(advice)"
  }
}
