"""Ray on this machine alone: remote functions, its own Pool for many small tasks, arrays by its object store."""

import os
import tempfile

import ray
from ray.util.multiprocessing import Pool

import measuring


class Ray(measuring.Pool):
    def open(self):
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        # Its sockets lie there, whose paths have to be short; and each start leaves its logs.
        self.folder = tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True)
        ray.init(
            address="local",
            num_cpus=self.workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            _temp_dir=self.folder.name,
        )
        self.process_id = ray.remote(measuring.process_id)
        self.same = ray.remote(measuring.same)
        self.one_more = ray.remote(measuring.one_more)
        self.pool = None

    def close(self):
        if self.pool is not None:
            self.pool.terminate()
        ray.shutdown()
        self.folder.cleanup()

    def process_ids(self):
        return ray.get([self.process_id.remote(value) for value in range(self.workers)])

    def round_trip(self, value):
        return ray.get(self.same.remote(value))

    def tasks(self, count):
        """In chunks of the length that its Pool chooses; the first call makes the pool."""
        if self.pool is None:
            self.pool = Pool(processes=self.workers)
        return self.pool.map(measuring.same, range(count))

    def transfer(self, array):
        """Both ways by shared memory: what `get` gives lies in the store, and cannot be written."""
        return ray.get(self.one_more.remote(ray.put(array)))
