"""Files that are wrong: each is refused with its place, and those that are changed by chance cost no worker."""

import gzip
import io
import struct
import zipfile

import h5py
import numpy
import zstandard

import chance
import lines
from arrays import columns, deflated, hand_written, npy, saved
from case import Case, Perhaps, Refusal

MATRIX = b"%%MatrixMarket matrix "
TABLE = b"a,b\n" + b"".join(b"%d,%d.5\n" % (row, row) for row in range(3000))
ARRAY = npy(numpy.arange(12.0).reshape(4, 3))
HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (8,), }"


# What is put into files that are changed by chance, and what eight of their bytes become.
WORDS = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"9" * 20, b"e", b"-", b"{", b"'"]
NUMBERS = [
    struct.pack("<Q", number) for number in [0, 1, 2**31, 2**32 - 1, 2**61, 2**63 - 1, 2**63, 2**64 - 1]]


def at(line, column, words=""):
    """A refusal at a line and a column."""
    return f":{line}:{column}: .*{words}"


# Name, bytes, what follows the path in the message, options.
BY_HAND = [
    ("empty.csv", b"", ": holds no data"),
    ("blank.csv", b"\n \n\t\n", ": holds no data"),
    ("only-bom.csv", b"\xef\xbb\xbf", ": holds no data"),
    ("only-comments.csv", b"# a\n# b\n", ": holds no data", "--comment", "#"),
    ("long-row.csv", b"a,b\n1,2\n3,4,5\n", at(3, 4, "3")),
    ("short-row.csv", b"a,b,c\n1,2,3\n4,5\n", at(3, 4, "2")),
    ("long-row-crlf.csv", b"a,b\r\n1,2\r\n3,4,5\r\n", at(3, 4)),
    ("long-row-after-quotes.csv", b'a,b\n"x\ny",2\n3,4,5\n', at(4, 4)),
    ("long-row-unicode.csv", "a,b\nä🜁,2,3\n".encode(), at(2, 5)),
    ("long-row-fill.csv", b"a,b\n1\n3,4,5\n", at(3, 4), "--ragged", "fill"),
    ("open-quote.csv", b'a,b\n1,"x\n2,y\n', at(2, 3, "never closed")),
    ("open-quote-header.csv", b'a,"b\n1,2\n', at(1, 3, "never closed")),
    ("after-quote.csv", b'a,b\n"x"y,1\n', at(2, 4, "after a closing quote")),
    ("after-quote-blank.csv", b'a,b\n1,"x" y\n', at(2, 7, "after a closing quote")),
    ("latin-1.csv", b"a,b\nx,1\nM\xfcller,2\n", at(3, 2, "UTF-8")),
    ("latin-1-name.csv", b"a,gr\xf6\xdfe\n1,2\n", at(1, 5, "UTF-8")),
    ("surrogate.csv", b"a,b\nx\xed\xa0\x80,1\n", at(2, 2, "UTF-8")),
    ("overlong.csv", b"a,b\nx\xc0\xaf,1\n", at(2, 2, "UTF-8")),
    ("cut-character.csv", b"a,b\nx,y\xe2\x82", at(2, 4, "UTF-8")),
    ("nul.csv", b"a,b\n1,2\n3,\0\n", at(3, 3, "NUL")),
    ("nul-in-quotes.csv", b'a,b\n"x\0",2\n', at(2, 3, "NUL")),
    ("nul-in-name.csv", b"a,b\0\n1,2\n", at(1, 4, "NUL")),
    ("utf-16.csv", "a,b\n1,2\n".encode("utf-16"), ": .*UTF-16"),
    ("utf-16-plain.csv", "a,b\n1,2\n".encode("utf-16-le"), at(1, 2, "NUL")),
    ("zip.csv", deflated({"x": numpy.arange(3)})[:4] + b"no arrays", ": .*zip"),
    ("parquet.csv", b"PAR1\x15\x04", ": .*Parquet"),
    ("pdf.csv", b"%PDF-1.7\n", ": .*PDF"),
    ("word-in-numbers.csv", b"x,n\n1,1\nabc,2\n", at(3, 1, "abc"), "--types", "x=number"),
    ("no-such-column.csv", b"x,n\n1,1\n", ": .*'zip'", "--types", "zip=text"),
    ("names-too-few.csv", b"x,n\n1,1\n", ": .*1 names? .*2 columns", "--names", "x"),
    ("cut.csv.gz", gzip.compress(TABLE)[:-9], ": damaged gzip file at byte "),
    ("checksum.csv.gz", gzip.compress(TABLE)[:-8] + bytes(4) + gzip.compress(TABLE)[-4:], ": damaged gzip file at byte "),
    ("rest.csv.gz", gzip.compress(TABLE) + b"rest", ": damaged gzip file at byte "),
    ("empty-gzip.csv.gz", b"", ": "),
    ("nothing.csv.gz", gzip.compress(b""), ": holds no data"),
    ("cut-zstd.csv.zst", zstandard.compress(TABLE)[:-9], ": damaged zstd file at byte "),
    ("row-in.csv.gz", gzip.compress(b"a,b\n1,2,3\n"), at(2, 4)),
    ("empty.npy", b"", ": holds no data"),
    ("signature.npy", b"\x93NUMPZ" + ARRAY[6:], ": .*byte 0"),
    ("short.npy", ARRAY[:9], ": .*byte 6"),
    ("cut-header.npy", ARRAY[:60], ": .*byte 8"),
    ("cut.npy", ARRAY[:-1], ": .*96 bytes of data, the file has 95"),
    ("surplus.npy", ARRAY + b"\0", ": .*96 bytes of data, the file has 97"),
    ("version.npy", ARRAY[:6] + b"\x04\x00" + ARRAY[8:], ": .*version 4.0"),
    ("objects.npy", ARRAY.replace(b"<f8", b"|O8"), ": .*Python objects"),
    ("words.npy", npy(numpy.array(["x", "yy"])), ": .*Unicode strings"),
    ("bytes.npy", npy(numpy.array([b"x", b"yy"])), ": .*byte strings"),
    ("dates.npy", npy(numpy.array(["2024-01-01"], "M8[D]")), ": .*dates"),
    ("durations.npy", npy(numpy.array([1], "m8[s]")), ": .*time differences"),
    ("long-double.npy", npy(numpy.zeros(2, "g")), ": .*extended floating point"),
    ("records.npy", npy(numpy.zeros(2, "f8,i4")), ": .*structured"),
    ("cube.npy", npy(numpy.zeros((2, 3, 4))), ": .*3 axes"),
    ("negative.npy", hand_written(HEADER.replace(b"8,", b"-8,")) + bytes(64), ": .*byte 61"),
    ("endless.npy", hand_written(HEADER.replace(b"(8,)", b"(9223372036854775807, 9223372036854775807)")), ": .*byte "),
    ("too-long-number.npy", hand_written(HEADER.replace(b"8,", b"9" * 30 + b",")), ": .*byte 61"),
    ("key-twice.npy", hand_written(HEADER.replace(b"{", b"{'shape': (1,), ")) + bytes(64), ": .*byte "),
    ("key-missing.npy", hand_written(b"{'descr': '<f8', 'shape': (8,), }") + bytes(64), ": .*fewer"),
    ("code.npy", hand_written(b"__import__('os').abort()") + bytes(64), ": .*byte 10"),
    ("empty.npz", b"", ": holds no data"),
    ("cut.npz", saved(numpy.savez, x=numpy.arange(9.0))[:-30], ": .*"),
    ("no-zip.npz", b"x" * 100, ": .*byte "),
    ("no-members.npz", b"PK\x05\x06" + bytes(18), ": "),
    ("lengths.npz", saved(numpy.savez, x=numpy.arange(3.0), y=numpy.arange(4.0)), r": .*x \[3\], y \[4\]"),
    ("empty.mtx", b"", ": holds no data"),
    ("no-banner.mtx", b"2 2\n1\n2\n3\n4\n", at(1, 1, "%%MatrixMarket")),
    ("object.mtx", MATRIX.replace(b"matrix", b"vector") + b"array real general\n1 1\n1\n", at(1, 16, "matrix")),
    ("layout.mtx", MATRIX + b"sparse real general\n1 1\n1\n", at(1, 23, "coordinate")),
    ("field.mtx", MATRIX + b"array rational general\n1 1\n1\n", at(1, 29, "rational")),
    ("symmetry.mtx", MATRIX + b"array real diagonal\n1 1\n1\n", at(1, 34, "diagonal")),
    ("array-pattern.mtx", MATRIX + b"array pattern general\n1 1\n1\n", at(1, 29, "pattern")),
    ("no-sizes.mtx", MATRIX + b"array real general\n% no more\n", at(3, 1, "sizes")),
    ("sizes.mtx", MATRIX + b"coordinate real general\n2 2\n", at(2, 4, "number of entries")),
    ("negative-size.mtx", MATRIX + b"array real general\n-1 2\n", at(2, 1)),
    ("huge-size.mtx", MATRIX + b"coordinate real general\n9223372036854775807 9 0\n", at(2, 1)),
    ("oblong.mtx", MATRIX + b"array real symmetric\n1 2\n1\n2\n", at(2, 1, "square")),
    ("cut.mtx", MATRIX + b"array real general\n2 2\n1\n2\n3\n", at(6, 1, "3 of 4")),
    ("surplus.mtx", MATRIX + b"array real general\n1 1\n1\n2\n", at(4, 1, "more than")),
    ("word.mtx", MATRIX + b"array real general\n2 1\n1\nabc\n", at(4, 1, "abc")),
    ("fraction.mtx", MATRIX + b"array integer general\n1 1\n1.5\n", at(3, 1, "whole")),
    ("two-in-line.mtx", MATRIX + b"array real general\n2 1\n1 2\n", at(3, 3, "end of the line")),
    ("outside.mtx", MATRIX + b"coordinate real general\n2 2 1\n3 1 5\n", at(3, 1, "row 3")),
    ("from-0.mtx", MATRIX + b"coordinate real general\n2 2 1\n1 0 5\n", at(3, 3, "column 0")),
    ("twice.mtx", MATRIX + b"coordinate real general\n2 2 2\n1 1 5\n1 1 6\n", at(4, 1, "twice")),
    ("upper.mtx", MATRIX + b"coordinate real symmetric\n2 2 1\n1 2 5\n", at(3, 1, "diagonal")),
    ("skew-diagonal.mtx", MATRIX + b"coordinate real skew-symmetric\n2 2 1\n1 1 5\n", at(3, 1, "skew")),
    ("hermitian-diagonal.mtx", MATRIX + b"coordinate complex hermitian\n1 1 1\n1 1 5 1\n", at(3, 7, "hermitian")),
    ("no-imaginary.mtx", MATRIX + b"array complex general\n1 1\n5\n", at(3, 2, "end of the line")),
    ("empty.jsonl", b"", ": holds no data"),
    ("no-keys.jsonl", b"{}\n{}\n", ": holds no data"),
    ("plain-value.jsonl", b'{"a": 1}\n5\n', at(2, 1, "object")),
    ("array-later.jsonl", b'{"a": 1}\n[5]\n', at(2, 1, "object")),
    ("two-in-line.jsonl", b'{"a": 1} {"a": 2}\n', at(1, 10, "end of the line")),
    ("nested.jsonl", b'{"a": {"b": 1}}\n', at(1, 7, "inside")),
    ("nested-array.jsonl", b'{"a": 1}\n{"a": [1]}\n', at(2, 7, "inside")),
    ("open-object.jsonl", b'{"a": 1\n', at(1, 8, "end of the line")),
    ("open-string.jsonl", b'{"a": "x\n', at(1, 7, "not closed")),
    ("key-twice.jsonl", b'{"a": 1, "a": 2}\n', at(1, 10, "twice")),
    ("bare-key.jsonl", b"{a: 1}\n", at(1, 2, "key")),
    ("single-quotes.jsonl", b"{'a': 1}\n", at(1, 2, "key")),
    ("comma.jsonl", b'{"a": 1,}\n', at(1, 9, "key")),
    ("no-colon.jsonl", b'{"a" 1}\n', at(1, 6, ":")),
    ("nan.jsonl", b'{"a": NaN}\n', at(1, 7, "NaN")),
    ("infinity.jsonl", b'{"a": -Infinity}\n', at(1, 8)),
    ("leading-zero.jsonl", b'{"a": 01}\n', at(1, 7, "0")),
    ("plus.jsonl", b'{"a": +1}\n', at(1, 7)),
    ("no-fraction.jsonl", b'{"a": 1.}\n', at(1, 9, "digit")),
    ("no-exponent.jsonl", b'{"a": 1e}\n', at(1, 9, "digit")),
    ("hexadecimal.jsonl", b'{"a": 0x10}\n', at(1, 8)),
    ("word.jsonl", b'{"a": yes}\n', at(1, 7)),
    ("escape.jsonl", b'{"a": "\\x41"}\n', at(1, 8, "escape")),
    ("half-pair.jsonl", b'{"a": "\\ud83d"}\n', at(1, 8, "surrogate")),
    ("control.jsonl", b'{"a": "x\ty"}\n', at(1, 9, "control")),
    ("latin-1.jsonl", b'{"a": "M\xfcller"}\n', at(1, 9, "UTF-8")),
    ("lengths.jsonl", b"[1, 2]\n[1]\n", at(2, 1, "2 values")),
    ("long.jsonl", b"[1]\n[1, 2]\n", at(2, 5, "more values")),
    ("document.json", b'[\n  {"a": 1}\n  {"a": 2}\n]\n', at(3, 3, "expected ','")),
    ("columns.json", b'{"a": [1], "b": [1, 2]}\n', at(1, 12, "first column has 1")),
    ("rows.bin", bytes(17), ": 17 bytes .*8 bytes", "--raw", "f8le"),
    ("header.bin", bytes(17), ": ", "--raw", "f8le@18"),
    ("empty.bin", b"", ": holds no data", "--raw", "f8le"),
    ("text.h5", b"a,b\n1,2\n", ": .*damaged"),
    ("empty.h5", b"", ": "),
]


