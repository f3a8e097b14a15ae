#!/usr/bin/env python3
"""Writes a large data file of any size, the same bytes for the same arguments.

    python3 data/generate.py --rows 1000000 --columns 8 --seed 1 --output big.csv
    python3 data/generate.py --rows 1000000 --columns 8 --seed 1 --output big.npy

The values are Gaussian with a mean and a deviation of each column's own, of very different
magnitudes, so that a careless sum loses digits. In a CSV file one field in --missing is empty and
the first column is a time; in an NPY file (little-endian doubles, C order) there are only numbers.
"""
import argparse
import random
import struct
import sys

FLUSH_ROWS = 4096


def npy_header(rows, columns):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}"
    text += " " * (21 - len(str(rows)))
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("ascii")


def rows_of(arguments):
    """Yields lists of floats."""
    generator = random.Random(arguments.seed)
    shapes = [(10.0 ** generator.randint(-6, 9), 10.0 ** generator.randint(-3, 3))
              for _ in range(arguments.columns)]
    for _ in range(arguments.rows):
        yield [generator.gauss(mean, mean * spread * 1e-3) for mean, spread in shapes]


def write_npy(file, arguments):
    file.write(npy_header(arguments.rows, arguments.columns))
    pack = struct.Struct(f"<{arguments.columns}d").pack
    buffer = []
    for row in rows_of(arguments):
        buffer.append(pack(*row))
        if len(buffer) == FLUSH_ROWS:
            file.write(b"".join(buffer))
            buffer.clear()
    file.write(b"".join(buffer))


def write_csv(file, arguments):
    # A stream of its own, so that the same seed gives the same numbers in both formats.
    gaps = random.Random(arguments.seed + 1)
    names = ["time"] + [f"sensor{i}" for i in range(arguments.columns)]
    buffer = [",".join(names)]
    for second, row in enumerate(rows_of(arguments)):
        fields = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"]
        for value in row:
            is_missing = arguments.missing > 0 and gaps.randrange(arguments.missing) == 0
            fields.append("" if is_missing else repr(value))
        buffer.append(",".join(fields))
        if len(buffer) >= FLUSH_ROWS:
            file.write(("\n".join(buffer) + "\n").encode("ascii"))
            buffer.clear()
    if buffer:
        file.write(("\n".join(buffer) + "\n").encode("ascii"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=8, help="columns of numbers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missing", type=int, default=1000, metavar="N",
                        help="leave one CSV field in N empty; 0 for none")
    parser.add_argument("--output", required=True, help="a path that ends in .csv or .npy")
    arguments = parser.parse_args()
    if arguments.rows < 0 or arguments.columns < 1 or arguments.missing < 0:
        parser.error("rows and missing must not be negative, columns must be at least 1")
    if not arguments.output.endswith((".csv", ".npy")):
        parser.error("--output must end in .csv or .npy")
    try:
        with open(arguments.output, "wb") as file:
            (write_npy if arguments.output.endswith(".npy") else write_csv)(file, arguments)
    except OSError as error:
        sys.exit(f"{arguments.output}: {error.strerror}")


if __name__ == "__main__":
    main()
