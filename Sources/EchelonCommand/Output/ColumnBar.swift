/// Bars in characters.
enum ColumnBar {
  /// A part of a width in blocks, an eighth of one exact.
  static func text(_ part: Double, width: Int) -> String {
    let eighths = Int((max(0, min(1, part)) * Double(8 * width)).rounded())
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + rest
  }
}
