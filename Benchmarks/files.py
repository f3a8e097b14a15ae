"""Measures how fast data files are read, beside polars, pandas, GNU parallel with a NumPy script, and R's parallel.

usage: python files.py --echelon .build/static/release/echelon --folder /tmp/files
           [--megabytes 1000] [--files 2000] [--workers 2] [--pairs 15]
           [--only read-full,read-short,polars-stats,parallel-stats,r-stats]

Makes the data with a seed, in a folder of its own, and measures in pairs, one side right after the other,
which of them first in turn. Prints medians, and the median of the ratios with its 95 % interval, read off
the order statistics. Reading is timed inside of each program: files are in the page cache, processes have
been started. The statistics of many files are whole commands, from start to end.

The answers are compared: the mean of the first column of what is read, and the sum of all means of many files. Rivals that
are not there are left out with a word.
"""

import argparse
import csv
import importlib.util
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

SEED = 20_240_601
READ = """
import os, sys, time
os.environ["POLARS_MAX_THREADS"] = sys.argv[3]
if sys.argv[1] == "polars":
    import polars
    read = lambda: polars.read_csv(sys.argv[2])
    total = lambda table: [table[name].sum() for name in table.columns]
else:
    import pandas
    read = lambda: pandas.read_csv(sys.argv[2], engine="c")
    total = lambda table: [float(table[name].sum()) for name in table.columns]
for line in sys.stdin:
    before = time.perf_counter()
    table = read()
    seconds = time.perf_counter() - before
    print(seconds, total(table)[0] / len(table), flush=True)
    del table
"""
POLARS_STATS = """
import os, sys, time
os.environ["POLARS_MAX_THREADS"] = sys.argv[2]
import polars
from polars import all as every
for path in sorted(os.listdir(sys.argv[1])):
    table = polars.read_csv(os.path.join(sys.argv[1], path))
    row = table.select(
        every().count().name.suffix(" count"), every().mean().name.suffix(" mean"),
        every().std().name.suffix(" sd"), every().min().name.suffix(" min"),
        every().quantile(0.25, "linear").name.suffix(" q1"), every().median().name.suffix(" median"),
        every().quantile(0.75, "linear").name.suffix(" q3"), every().max().name.suffix(" max"))
    row = row.row(0)
    print(path, row)
    # Ten columns, the means after the counts.
    print("means", sum(row[10:20]))
"""
NUMPY_STATS = """
import sys, numpy
x = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
print(sys.argv[1], len(x), x.mean(0), x.std(0, ddof=1), numpy.quantile(x, [0, 0.25, 0.5, 0.75, 1], axis=0))
print("means", float(x.mean(0).sum()))
"""
# Processes forked for parts of the files, which is what R's own package does on Linux.
R_STATS = """
words <- commandArgs(trailingOnly = TRUE)
paths <- list.files(words[1], pattern = "[.]csv$", full.names = TRUE)
row <- function(path) {
  x <- as.matrix(read.csv(path, colClasses = "numeric"))
  list(nrow(x), colMeans(x), apply(x, 2, sd), apply(x, 2, quantile, c(0, 0.25, 0.5, 0.75, 1)))
}
rows <- parallel::mclapply(paths, row, mc.cores = as.integer(words[2]))
for (i in seq_along(rows)) {
  cat(paths[i], format(unlist(rows[[i]]), digits = 15), "\\n")
  cat("means", format(sum(rows[[i]][[2]]), digits = 17), "\\n")
}
"""


