"""Matrix Market and HDF5: SciPy and h5py write them, and say what they hold."""

import gzip
import io
import warnings

import h5py
import numpy
import scipy.io
import scipy.sparse
import zstandard

from arrays import TYPES, columns
from case import Case


def by_scipy(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = scipy.io.mmread(io.BytesIO(data))
    array = read.toarray() if scipy.sparse.issparse(read) else read
    return columns(array)


# Those that libraries since 1.10 read; what is written for later ones is refused by name there.
VERSIONS = ["earliest", ("v108", "v110"), ("v110", "v110")]

NUMBERS = [type for type in TYPES if type[0] in "iuf"]

BY_HAND = [
    ("array", b"%%MatrixMarket matrix array real general\n% a remark\n\n2 2\n1\n-2.5\n3e-320\n4\n"),
    ("upper-case", b"%%MatrixMarket MATRIX ARRAY REAL GENERAL\n1 2\n1\n2\n"),
    ("crlf", b"%%MatrixMarket matrix coordinate real general\r\n%\r\n2 3 2\r\n1 1 0.1\r\n2 3 -7\r\n"),
    ("blanks", b"%%MatrixMarket  matrix  coordinate  real  general\n  2   2  1 \n  2   1   5  \n"),
    ("no-entries", b"%%MatrixMarket matrix coordinate real general\n3 2 0\n"),
    ("pattern", b"%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n"),
    ("skew", b"%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 2\n2 1 5.5\n3 2 -1\n"),
    ("skew-array", b"%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n"),
    ("symmetric-array", b"%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n"),
    ("long-array", b"%%MatrixMarket matrix array integer general\n2 2\n9007199254740993\n-9223372036854775808\n1\n2\n"),
    ("long-unsigned", b"%%MatrixMarket matrix coordinate unsigned-integer general\n2 2 2\n"
     b"1 1 18446744073709551615\n2 2 9007199254740993\n"),
    ("hermitian", b"%%MatrixMarket matrix coordinate complex hermitian\n2 2 2\n1 1 2 0\n2 1 1.5 -2.5\n"),
    ("complex-array", b"%%MatrixMarket matrix array complex general\n2 1\n1 -0.5\n0.1 1e300\n"),
    ("no-final-line-end", b"%%MatrixMarket matrix array real general\n1 1\n0.1"),
    ("halfway", b"%%MatrixMarket matrix array real general\n3 1\n9007199254740993\n"
     b"1.00000000000000011102230246251565404\n2.4703282292062328e-324\n"),
]


def matrix_market(random, draws):
    for name, data in BY_HAND:
        yield Case("Matrix Market", f"hand-{name}.mtx", data, by_scipy(data))
    for index in range(30):
        rows, count = random.randint(1, 12), random.randint(1, 12)
        kind = random.choice(["real", "integer", "complex", "unsigned"])
        symmetry = random.choice(["general", "general", "symmetric", "skew-symmetric", "hermitian"])
        if symmetry != "general":
            count = rows
        shape = (rows, count)
        real = draws.normal(size=shape) * 10.0 ** draws.integers(-300, 300, shape)
        if kind == "integer":
            most = random.choice([2**53, 2**63 - 1])
            matrix = draws.integers(-most, most, shape)
        elif kind == "unsigned":
            matrix, symmetry = draws.integers(0, random.choice([2**53, 2**64]), shape, dtype="u8"), "general"
        elif kind == "complex":
            matrix = real + 1j * draws.normal(size=shape)
        else:
            matrix = real
        if symmetry == "hermitian" and kind != "complex":
            symmetry = "symmetric"
        lower = numpy.tril(matrix, -1)
        if symmetry == "symmetric":
            matrix = lower + lower.T + numpy.diag(numpy.diag(matrix))
        elif symmetry == "skew-symmetric":
            matrix = lower - lower.T
        elif symmetry == "hermitian":
            matrix = lower + lower.conj().T + numpy.diag(numpy.diag(matrix).real)
        if index % 2:
            mask = draws.random(shape) < 0.4
            mask = mask | mask.T if symmetry != "general" else mask
            matrix = scipy.sparse.coo_array(numpy.where(mask, matrix, numpy.zeros((), matrix.dtype)))
        data = io.BytesIO()
        digits = None if kind == "integer" else 17
        scipy.io.mmwrite(data, matrix, comment="from SciPy", symmetry=symmetry, precision=digits)
        data = data.getvalue()
        expected = by_scipy(data)
        suffix = random.choice(["", "", ".gz"])
        yield Case("Matrix Market", f"scipy{index:02}.mtx{suffix}", gzip.compress(data) if suffix else data, expected)


def hdf5(random, draws):
    for index in range(30):
        target = io.BytesIO()
        rows = random.choice([1, 5, 60])
        # An order is kept by each group for itself.
        are_ordered = [random.random() < 0.7 for _ in range(3)]
        with h5py.File(target, "w", track_order=are_ordered[0], libver=random.choice(VERSIONS)) as file:
            group = file
            if random.random() < 0.5:
                outer = file.create_group("run", track_order=are_ordered[1])
                group = outer.create_group("first", track_order=are_ordered[2])
            has_matrix = random.random() < 0.4
            names = random.sample(["x", "y", "größe", "a b", "z9", "z10"], random.randint(1, 5))
            names = ["matrix"] if has_matrix else names
            for name in names:
                type = random.choice("<>") + random.choice(NUMBERS)
                shape = (rows, random.randint(1, 5)) if has_matrix else (rows,)
                array = numpy.frombuffer(draws.bytes(8 * rows * 5), type.replace(">", "<"))[: int(numpy.prod(shape))]
                array = array.reshape(shape).astype(type)
                packing = random.choice(
                    [{}, {"chunks": True}, {"chunks": True, "compression": "gzip"},
                     {"chunks": True, "compression": "gzip", "shuffle": True}, {"chunks": True, "fletcher32": True}])
                group.create_dataset(name, data=array, maxshape=(None,) + shape[1:] if packing else None, **packing)
            place = group.name.strip("/")
        data = target.getvalue()
        with h5py.File(io.BytesIO(data), "r") as file:
            group = file[place] if place else file
            read = {name: group[name][()] for name in names}
        if has_matrix:
            expected = columns(read["matrix"])
        else:
            expected = [columns(values, name)[0] for name, values in read.items()]
            if not are_ordered[2 if place else 0]:
                expected.sort(key=lambda column: column.name.encode())
        member = f":/{place}" if place and random.random() < 0.5 else ""
        if place and not member and not has_matrix:
            expected = [column._replace(name=f"{place}/{column.name}") for column in expected]
        suffix = random.choice(["", "", "", ".gz", ".zst"])
        data = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix](data)
        yield Case("HDF5", f"h5py{index:02}.h5{suffix}", data, expected, member=member)


def cases(random):
    draws = numpy.random.default_rng(random.randrange(2**32))
    yield from matrix_market(random, draws)
    yield from hdf5(random, draws)
