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
struct BlockColumns<Element: KernelElement> {
  let call: KernelCall
  let grid: TileGrid
  /// The output that holds the state of each block column: 2·s when s steps are done, 2·s + 1 when step s was begun.
  let state: KernelOperand

  var a: KernelOperand { call.inputs[0] }
  var x: KernelOperand { call.outputs[0] }
  var leadingDimension: Int { x.layout.columnMajorLeadingDimension }

  /// Runs step `number` on a block column; `run` does one step of it, the first on a fresh copy of A.
  func change(_ column: Int, step number: Int, _ run: (Int) -> Void) {
    // Before the first step the state is whatever was in the memory.
    let seen = number == 0 ? 0 : Int(state.load(Element.self, at: column))
    if seen > 2 * number + 1 { return }  // done by a worker that died before it could say so
    state.store(Element(2 * number + 1), at: column)
    for step in (seen == 2 * number ? number : 0)...number {
      if step == 0 { begin(column) }
      run(step)
    }
    state.store(Element(2 * number + 2), at: column)
  }

  private func begin(_ column: Int) {
    a.withSpan(of: Element.self, 0..<a.layout.extent) { input in
      withMatrix {
        copyBlockColumn(
          input, a.layout.view, into: &$0, leadingDimension: leadingDimension,
          columns: grid.columns(column))
      }
    }
  }

  func withMatrix<Result>(_ body: (inout MutableSpan<Element>) -> Result) -> Result {
    x.withMutableSpan(of: Element.self, 0..<x.layout.extent, body)
  }
}
