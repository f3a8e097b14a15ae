"""Dask's client of a local cluster of processes: many small tasks as a bag, arrays by scatter and gather."""

import logging
import tempfile

import dask.bag
from dask.distributed import Client, LocalCluster

import measuring


class Dask(measuring.Pool):
    def open(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.cluster = LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=self.folder.name,
            silence_logs=logging.ERROR,
        )
        self.pool = Client(self.cluster)

    def close(self):
        self.pool.close()
        self.cluster.close()
        self.folder.cleanup()

    def process_ids(self):
        """`run` is how Dask has each worker do something."""
        return self.pool.run(measuring.process_id, None).values()

    def round_trip(self, value):
        return self.pool.submit(measuring.same, value, pure=False).result()

    def tasks(self, count):
        """A bag in four parts a worker."""
        return dask.bag.from_sequence(range(count), npartitions=4 * self.workers).map(measuring.same).compute()

    def transfer(self, array):
        there = self.pool.scatter(array, direct=True, hash=False)
        return self.pool.gather(self.pool.submit(measuring.one_more, there, pure=False), direct=True)
