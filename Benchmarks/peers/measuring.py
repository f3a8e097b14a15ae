"""What every pool here is measured by. Imports little: a worker that is spawned imports it too."""

import sys
import time


def same(value):
    """The task that does nothing: its answer can be told from none."""
    return value


def process_id(_):
    import os

    return os.getpid()


def add_one(array):
    """Changes an array in place and gives it back."""
    array += 1
    return array


def one_more(array):
    """The same for who must not change what it is given."""
    return array + 1


def chunk_length(count, workers):
    """Four chunks a worker, as `multiprocessing.Pool.map` chooses."""
    return max(1, -(-count // (4 * workers)))


def check(is_right, what):
    """A time for a wrong answer means nothing."""
    if not is_right:
        sys.exit(f"{what}: the answer is wrong")


def median_seconds(turns, operation, after=lambda turn, answer: None):
    """The median of `turns` calls of `operation`, which gets the turn; `after` looks at its answer, untimed."""
    import statistics

    times = []
    for turn in range(turns):
        before = time.perf_counter()
        answer = operation(turn)
        times.append(time.perf_counter() - before)
        after(turn, answer)
    return statistics.median(times)


def numbers_of(byte_count):
    """0, 1, 2… of 8 bytes each, which pickle takes as they lie."""
    import array

    return array.array("d", range(byte_count // 8))


class Pool:
    """A pool of processes. What is here fits those with an interface as `concurrent.futures` has it.

    `open` makes it, `close` ends it; between them:
    - `round_trip(value)` has one task run and gives its answer;
    - `tasks(count)` has as many run, and gives their answers, in any order;
    - `transfer(array)` has a task add 1 to each number of an array, and gives the array back.
    """

    def __init__(self, workers, size):
        self.workers = workers
        self.size = size  # tasks, or numbers of the array

    def close(self):
        self.pool.shutdown()

    def use_each(self):
        """Comes back when each worker has run a task."""
        seen, before = set(), time.perf_counter()
        while len(seen) < self.workers:
            seen.update(self.process_ids())
            if time.perf_counter() - before > 120:
                sys.exit(f"only {len(seen)} of {self.workers} workers have run a task within two minutes")

    def process_ids(self):
        return self.pool.map(process_id, range(self.workers))

    def round_trip(self, value):
        return self.pool.submit(same, value).result()

    def captured(self, value):
        """A function that has the value with it, as a closure of Swift's has: those of Python cannot be sent."""
        import functools

        return self.pool.submit(functools.partial(same, value)).result()

    def tasks(self, count):
        return [future.result() for future in [self.pool.submit(same, value) for value in range(count)]]

    def prepare_tasks(self):
        """Before the clock starts."""

    def chunked_tasks(self, count):
        return self.pool.map(same, range(count), chunksize=chunk_length(count, self.workers))

    def array(self, count):
        """0, 1, 2…, where this pool likes to have it."""
        import numpy

        return numpy.arange(count, dtype=numpy.float64)

    def transfer(self, array):
        return self.pool.submit(add_one, array).result()

    # Whether `transfer` changes the array that it is given, so that the next turn begins with what this one left.
    in_place = False


def measure(pool, what, size):
    """Seconds per operation."""
    before = time.perf_counter()
    pool.open()
    try:
        pool.use_each()
        ready = time.perf_counter() - before
        if what == "start":
            return ready
        if what == "round-trip":
            check_same = lambda turn, answer: check(answer == turn, what)
            median_seconds(50, pool.round_trip, check_same)
            return median_seconds(500, pool.round_trip, check_same)
        if what == "transfer":
            return measure_transfer(pool, size)
        if what in ("capture", "argument"):
            return measure_value(pool.captured if what == "capture" else pool.round_trip, what, size)
        run = pool.chunked_tasks if what == "chunked-tasks" else pool.tasks
        list(run(max(1, size // 10)))
        pool.prepare_tasks()
        before = time.perf_counter()
        answers = list(run(size))
        seconds = time.perf_counter() - before
        check(sorted(answers) == list(range(size)), what)
        return seconds / size
    finally:
        pool.close()


def measure_value(send, what, byte_count):
    numbers = numbers_of(byte_count)

    def run(_):
        numbers[0] += 1
        return send(numbers)

    def after(_, answer):
        check(answer == numbers, what)

    median_seconds(20, run, after)
    return median_seconds(max(51, min(500, (1 << 22) // byte_count)), run, after)


def measure_transfer(pool, size):
    import numpy

    array, turns = pool.array(size), 0
    first = numpy.arange(size, dtype=numpy.float64)

    def after(_, answer):
        nonlocal turns
        turns += 1
        check(numpy.array_equal(answer, first + (turns if pool.in_place else 1)), "transfer")

    def run(_):
        return pool.transfer(array)

    median_seconds(2, run, after)
    return median_seconds(5, run, after)
