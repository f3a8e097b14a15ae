"""Compares what Echelon reads with what pandas, NumPy, SciPy, h5py and Python's json read, value by value, to the bit.

usage: python scripts/corpus --echelon .build/echelon [--seed 1] [--keep FOLDER]

Makes some 900 files, by those libraries, by hand and by a fuzzer, of every format that is read, among them
many that have to be refused with their place, and some that are changed by chance. `echelon convert --to json`
reads them in workers, many with one command; the files that are to be refused are each read once more by a
command of their own. Job files and journals that are changed by chance follow. Exits with 1 where a value
differs, where a file is refused that should be read, or the other way around, or where a worker ends.

Where the readers part on purpose, the reasons stand in delimited.py (`by_pandas`) and oddities.py (`BY_HAND`).
"""

import argparse
import collections
import concurrent.futures
import ctypes
import glob
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy
import pandas
import scipy

import arrays
import delimited
import jobs
import lines
import malformed
import matrices
import oddities
from case import Perhaps, Refusal, columns_of, differences, matches

SMALLEST = 300
CRASH = re.compile(r"worker|signal|Fatal error|Crash|crash")


def part(seed, name):
    """Random numbers of a part of the corpus, which do not depend on the other parts."""
    return random.Random(f"{seed}-{name}")


def make(seed):
    fuzzer = part(seed, "fuzzer")
    cases = [delimited.by_fuzzer(fuzzer, index) for index in range(150)]
    for module in (oddities, arrays, matrices, lines, malformed):
        cases += module.cases(part(seed, module.__name__))
    cases += malformed.changed(part(seed, "changed"), [case for case in cases if len(case.data) < 100_000])
    names = collections.Counter(result_name(case) for case in cases)
    assert max(names.values()) == 1, names.most_common(3)
    return cases


def environment(folder):
    """HDF5 is read by the system's library; without one, by that which h5py has with it."""
    for name in ("libhdf5.so.310", "libhdf5_serial.so.310", "libhdf5.so.103", "libhdf5_serial.so.103", "libhdf5.so"):
        try:
            ctypes.CDLL(name)
            return os.environ
        except OSError:
            pass
    own = os.path.join(os.path.dirname(os.path.dirname(h5py.__file__)), "h5py.libs")
    library = next((path for path in glob.glob(own + "/libhdf5-*.so*")), None)
    if library is None:
        sys.exit("corpus: no HDF5 library; install libhdf5-dev")
    os.symlink(library, os.path.join(folder, "libhdf5.so.310"))
    return {**os.environ, "LD_LIBRARY_PATH": f"{folder}:{own}"}


class Run:
    """Reads the cases, and keeps what was found."""

    def __init__(self, echelon, folder, cases):
        self.echelon, self.folder = os.path.abspath(echelon), folder
        libraries = os.path.join(folder, "libraries")
        os.mkdir(libraries)
        self.environment = environment(libraries)
        self.files, self.values = collections.Counter(), collections.Counter()
        self.told = collections.defaultdict(list)
        for case in cases:
            with open(os.path.join(folder, case.name), "wb") as file:
                file.write(case.data)

    def tell(self, case, what):
        self.told[case.form].append(f"{case.path} ({' '.join(case.options) or 'no options'}): {what}")

    def command(self, *arguments):
        return subprocess.run(
            [self.echelon, "convert", "--to", "json", *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)

    def together(self, cases, output):
        """Cases that have their options in common, by one command."""
        paths = [case.path for case in cases]
        found = self.command(*cases[0].options, "--workers", "2", "--output", output, "--", *paths)
        messages = found.stderr.splitlines()
        failed = 0
        for case in cases:
            self.files[case.form] += 1
            path = os.path.join(self.folder, output, result_name(case))
            starts = tuple(f"echelon: {name}:" for name in (case.path, case.name))
            told = [line for line in messages if line.startswith(starts)]
            failed += not os.path.exists(path)
            self.judge(case, path if os.path.exists(path) else None, told)
        if found.returncode != (1 if failed else 0):
            self.tell(
                cases[0], f"and {len(cases) - 1} more: {failed} refused, exit status {found.returncode}: {messages[-3:]}")

    def judge(self, case, path, told):
        if any(CRASH.search(line) for line in told):
            self.tell(case, f"ended a worker: {told}")
        elif isinstance(case.expected, Refusal):
            if path or not any(matches(case, line) for line in told):
                self.tell(case, f"{told or 'was read'}, expected '{case.expected.pattern}'")
        elif path is None:
            if not isinstance(case.expected, Perhaps) or not told:
                self.tell(case, f"was refused: {told}")
        else:
            expected = case.expected.columns if isinstance(case.expected, Perhaps) else case.expected
            with open(path) as file:
                found = columns_of(file.read())
            sentences, count = differences(found, expected) if expected is not None else ([], 0)
            self.values[case.form] += count
            for sentence in sentences:
                self.tell(case, sentence)

    def alone(self, case):
        """A file that is to be refused, by a command of its own, which writes nothing else."""
        found = self.command(*case.options, "--", case.path)
        messages = found.stderr.splitlines()
        if found.returncode != 1 or found.stdout or len(messages) != 1 or not matches(case, messages[0]):
            self.tell(
                case, f"alone: exit status {found.returncode}, {messages[:3]}, expected '{case.expected.pattern}'")


def result_name(case):
    """What the command calls the result, in a folder of many."""
    name = case.path if case.member else re.sub(r"\.(gz|zst)$", "", case.name)
    name = name.replace(":/", ":").replace("/", ".")
    return name if name.endswith(".json") else name + ".json"


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--echelon", required=True, help="the command")
    parser.add_argument("--seed", type=int, default=os.environ.get("CORPUS_SEED") or random.randrange(2**24))
    parser.add_argument("--keep", help="a new folder for the files, which are otherwise deleted")
    options = parser.parse_args()
    libraries = (pandas, numpy, scipy, h5py)
    versions = ", ".join(f"{library.__name__} {library.__version__}" for library in libraries)
    print(f"corpus: CORPUS_SEED={options.seed}, {versions}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        os.makedirs(folder, exist_ok=True)
        cases = make(options.seed)
        run = Run(options.echelon, folder, cases)
        groups = collections.defaultdict(list)
        for one in cases:
            groups[one.options].append(one)
        for index, group in enumerate(groups.values()):
            run.together(group, f"output{index:03}")
        with concurrent.futures.ThreadPoolExecutor(2) as threads:
            list(threads.map(run.alone, (one for one in cases if one.form == "refused")))
        own = jobs.Jobs(run.echelon, os.path.join(folder, "jobs"), part(options.seed, "jobs"))
        for form, number, told in own.run(80):
            run.files[form] = number
            run.told[form] = told
    for form, count in run.files.items():
        print(f"{form:18} {count:4} files {run.values[form]:8} values {len(run.told[form]):4} differences")
        for sentence in run.told[form][:20]:
            print("    " + sentence)
        if len(run.told[form]) > 20:
            print(f"    and {len(run.told[form]) - 20} more")
    stale = list(oddities.still_differs())
    for sentence in stale:
        print(sentence)
    count = sum(map(len, run.told.values()))
    total = sum(run.files.values())
    print(f"corpus: {total} files, {sum(run.values.values())} values, {count} differences")
    if total < SMALLEST:
        print(f"corpus: fewer than {SMALLEST} files")
    sys.exit(1 if count or stale or total < SMALLEST else 0)


main()
