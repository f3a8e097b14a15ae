#!/usr/bin/env python3
"""Computes the statistics that the tests expect, with pandas and numpy, one file for each data file.

Run `python3 data/expected/make_expected.py` after a data file changes. Means and deviations use
exactly rounded sums, so their own error is below what the tests allow; quartiles are numpy's
default, linear interpolation.
"""
import json
import math
import pathlib

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent


def statistics(values):
    values = np.asarray(values, dtype=np.float64)
    present = values[~np.isnan(values)]
    count = len(present)
    result = {"count": count, "missing": len(values) - count}
    if count == 0:
        return result
    mean = math.fsum(present) / count
    q1, median, q3 = np.quantile(present, [0.25, 0.5, 0.75])
    squares = math.fsum((x - mean) ** 2 for x in present)
    result |= {
        "mean": mean,
        "sd": math.sqrt(squares / (count - 1)) if count > 1 else None,
        "min": float(present.min()), "q1": float(q1), "median": float(median), "q3": float(q3),
        "max": float(present.max()),
    }
    return result


def columns(path):
    if path.suffix == ".npy":
        array = np.load(path)
        array = array.reshape(len(array), -1)
        return [(f"col{i}", array[:, i]) for i in range(array.shape[1])], len(array)
    # Fields as text, converted by Python's own float(): the bits that tests compare with.
    table = pd.read_csv(
        path, sep="\t" if path.suffix == ".tsv" else ",", dtype=str, na_values=["-", "?"],
        skipinitialspace=True)
    return [(name, numbers_or_text(column)) for name, column in table.items()], len(table)


def numbers_or_text(column):
    try:
        return np.array([float(x) if isinstance(x, str) else math.nan for x in column])
    except ValueError:
        return column


def main():
    for path in sorted(HERE.parent.iterdir()):
        if path.suffix not in {".csv", ".tsv", ".npy"}:
            continue
        found, rows = columns(path)
        lines = []
        for name, values in found:
            is_number = isinstance(values, np.ndarray)
            entry = {"name": name, "kind": "number" if is_number else "text"}
            if is_number:
                entry |= statistics(values)
            else:
                entry |= {"count": int(values.notna().sum()), "missing": int(values.isna().sum())}
            lines.append("    " + json.dumps(entry))
        text = (f'{{\n  "file": {json.dumps(path.name)},\n  "rows": {rows},\n  "columns": [\n'
                + ",\n".join(lines) + "\n  ]\n}\n")
        (HERE / f"{path.name}.json").write_text(text)


if __name__ == "__main__":
    main()
