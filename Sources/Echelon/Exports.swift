// `import Echelon` is all that a user writes: the names of the layers below that appear in the public
// face come with it.
@_exported public import ComplexModule
@_exported public import EchelonKernels
@_exported public import EchelonLinearAlgebra
@_exported public import EchelonMemory
@_exported public import EchelonPool
@_exported public import EchelonRandom
@_exported public import EchelonTransfer
@_exported public import EchelonWire
// Linked in, so that the same executable serves as a worker; nothing here calls it.
import EchelonWorker
