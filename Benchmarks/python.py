"""Measures a pool of processes of Python's, NumPy or numexpr, and prints one number: seconds per operation.

usage: python.py cpython|loky round-trip|tasks|start WORKERS
       python.py numpy sort|median|cumsum|wave|solve COUNT
       python.py numpy product|svd|singular-values|eigenvalues ORDER
       python.py numexpr COUNT THREADS
"""

import statistics
import sys
import time


def nothing():
    pass


def measure_numpy(what, count):
    import numpy

    random = numpy.random.default_rng(1)
    if what == "solve":
        a = random.random((count, 50, 50)) + 5 * numpy.eye(50)
        b = random.random((count, 50, 1))
    elif what in ("product", "svd", "singular-values", "eigenvalues"):
        x = random.random((count, count)) - 0.5
        y = x + x.T
    else:
        x = random.random(count)
    work = {
        "sort": lambda: numpy.sort(x),
        "median": lambda: numpy.median(x),
        "cumsum": lambda: numpy.cumsum(x),
        "wave": lambda: numpy.sin(x) * numpy.exp(-x),
        "solve": lambda: numpy.linalg.solve(a, b),
        "product": lambda: numpy.matmul(x, y),
        "svd": lambda: numpy.linalg.svd(x),
        "singular-values": lambda: numpy.linalg.svd(x, compute_uv=False),
        "eigenvalues": lambda: numpy.linalg.eigvalsh(y),
    }[what]
    work()
    before = time.perf_counter()
    work()
    print(time.perf_counter() - before)


def measure_numexpr(count, threads):
    import numexpr
    import numpy

    numexpr.set_num_threads(threads)
    random = numpy.random.default_rng(1)
    x, y = random.random(count), random.random(count)
    out = numpy.empty_like(x)
    times = []
    for _ in range(4):  # the first one compiles, and has fresh memory
        before = time.perf_counter()
        numexpr.evaluate("sqrt(x * x + y * y)", {"x": x, "y": y}, out=out)
        times.append(time.perf_counter() - before)
    print(statistics.median(times[1:]))


def main():
    if sys.argv[1] == "numpy":
        return measure_numpy(sys.argv[2], int(sys.argv[3]))
    if sys.argv[1] == "numexpr":
        return measure_numexpr(int(sys.argv[2]), int(sys.argv[3]))
    kind, what, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if kind == "loky":
        from loky import ProcessPoolExecutor
    else:
        from concurrent.futures import ProcessPoolExecutor

    start = time.perf_counter()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        # As many tasks that each take a while, so that every worker is there.
        list(pool.map(time.sleep, [0.005] * workers))
        ready = time.perf_counter() - start - 0.005
        if what == "start":
            print(ready)
        elif what == "round-trip":
            times = []
            for _ in range(500):
                before = time.perf_counter()
                pool.submit(nothing).result()
                times.append(time.perf_counter() - before)
            print(statistics.median(times))
        else:
            count = 5000
            before = time.perf_counter()
            for future in [pool.submit(nothing) for _ in range(count)]:
                future.result()
            print((time.perf_counter() - before) / count)


if __name__ == "__main__":
    main()
