#!/usr/bin/env python3
"""Writes the HDF5 files that the tests read, with h5py: `python3 Tests/EchelonFilesTests/Resources/make_hdf5.py`."""
import pathlib

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "hdf5"

with h5py.File(FOLDER / "mixed.h5", "w", libver="earliest") as file:
    file["matrix"] = np.arange(12, dtype=">i2").reshape(4, 3) - 5
    file["day/x"] = np.array([0.1, np.nan, -np.inf])
    file["day/n"] = np.array([1, 2, 2**53], dtype=np.uint64)
    file["words"] = np.array([b"a", b"b"])
    file["cube"] = np.zeros((2, 2, 2))
    file.create_dataset("packed", data=np.linspace(0, 1, 100).reshape(50, 2).astype("f4"),
                        chunks=(10, 2), compression="gzip", shuffle=True)
    file["one"] = 4.5
    file.create_dataset("huge", shape=(1 << 40, 2), chunks=(1024, 2), dtype="f8")
with h5py.File(FOLDER / "single.h5", "w", libver="latest") as file:
    file["only"] = np.array([[1.5, 2.5]])
with h5py.File(FOLDER / "words.h5", "w", libver="earliest") as file:
    file["x"] = np.array([1.5, 2.5])
    file["words"] = np.array([b"a", b"b"])
    file["pairs"] = np.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")])
    file["group/n"] = np.array([7, 8, 9])
    file["group/word"] = "a"
with h5py.File(FOLDER / "cubes.h5", "w", libver="earliest") as file:
    file["x"] = np.array([1.5, 2.5])
    file["cube"] = np.arange(8.0).reshape(2, 2, 2)
    file["y"] = np.array([3, 4])
    file["nothing"] = h5py.Empty("f8")
    file["deep/cube"] = np.ones((2, 1, 1), dtype="i2")
with h5py.File(FOLDER / "long.h5", "w", libver="earliest") as file:
    numbers = np.arange(50_000).reshape(10_000, 5)
    file.create_dataset("doubles", data=numbers / 2, chunks=(999, 5), compression="gzip", shuffle=True)
    numbers[:, [1, 4]] += 2**53 + 1
    file.create_dataset("integers", data=numbers, chunks=(999, 5), compression="gzip", shuffle=True)
    file.create_dataset("vector", data=numbers[:, 4].copy(), chunks=True, compression="gzip", shuffle=True)
