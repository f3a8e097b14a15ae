"""What comes with Python: `concurrent.futures`, and `multiprocessing` with an array in shared memory."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory

import measuring


class Executor(measuring.Pool):
    """One submission a task, and arrays by pickle: there is nothing else."""

    method = None  # as Python chooses: fork up to 3.13, forkserver since

    def open(self):
        context = multiprocessing.get_context(self.method)
        self.pool = ProcessPoolExecutor(max_workers=self.workers, mp_context=context)


class Fork(Executor):
    method = "fork"


class Spawn(Executor):
    method = "spawn"


class ForkServer(Executor):
    method = "forkserver"


class SharedMemory(measuring.Pool):
    """Each worker attaches to a block when it starts. Tasks change it in place, and are told where alone."""

    in_place = True

    def open(self):
        self.block = shared_memory.SharedMemory(create=True, size=8 * max(1, self.size))
        self.numbers = self.block.buf.cast("d")
        self.pool = multiprocessing.Pool(self.workers, attach, [self.block.name])

    def close(self):
        self.pool.close()
        self.pool.join()
        self.numbers.release()
        self.block.close()
        self.block.unlink()

    def process_ids(self):
        return self.pool.map(measuring.process_id, range(self.workers), chunksize=1)

    def round_trip(self, value):
        self.numbers[0] = value - 1
        self.pool.apply(add_one_at, [0])
        return self.numbers[0]

    def prepare_tasks(self):
        for index in range(self.size):
            self.numbers[index] = index - 1

    def tasks(self, count):
        """In chunks of the length that `Pool.map` chooses."""
        self.pool.map(add_one_at, range(count))
        return self.numbers

    def array(self, count):
        import numpy

        numpy.frombuffer(self.numbers)[:] = numpy.arange(count)
        return self.numbers

    def transfer(self, array):
        self.pool.apply(add_one_to_all)
        return array


def attach(name):
    global block, numbers
    block = shared_memory.SharedMemory(name)
    numbers = block.buf.cast("d")


def add_one_at(index):
    numbers[index] += 1


def add_one_to_all():
    import numpy

    measuring.add_one(numpy.frombuffer(numbers))
