#!/usr/bin/env python3
"""Makes the files of this folder from the Python packages they come from.

Only needed to add a file or to check one: the results are kept in the repository. The packages and
their versions are in README.md; install them, then run `python3 data/collect.py`.
"""
import csv
import gzip
import importlib.resources as resources
import json
import pathlib
import shutil

import numpy as np
from sklearn import datasets

HERE = pathlib.Path(__file__).parent


def package_file(package, *parts):
    return resources.files(package).joinpath(*parts)


def copy(name, package, *parts):
    """A file as its package has it, byte for byte."""
    with resources.as_file(package_file(package, *parts)) as source:
        shutil.copyfile(source, HERE / name)


def write_rows(name, header, rows, delimiter=","):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_frame(name, bunch):
    """A scikit-learn data set: its features, then its target (class names where it has them)."""
    names = [str(n) for n in getattr(bunch, "target_names", [])]
    rows = (
        [repr(float(v)) for v in row] + [names[int(t)] if names else repr(float(t))]
        for row, t in zip(bunch.data, bunch.target)
    )
    header = [str(n) for n in bunch.feature_names] + ["class" if names else "progression"]
    write_rows(name, header, rows)


def gray(name):
    """The luma of a sample photograph, ITU-R BT.601 weights, unrounded."""
    return datasets.load_sample_image(name).astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def main():
    for name in ["stocks", "seattle-weather", "seattle-temps", "airports", "us-employment",
                 "iowa-electricity"]:
        copy(f"{name}.csv", "vega_datasets", "_data", f"{name}.csv")
    cars = json.loads(package_file("vega_datasets", "_data", "cars.json").read_text())
    write_rows("cars.csv", cars[0], ([row[key] for key in cars[0]] for row in cars))

    for name in ["longley", "elnino", "sunspots", "macrodata", "grunfeld"]:
        copy(f"{name}.csv", "statsmodels.datasets", name, f"{name}.csv")
    with package_file("statsmodels.datasets", "co2", "co2.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    write_rows("co2.tsv", header, rows, delimiter="\t")

    with package_file("plotly", "package_data", "datasets", "gapminder.csv.gz").open("rb") as file:
        (HERE / "gapminder.csv").write_bytes(gzip.decompress(file.read()))

    write_frame("iris.csv", datasets.load_iris())
    write_frame("wine.csv", datasets.load_wine())
    write_frame("breast-cancer.csv", datasets.load_breast_cancer())
    write_frame("diabetes.csv", datasets.load_diabetes(scaled=False))

    np.save(HERE / "digits.npy", datasets.load_digits().data)
    np.save(HERE / "flower.npy", np.rint(gray("flower.jpg")).astype(np.uint8))
    # The left half: the whole is more than a megabyte.
    np.save(HERE / "china.npy", gray("china.jpg").astype(np.float32)[:, :320].copy())
    sunspots = np.loadtxt(HERE / "sunspots.csv", delimiter=",", skiprows=1)[:, 1]
    np.save(HERE / "sunspots.npy", sunspots)

    # Damaged on purpose, each in the way such files usually are.
    bad = HERE / "bad"
    lines = (HERE / "seattle-weather.csv").read_text().splitlines()[:40]
    lines[16] += ",late note"
    (bad / "ragged.csv").write_text("\n".join(lines) + "\n")
    (bad / "binary.csv").write_bytes(b"time,value\n0,1.5\n1,\x00\x01\xfe\xff\x00\x7f2.5\n")
    (bad / "unclosed-quote.csv").write_text('name,height\n"Rainier,4392\nBaker,3286\n')
    (bad / "truncated.npy").write_bytes((HERE / "digits.npy").read_bytes()[:2000])


if __name__ == "__main__":
    main()
