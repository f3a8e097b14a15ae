"""NPY, NPZ and plain numbers: NumPy writes them, and says what they hold."""

import gzip
import io
import zipfile

import numpy
import zstandard

from case import NUMBER, Case, Column, exact

TYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
SHAPES = [(), (1,), (0,), (7,), (100,), (5, 3), (1, 4), (4, 1), (0, 3), (33, 9)]


def columns(array, name=None):
    """The columns of a table: of one axis `name`, of two `name.0`, …; complex ones are two, .real and .imag."""
    array = numpy.atleast_1d(array)

    def doubles(part):
        if part.dtype.kind in "iu":
            return exact(part.tolist())
        with numpy.errstate(invalid="ignore"):  # signalling nan
            return part.astype("f8").tolist()

    parts = [array] if array.ndim == 1 else [array[:, index] for index in range(array.shape[1])]
    result = []
    for index, part in enumerate(parts):
        title = f"col{index}" if name is None else name if array.ndim == 1 else f"{name}.{index}"
        if array.dtype.kind == "c":
            result.append(Column(title + ".real", NUMBER, doubles(part.real)))
            result.append(Column(title + ".imag", NUMBER, doubles(part.imag)))
        else:
            result.append(Column(title, NUMBER, doubles(part)))
    return result


def values(draws, type, shape, order="="):
    """All bits that the type has, so that there are subnormal numbers, infinities and nan."""
    count = int(numpy.prod(shape))
    if type == "b1":
        return draws.integers(0, 2, shape).astype("b1")
    plain = numpy.frombuffer(draws.bytes(count * numpy.dtype(type).itemsize), type)
    if type[0] in "fc" and count > 2:
        plain = plain.copy()
        plain[0], plain[1], plain[2] = -0.0, numpy.inf, 1.5
    return plain.reshape(shape).astype(numpy.dtype(type).newbyteorder(order))


def npy(array, version=None):
    data = io.BytesIO()
    numpy.lib.format.write_array(data, array, version)
    return data.getvalue()


def deflated(members, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", **options) as archive:
        for name, member in members.items():
            archive.writestr(name + ".npy", npy(member))
    return data.getvalue()


def saved(save, **members):
    data = io.BytesIO()
    save(data, **members)
    return data.getvalue()


def hand_written(text, version=1):
    """An NPY header as other programs write it, without NumPy's padding or order of keys."""
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def cases(random):
    draws = numpy.random.default_rng(random.randrange(2**32))
    for type in TYPES:
        for order in "<>" if numpy.dtype(type).itemsize > 1 else "|":
            for is_fortran in (False, True):
                for version in (1, 2, 3):
                    shape = random.choice([shape for shape in SHAPES if len(shape) == 2] if is_fortran else SHAPES)
                    array = values(draws, type, shape, order)
                    array = numpy.asfortranarray(array) if is_fortran else array
                    data = npy(array, (version, 0))
                    read = numpy.load(io.BytesIO(data))
                    name = f"{type}-{'big' if order == '>' else 'little'}-{'fc'[not is_fortran]}-{version}.npy"
                    suffix = random.choice(["", "", "", ".gz", ".zst"])
                    data = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix](data)
                    yield Case("NPY", name + suffix, data, columns(read))
    eight = numpy.arange(8.0).tobytes()
    for name, header, version in [
        ("keys", b"{'shape': (8,), 'fortran_order': False, 'descr': '<f8'}\n", 1),
        ("double-quotes", b'{"descr": "<f8", "fortran_order": False, "shape": (8,)}', 1),
        ("longs", b"{'descr': '<f8', 'fortran_order': False, 'shape': (8L,), }   \n", 1),
        ("blanks", b"{ 'descr' : '<f8' ,\n 'fortran_order' : False , 'shape' : ( 8 , ) }\t\n", 2),
        ("native", b"{'descr': '=f8', 'fortran_order': False, 'shape': (8,), }\n", 3),
        ("columns", b"{'descr': '<f8', 'fortran_order': True, 'shape': (4, 2), }\n", 1),
    ]:
        data = hand_written(header, version) + eight
        yield Case("NPY", f"hand-{name}.npy", data, columns(numpy.load(io.BytesIO(data))))
    yield from archives(random, draws)
    yield from raw(random, draws)


def archives(random, draws):
    for index in range(24):
        rows = random.choice([1, 5, 40])
        members = {}
        for place in range(random.randint(1, 6)):
            shape = random.choice([(rows,), (rows,), (rows, random.randint(1, 4))])
            name = random.choice(["x", "größe", "a.b", "with blank", "arr"]) + str(place)
            members[name] = values(draws, random.choice(TYPES), shape, random.choice("<>"))
        if random.random() < 0.3:
            members = {name: numpy.asfortranarray(member) for name, member in members.items()}
        kind = index % 4
        if kind == 0:
            data = saved(numpy.savez, **members)
        elif kind == 1:
            data = saved(numpy.savez_compressed, **members)
        else:
            method = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED][kind - 2]
            data = deflated(members, compression=method, compresslevel=random.randrange(1, 10))
        read = numpy.load(io.BytesIO(data))
        name = f"archive{index:02}.npz"
        if random.random() < 0.3:
            chosen = random.choice(list(read))
            yield Case("NPZ", name, data, columns(read[chosen], chosen), member=":" + chosen)
        else:
            expected = [column for chosen in read for column in columns(read[chosen], chosen)]
            yield Case("NPZ", name, data, expected)
    ragged = {"x": numpy.arange(3.0), "y": numpy.arange(5.0)}
    yield Case("NPZ", "pick.npz", saved(numpy.savez, **ragged), columns(ragged["y"], "y"), member=":y")


def raw(random, draws):
    for index, type in enumerate(TYPES * 2):
        order = "" if numpy.dtype(type).itemsize == 1 else "be" if index < len(TYPES) else "le"
        width, header = random.choice([1, 1, 2, 5]), random.choice([0, 0, 3, 128])
        array = values(draws, type, (random.choice([1, 10, 50]), width), ">" if order == "be" else "<")
        data = draws.bytes(header) + array.tobytes()
        read = numpy.frombuffer(data, array.dtype, offset=header).reshape(-1, width)
        said = f"{type}{order}" + (f":{width}" if width > 1 else "") + (f"@{header}" if header else "")
        name = f"plain{index:02}.bin" + random.choice(["", "", ".gz"])
        data = gzip.compress(data) if name.endswith(".gz") else data
        yield Case("raw", name, data, columns(read), ("--raw", said))