def hdf5(write):
    target = io.BytesIO()
    with h5py.File(target, "w") as file:
        write(file)
    return target.getvalue()


def by_h5py():
    """HDF5 files without a table of numbers in them."""
    def lengths(file):
        file["x"], file["y"] = numpy.arange(3.0), numpy.arange(4.0)

    def words(file):
        file["words"] = ["x", "y"]

    def cube(file):
        file["cube"] = numpy.zeros((2, 3, 4))

    def complex_numbers(file):
        file["z"] = numpy.zeros(3, complex)

    whole = hdf5(lambda file: file.create_dataset("x", data=numpy.arange(1000.0)))
    yield "lengths.h5", hdf5(lengths), r": .*x \[3\], y \[4\]"
    yield "words.h5", hdf5(words), ": .*'words'"
    yield "cube.h5", hdf5(cube), ": .*3 axes"
    yield "complex.h5", hdf5(complex_numbers), ": .*'z'"
    yield "nothing.h5", hdf5(lambda file: None), ": holds no data"
    yield "cut.h5", whole[:-1000], ": .*damaged, cut short"
    yield "half-a-signature.h5", whole[:4], ": .*damaged"


def cases(random):
    for name, data, pattern, *options in BY_HAND + list(by_h5py()):
        yield Case("refused", "bad-" + name, data, Refusal(pattern), tuple(options))
    array = saved(numpy.savez, x=numpy.arange(3.0))
    yield Case("refused", "bad-member.npz", array, Refusal(": has no array 'y'; it has x"), member=":y")


def changed(random, cases):
    """Files of the corpus with a few bytes changed, moved, left out or doubled: read or refused, nothing else."""
    for index in range(150):
        case = random.choice(cases)
        lengths = [1, 1, 2, 8, len(case.data) // 2]
        data = chance.changed(random, case.data, 5, lengths, WORDS, NUMBERS)
        name = f"changed{index:03}-{case.name}"
        yield Case("changed by chance", name, data, by_others(case, data), case.options, case.member)


def by_others(case, data):
    """What other readers make of a changed file, where they are as strict as Echelon or more lenient.

    Text by pandas is neither: it takes quotes that go on, and what it makes of changed options is its own. SciPy 1.17
    ends the process for some changed matrices.
    """
    readers = {"NPY": by_numpy, "JSON": lines.by_json}
    if case.form not in readers or case.name.endswith((".gz", ".zst")):
        return Perhaps(None)
    try:
        return Perhaps(readers[case.form](data))
    except Exception:  # whatever it is, the file is not read
        return Refusal(":")


def by_numpy(data):
    return columns(numpy.load(io.BytesIO(data)))
