internal import EchelonLinearAlgebra
internal import EchelonMemory

/// What the steps of LU and QR on one block column have in common: they change it in place, and yet each can be run
/// again after its worker died in it.
///
/// Before a step begins it says so in shared memory, and when it has ended, too. One that finds that it was begun does
/// what came before it once more, from a fresh copy of A: the same calls on the same numbers, hence the same bits.
/// Nothing is saved on the way, so that it costs nothing as long as nobody dies.
///
/// What a process wrote before it was killed is in memory, in the order of the program: a signal comes between two
/// instructions.
struct BlockColumns<Element: TileElement> {
  let grid: TileGrid
  private let a: KernelOperand
  /// The first output, which the steps change.
  let x: KernelOperand
  /// How that lies in memory.
  let shape: ColumnMajorShape
  /// The output that holds the state of each block column, a real number: 2·s when s steps are done, 2·s + 1 when step s
  /// was begun.
  let state: KernelOperand

  init(_ call: KernelCall, state: KernelOperand) {
    (a, x) = (call.inputs[0], call.outputs[0])
    grid = TileGrid.blockColumns(rows: a.layout.rows, columns: a.layout.columns)
    shape = x.layout.columnMajor(of: Element.self)
    self.state = state
  }

  /// Runs one step on a block column: factors it, or updates it by another.
  /// - Parameters:
  ///   - factor: factors a block column.
  ///   - update: updates the first by the second.
  func change(
    _ step: TileStep, factor: (Int) -> Void, update: (_ column: Int, _ panel: Int) -> Void
  ) {
    let (column, number) = (step.column, step.row)
    // Before the first step the state is whatever was in the memory.
    let seen = number == 0 ? 0 : Int(state.load(Element.Part.self, at: column))
    if seen > 2 * number + 1 { return }  // done by a worker that died before it could say so
    state.store(Element.Part(2 * number + 1), at: column)
    for panel in (seen == 2 * number ? number : 0)...number {
      if panel == 0 { begin(column) }
      if panel == column { factor(column) } else { update(column, panel) }
    }
    state.store(Element.Part(2 * number + 2), at: column)
  }

  /// Takes a fresh copy of A.
  private func begin(_ column: Int) {
    a.withMatrix(of: Element.self) { input in
      withMatrix {
        copyBlockColumn(
          input, a.layout.view(of: Element.self), into: &$0, $1, columns: grid.columns(column))
      }
    }
  }

  func withMatrix<Result>(_ body: (inout MutableSpan<Element>, ColumnMajorShape) -> Result)
    -> Result
  {
    x.withMutableMatrix(of: Element.self, body)
  }
}