def write(path, byte_count, seed, kind):
    """Ten columns: normal numbers with all their digits, or with six behind the point.

    The rows of the first 100 MB come again and again: making others would take longer than all else here.
    """
    import numpy

    random = numpy.random.default_rng(seed)
    scale = 10.0 ** random.integers(-2, 4, size=10)
    with open(path + ".part", "w") as file:
        file.write(",".join(f"c{i}" for i in range(10)) + "\n")
        blocks, size = [], 0
        form = repr if kind == "full" else "{:.6f}".format
        while size < min(byte_count, 100_000_000):
            rows = random.normal(size=(min(20_000, byte_count // 190 + 1), 10)) * scale
            blocks.append("".join(",".join(map(form, row)) + "\n" for row in rows.tolist()))
            size += len(blocks[-1])
        for index in range(-(-byte_count // size)):
            file.writelines(blocks)
    os.rename(path + ".part", path)


class Reader:
    """A process that reads a file whenever it is told."""

    def __init__(self, library, path, workers):
        self.process = subprocess.Popen(
            [sys.executable, "-c", READ, library, path, str(workers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        seconds, mean = self.process.stdout.readline().split()
        return float(seconds), float(mean)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def echelon_read(options, path):
    """`echelon stats` says how long it read, and the mean of the first column."""
    run = subprocess.run(
        [options.echelon, "stats", path, "--workers", str(options.workers), "--times", "--format", "json"],
        capture_output=True, text=True, check=True)
    line = next((line for line in run.stderr.splitlines() if "reading took" in line), None)
    if line is None:
        sys.exit(f"{path} is too small for 'stats --times' to say how long it read; use more --megabytes")
    value, unit = line.split()[-2:]
    seconds = float(value) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit]
    return seconds, json.loads(run.stdout)[0]["columns"][0]["mean"]


def timed(command, means, **more):
    """A whole command, and the sum of the means in what it writes."""
    before = time.perf_counter()
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **more)
    return time.perf_counter() - before, means(run.stdout)


def rival_means(text):
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("means "))


def echelon_means(text):
    return sum(float(row["mean"]) for row in csv.DictReader(io.StringIO(text)))


def is_there(what, how):
    """Whether a library of Python or a program is there; says so if not."""
    found = importlib.util.find_spec(what) if how.startswith("pip ") else shutil.which(what)
    if not found:
        print(f"left out: {what} is not there; {how}", file=sys.stderr, flush=True)
    return bool(found)


def interval(values):
    values = sorted(values)
    count, probability, tail, rank = len(values), 0.5 ** len(values), 0.5 ** len(values), 0
    while True:
        probability *= (count - rank) / (rank + 1)
        if tail + probability > 0.025:
            break
        tail += probability
        rank += 1
    return statistics.median(values), values[rank], values[count - 1 - rank]


def compare(title, rival_title, ours, theirs, pairs, goal):
    ours(), theirs()
    times = []
    for index in range(pairs):
        if index % 2 == 0:
            a, b = ours(), theirs()
        else:
            b, a = theirs(), ours()
        if a[1] is not None and b[1] is not None and abs(a[1] - b[1]) > 1e-9 * max(1, abs(a[1])):
            sys.exit(f"{title}: {a[1]} here, {b[1]} by {rival_title}; a time for a wrong answer means nothing")
        times.append((a[0], b[0]))
    middle, low, high = interval([b / a for a, b in times])
    ours_time, theirs_time = (statistics.median(side) for side in zip(*times))
    verdict = "" if goal is None else "met" if high >= goal else "MISSED"
    asked = "for comparison" if goal is None else f"{goal} ×"
    print(
        f"| {title} | {ours_time:.3g} s | {rival_title} | {theirs_time:.3g} s "
        f"| {middle:.2f} × ({low:.2f} to {high:.2f}) | {asked} | {verdict} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--echelon", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--only", default="read-full,read-short,polars-stats,parallel-stats,r-stats")
    options = parser.parse_args()
    if options.pairs < 6:
        sys.exit("--pairs: fewer than 6 give no 95 % interval")
    os.makedirs(options.folder, exist_ok=True)
    print(f"load {os.getloadavg()[0]:.1f}, seed {SEED}, {options.workers} workers, {options.pairs} pairs\n")
    print("| Echelon | | rival | | rival's time / Echelon's | asked | |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    only = options.only.split(",")
    for kind, title in [("full", "all digits"), ("short", "six decimals")]:
        if f"read-{kind}" in only:
            path = os.path.join(options.folder, f"{kind}-{options.megabytes}.csv")
            if not os.path.exists(path):
                write(path, options.megabytes * 1_000_000, SEED, kind)
            for library, goal in [("polars", 1), ("pandas", 5)]:
                if not is_there(library, f"pip install {library}"):
                    continue
                rival = Reader(library, path, options.workers)
                compare(
                    f"read {options.megabytes} MB of CSV, {title}", library,
                    lambda: echelon_read(options, path), rival, options.pairs, goal)
                rival.end()
    if {"polars-stats", "parallel-stats", "r-stats"} & set(only):
        folder = os.path.join(options.folder, f"many-{options.files}")
        os.makedirs(folder, exist_ok=True)
        for index in range(options.files):
            path = os.path.join(folder, f"{index:05}.csv")
            if not os.path.exists(path):
                write(path, 50_000, SEED + index, "full")
        title = f"stats over {options.files} CSV files of 50 KB"
        command = [
            options.echelon, "stats", folder, "--workers", str(options.workers), "--format", "csv"]
        ours = lambda: timed(command, echelon_means)
        if "polars-stats" in only and is_there("polars", "pip install polars"):
            compare(
                title, "polars, the same statistics", ours,
                lambda: timed(
                    [sys.executable, "-c", POLARS_STATS, folder, str(options.workers)], rival_means),
                options.pairs, 2)
        script = os.path.join(options.folder, "stats.py")
        with open(script, "w") as file:
            file.write(NUMPY_STATS)
        parallel = (
            f"ls {folder}/*.csv | OPENBLAS_NUM_THREADS=1 parallel -j {options.workers} "
            f"{sys.executable} {script}")
        if "parallel-stats" in only and is_there("parallel", "apt-get install parallel"):
            compare(
                title, "GNU parallel, NumPy", ours,
                lambda: timed(["sh", "-c", parallel], rival_means), options.pairs, 20)
        r_script = os.path.join(options.folder, "stats.R")
        with open(r_script, "w") as file:
            file.write(R_STATS)
        if "r-stats" in only and is_there("Rscript", "apt-get install r-base-core"):
            compare(
                title, "R's parallel (mclapply), read.csv", ours,
                lambda: timed(
                    ["Rscript", "--vanilla", r_script, folder, str(options.workers)], rival_means),
                options.pairs, None)


main()
