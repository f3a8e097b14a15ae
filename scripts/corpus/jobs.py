"""Job files and journals of `echelon batch`, changed by chance.

A job file is checked or refused with its place, and a run that resumes by a changed journal has the results of one
that was never disturbed.
"""

import os
import re
import shutil
import subprocess

import chance

JOB = b"""inputs: [a.csv, "*.tsv"]
steps:
  - filter: x > 1
  - "map r = x / y"
  - standardize
output: out
halt: soon,fail=2
retries: 2
timeout: 30s
missing: [NA, "?"]
types: {x: number}
delimiter: ','
"""
TOKENS = [
    b"&a ", b"*a", b"!!binary ", b"|", b">", b"{", b"}", b"[" * 50, b"]", b": ", b"- ", b"\n", b"\t", b"\xff", b"\0", b"? ",
    b"<<: *a", b"---\n", b"...\n", b"9" * 30, b"'", b'"', b"#", b"%YAML 9.9\n", b"null", b"~", b"-1", b"1e999", b"true",
]
TABLES = {"a.csv": b"x,y\n1,2\n2.5,3\n4,5\n", "b.tsv": b"x\ty\n3\t1\n7\t2\n9\t4\n", "c.csv": b"x,y\n1,2,3\n"}
JOURNAL = ".echelon-journal.jsonl"


def changed(random, data):
    return chance.changed(random, data, 4, [1, 2, 8, 40], TOKENS)


def results(folder):
    """The bytes of the results in a folder, by name."""
    found = {}
    for name in os.listdir(folder):
        if not name.startswith("."):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
    return found


class Jobs:
    """Runs them in a folder of their own."""

    def __init__(self, echelon, folder, random):
        self.echelon, self.folder, self.random = echelon, folder, random
        os.mkdir(folder)
        for name, data in TABLES.items():
            self.write(name, data)

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def command(self, *arguments):
        return subprocess.run(
            [self.echelon, *arguments], cwd=self.folder, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)

    def batch(self, output, *more):
        return self.command("batch", "--do", "standardize", *TABLES, "--output", output, "--workers", "2", *more)

    def job_file(self, index):
        """What is wrong with what is said of a changed job file; None if nothing is."""
        name = f"job{index:03}.yaml"
        self.write(name, changed(self.random, JOB))
        found = self.command("run", name, "--dry-run")
        if found.returncode == 0:
            return None
        has_place = re.match(rb"echelon: [^:]+:[0-9]+:[0-9]+: ", found.stderr) is not None
        return None if found.returncode in (1, 2) and has_place else f"{name}: {found.returncode}, {found.stderr[:300]}"

    def journal(self, index, expected, journal):
        """What is wrong with a run that resumes by a changed journal."""
        name = f"resumed{index:03}"
        shutil.copytree(os.path.join(self.folder, "undisturbed"), os.path.join(self.folder, name))
        self.write(os.path.join(name, JOURNAL), changed(self.random, journal))
        found = self.batch(name, "--resume")
        if found.returncode != 1:  # c.csv is refused each time
            return f"{name}: exit status {found.returncode}, {found.stderr[:300]}"
        return None if results(os.path.join(self.folder, name)) == expected else f"{name}: other results"

    def run(self, count):
        """The forms, how many files there were of each, and what was wrong with them."""
        yield "job files", count, list(filter(None, map(self.job_file, range(count))))
        self.batch("undisturbed")
        expected = results(os.path.join(self.folder, "undisturbed"))
        with open(os.path.join(self.folder, "undisturbed", JOURNAL), "rb") as file:
            journal = file.read()
        told = [self.journal(index, expected, journal) for index in range(count)]
        yield "journals", count, list(filter(None, told)) if expected else ["nothing was written"]
