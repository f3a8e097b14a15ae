import EchelonCommand

/// The command `echelon`, as it is installed.
@main enum EchelonTool {
  static func main() async { await CommandLineTool.run() }
}
