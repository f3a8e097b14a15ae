#!/usr/bin/env python3
"""Writes the NPY files that the tests read, with numpy itself: `python3 make_npy.py`.

Names say what is inside: type-byteorder-axisorder. In the 2 × 3 arrays element (r, c) is
3 r + c + 1 = v, its parity for booleans, v - v/2 i for complex numbers; `signed`, `floats` and `halves`
hold the values their names say.
"""
import pathlib

import numpy as np
from numpy.lib import format as npy

HERE = pathlib.Path(__file__).parent / "npy"


def save(name, array, version=(1, 0), allow_pickle=False):
    with open(HERE / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version, allow_pickle=allow_pickle)


def main():
    HERE.mkdir(exist_ok=True)
    base = np.arange(1, 7).reshape(2, 3)
    for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", "b1"]:
        values = base % 2 == 1 if code == "b1" else base * (1 - 0.5j) if code[0] == "c" else base
        for order in "CF":
            for name, mark in [("little", "<"), ("big", ">")]:
                if code in ("i1", "u1", "b1") and mark == ">":
                    continue
                save(f"{code}-{name}-{order}", np.array(values, dtype=mark + code, order=order))

    save("version2", np.arange(5.0), (2, 0))
    save("version3", np.arange(5.0), (3, 0))
    save("zero-axes", np.array(2.5))
    save("one-axis", np.array([1.5, -2.5, np.nan, np.inf]))
    save("three-axes", np.arange(24.0).reshape(2, 3, 4))
    save("empty", np.zeros(0))
    save("empty-rows", np.zeros((0, 4)))
    save("empty-columns", np.zeros((4, 0)))
    save("signed", np.array([-(2**63), -1, 2**63 - 1], dtype="<i8"))
    save("unsigned", np.array([0, 2**64 - 1], dtype="<u8"))
    save("floats", np.array([5e-324, -0.0, 1.7976931348623157e308, -np.inf], dtype=">f8"))
    halves = [0x0001, 0x8000, 0x03FF, 0x3555, 0x7BFF, 0xFC00, 0x7E00]
    save("halves", np.array(halves, dtype="<u2").view("<f2"))

    save("refused-long", np.zeros(3, dtype=np.longdouble))
    save("refused-long-complex", np.zeros(3, dtype=np.clongdouble))
    save("refused-structured", np.zeros(3, dtype=[("x", "<f8"), ("y", "<i4")]))
    save("refused-unicode-names", np.zeros(3, dtype=[("größe", "<f8")]), (3, 0))
    save("refused-bytes", np.array([b"ab", b"c"]))
    save("refused-strings", np.array(["ab", "c"]))
    save("refused-dates", np.array(["2020-01-01"], dtype="M8[D]"))
    save("refused-objects", np.array([None, 1], dtype=object), allow_pickle=True)


if __name__ == "__main__":
    main()
