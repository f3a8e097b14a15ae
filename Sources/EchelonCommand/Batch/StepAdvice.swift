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
      case "montecarlo": "of it, 'bootstrap' and 'var' are steps"
      default: "see 'echelon \(name) --help'"
      }
    return "'\(name)' is a command and no step of a batch; \(advice)"
  }
}
