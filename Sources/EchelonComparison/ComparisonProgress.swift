/// How far a run is, in a line.
public enum ComparisonProgress {
  /// `figure 12 of 61: sum, 11 pairs, about 6 min left`.
  /// - Parameters:
  ///   - index: of the figure that is measured, from 0.
  ///   - pairs: that it has so far; nil where that is not said.
  ///   - elapsed: seconds since the first figure began; what is left is guessed from what the figures so far took.
  public static func line(
    _ index: Int, of count: Int, name: String, pairs: Int? = nil, elapsed: Double
  ) -> String {
    var text = "figure \(index + 1) of \(count): \(name)"
    if let pairs { text += ", \(ComparisonText.count(pairs, "pair"))" }
    if index > 0 {
      text += ", about \(rest(elapsed / Double(index) * Double(count - index))) left"
    }
    return text
  }

  private static func rest(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
  }
}
