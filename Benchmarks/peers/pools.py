"""Measures a pool of processes of Python's, or of a library's, and prints one number: seconds per operation.

usage: pools.py PEER start|round-trip|tasks|chunked-tasks|transfer|capture|argument WORKERS [SIZE]
       pools.py list

PEER is a name that `list` prints, with the version of what is there and `-` for what is not; beside them it has NumPy, which
transfer needs. SIZE is how many tasks, 20000
if left out, or how many numbers of 8 bytes, 10000000 if left out, or of
capture and argument how many bytes. chunked-tasks is there where tasks does not
put several into one message by itself.
"""

import os
import sys

# The module, the class in it, and the library that it needs.
PEERS = {
    "cpython": ("of_cpython", "Executor", None),
    "cpython-fork": ("of_cpython", "Fork", None),
    "cpython-spawn": ("of_cpython", "Spawn", None),
    "cpython-forkserver": ("of_cpython", "ForkServer", None),
    "multiprocessing": ("of_cpython", "SharedMemory", None),
    "joblib": ("of_joblib", "Joblib", "joblib"),
    "dask": ("of_dask", "Dask", "distributed"),
    "ray": ("of_ray", "Ray", "ray"),
    "mpi4py": ("of_mpi4py", "MPI", "mpi4py"),
}


def version(library):
    """None when it cannot be used."""
    import importlib.metadata
    import platform

    if library is None:
        return platform.python_version()
    try:
        found = importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None
    return None if library == "mpi4py" and launcher() is None else found


def launcher():
    """mpiexec: the one beside this Python, or else the system's."""
    import shutil

    return shutil.which("mpiexec", path=os.path.dirname(sys.executable)) or shutil.which("mpiexec")


def launch():
    """Runs this again below mpiexec, which is what lets a program start others by MPI."""
    path = launcher()
    os.environ["ECHELON_BELOW_MPIEXEC"] = "1"
    os.execv(path, [path, "-n", "1", sys.executable, "-B", *sys.argv])


def main(arguments):
    if arguments == ["list"]:
        for peer, (_, _, library) in PEERS.items():
            print(peer, version(library) or "-")
        print("numpy", version("numpy") or "-")
        return
    kinds = ("start", "round-trip", "tasks", "chunked-tasks", "transfer", "capture", "argument")
    if len(arguments) not in (3, 4) or arguments[0] not in PEERS or arguments[1] not in kinds:
        sys.exit(__doc__)
    peer, what, workers = arguments[0], arguments[1], int(arguments[2])
    size = int(arguments[3]) if len(arguments) == 4 else 10_000_000 if what == "transfer" else 20_000
    if version(PEERS[peer][2]) is None:
        sys.exit(f"pools.py: {peer} is not there, or lacks what starts it; sh Benchmarks/peers/install {peer} installs it")
    if peer == "mpi4py" and "ECHELON_BELOW_MPIEXEC" not in os.environ:
        launch()
    import importlib

    import measuring

    module, name, _ = PEERS[peer]
    pool = getattr(importlib.import_module(module), name)(workers, size)
    print(measuring.measure(pool, what, size), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
