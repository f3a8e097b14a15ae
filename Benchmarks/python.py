"""Measures a pool of processes of Python's, NumPy, numexpr or numba, and prints seconds per operation, and but for the pools
a number that depends on all that was computed, for who computes the same (Sources/Compare/Agreement.swift).

usage: python.py cpython|loky round-trip|tasks|start WORKERS
       python.py numpy sort|median|cumsum|wave|solve COUNT
       python.py numpy product|svd|singular-values|eigenvalues ORDER
       python.py numexpr COUNT THREADS
       python.py numpy-pool pi|call|normals COUNT WORKERS
       python.py numba pi|call|normals COUNT THREADS
       python.py versions
"""

import statistics
import sys
import time


def nothing():
    pass


def mixed(first, count):
    """Numbers from 0 to below 1, the same as in Agreement.swift."""
    import numpy

    z = numpy.arange(first + 1, first + count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> numpy.uint64(31))) >> numpy.uint64(11)) * 2.0**-53


def digest(array):
    """A number that depends on every element and its place."""
    import numpy

    array = numpy.abs(array).ravel()
    return float(numpy.dot(array, numpy.arange(1.0, array.size + 1)) / array.size)


def measure_numpy(what, count):
    import numpy

    if what == "solve":
        a = mixed(0, count * 2500).reshape(count, 50, 50) + 5 * numpy.eye(50)
        b = mixed(count * 2500, count * 50).reshape(count, 50, 1)
    elif what in ("product", "svd", "singular-values", "eigenvalues"):
        x = mixed(0, count * count).reshape(count, count) - 0.5
        if what == "product":
            y = mixed(count * count, count * count).reshape(count, count) - 0.5
        else:
            y = numpy.triu(x) + numpy.triu(x, 1).T
    else:
        x = mixed(0, count)
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
    result = work()
    seconds = time.perf_counter() - before
    if what == "svd":  # vectors may have the other sign
        u, values, adjoint = result
        print(seconds, digest(values) + digest(u[0]) + digest(adjoint[:, 0]))
    else:
        print(seconds, result if what == "median" else digest(result))


def measure_numexpr(count, threads):
    import numexpr
    import numpy

    numexpr.set_num_threads(threads)
    x, y = mixed(0, count), mixed(count, count)
    out = numpy.empty_like(x)
    times = []
    for _ in range(4):  # the first one compiles, and has fresh memory
        before = time.perf_counter()
        numexpr.evaluate("sqrt(x * x + y * y)", {"x": x, "y": y}, out=out)
        times.append(time.perf_counter() - before)
    print(statistics.median(times[1:]), digest(out))


def sample_with_numpy(what, seed, count):
    """Sums over blocks whose numbers stay in the second-level cache; of normal numbers the last block stands for all."""
    import numpy

    random = numpy.random.default_rng([42, seed])
    total, block = 0.0, 1 << 16
    for first in range(0, count, block):
        size = min(block, count - first)
        if what == "pi":
            x, y = random.random(size), random.random(size)
            total += 4 * numpy.count_nonzero(x * x + y * y < 1)
        elif what == "call":
            price = numpy.exp(MEAN + 0.2 * random.standard_normal(size))
            total += numpy.maximum(price - 105, 0).sum()
        else:
            numbers = random.standard_normal(size)
    return numbers.mean() * count if what == "normals" else total


MEAN = 4.605170185988092 + 0.03 - 0.02  # log(100) and the drift of a year


def measure_numpy_pool(what, count, workers):
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(max_workers=workers) as pool:
        times, parts = [], 4 * workers
        for _ in range(3):  # the first one imports NumPy in each worker
            before = time.perf_counter()
            futures = [pool.submit(sample_with_numpy, what, part, count // parts) for part in range(parts)]
            mean = sum(future.result() for future in futures) / (count // parts * parts)
            times.append(time.perf_counter() - before)
    check(what, mean)
    print(statistics.median(times[1:]), mean)


def measure_numba(what, count, threads):
    import math

    import numba
    import numpy

    numba.set_num_threads(threads)

    @numba.njit(parallel=True, fastmath=True)
    def pi(count):
        inside = 0
        for _ in numba.prange(count):
            x, y = numpy.random.random(), numpy.random.random()
            inside += x * x + y * y < 1
        return 4 * inside / count

    @numba.njit(parallel=True, fastmath=True)
    def call(count):
        total = 0.0
        for _ in numba.prange(count):
            total += max(math.exp(MEAN + 0.2 * numpy.random.standard_normal()) - 105, 0)
        return total / count

    array = numpy.zeros(count if what == "normals" else 0)  # whose memory is touched before

    @numba.njit(parallel=True, fastmath=True)
    def normals(count, array):
        for index in numba.prange(count):
            array[index] = numpy.random.standard_normal()

    def fill(count):
        normals(count, array)

    run = {"pi": pi, "call": call, "normals": fill}[what]
    run(1000)  # compiles
    before = time.perf_counter()
    mean = run(count)
    time_taken = time.perf_counter() - before
    mean = array.mean() if what == "normals" else mean
    check(what, mean)
    print(time_taken, mean)


def check(what, mean):
    """A time for a wrong answer means nothing."""
    expected = {"pi": 3.14159, "call": 7.3458, "normals": 0}[what]
    if abs(mean - expected) > 0.05:
        sys.exit(f"{what}: {mean} where {expected} is right")


def print_versions():
    """Of Python and the libraries; `-` and a reason for what cannot be imported, each by a process of its own."""
    import platform
    import subprocess

    print("python", platform.python_version())
    names = ("numpy", "numexpr", "numba", "loky")
    programs = [f"import {name}; print({name}.__version__)" for name in names]
    tries = [
        subprocess.Popen(
            [sys.executable, "-B", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for program in programs
    ]
    for name, attempt in zip(names, tries):
        output, errors = attempt.communicate()
        if attempt.returncode == 0 and output.strip():
            print(name, output.split()[-1])
        else:
            lines = errors.strip().splitlines()
            print(name, "-", lines[-1] if lines else f"status {attempt.returncode}")


def main():
    if sys.argv[1] == "versions":
        return print_versions()
    if sys.argv[1] == "numpy-pool":
        return measure_numpy_pool(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    if sys.argv[1] == "numba":
        return measure_numba(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
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
