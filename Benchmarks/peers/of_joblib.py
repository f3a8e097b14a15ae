"""joblib's Parallel by loky: it puts tasks into batches itself, and hands a memory map over by its file's name."""

import joblib

import measuring


class Joblib(measuring.Pool):
    in_place = True

    def open(self):
        self.task = joblib.delayed
        # One pool for all calls, as its documentation has it; batch_size="auto" is what it does unless told otherwise.
        self.pool = joblib.Parallel(n_jobs=self.workers, backend="loky", batch_size="auto")
        self.pool.__enter__()
        self.folder = None

    def close(self):
        self.pool.__exit__(None, None, None)
        if self.folder is not None:
            self.folder.cleanup()

    def process_ids(self):
        return self.pool(self.task(measuring.process_id)(value) for value in range(self.workers))

    def round_trip(self, value):
        return self.pool([self.task(measuring.same)(value)])[0]

    def tasks(self, count):
        return self.pool(self.task(measuring.same)(value) for value in range(count))

    def array(self, count):
        """A map of a file in memory, as joblib makes them of large arrays, which can be written."""
        import os
        import tempfile

        import numpy

        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        array = numpy.memmap(f"{self.folder.name}/array", dtype=numpy.float64, mode="w+", shape=count)
        array[:] = numpy.arange(count)
        return array

    def transfer(self, array):
        self.pool([self.task(add_one_in_place)(array)])
        return array


def add_one_in_place(array):
    """Gives nothing back: the answer is in the map."""
    measuring.add_one(array)
