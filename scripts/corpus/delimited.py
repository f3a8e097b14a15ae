"""Delimited text: what pandas reads in it, and files by a fuzzer that knows how such text is written."""

import csv
import decimal
import gzip
import io
import math
import re
import struct
import warnings

import pandas
import zstandard

from case import NUMBER, TEXT, Case, Column

# What stands for a missing value if nothing else is said: CSVDialect.usualMissingSpellings.
# Those of pandas, whose own list is the one that is compared with.
MISSING = sorted(pandas._libs.parsers.STR_NA_VALUES)
PRECISION = {"float_precision": "round_trip"} if int(pandas.__version__.split(".")[0]) < 4 else {}
DECIMAL = r"[+-]?(([0-9]+{point}?[0-9]*|{point}[0-9]+)([eE][+-]?[0-9]+)?|(?i:inf|infinity))"


def distinct(names):
    """Names as Echelon gives them: col0, col1, … for empty ones, x.2, x.3, … for those that came before."""
    taken, result = set(), []
    for index, wanted in enumerate(names):
        name = wanted = wanted or f"col{index}"
        copy = 2
        while name in taken:
            name, copy = f"{wanted}.{copy}", copy + 1
        taken.add(name)
        result.append(name)
    return result


def by_pandas(
    data, delimiter=",", header=True, names=None, comment=None, point=".", missing=MISSING, types={}, **more
):
    """The columns that pandas reads.

    Where it has other names, or kinds that Echelon does not have, they are changed here; each of these is a
    difference on purpose:

    - names that are empty or came before: see `distinct`; pandas has `Unnamed: 0`, and `x.1`;
    - blanks before numbers, missing values among them and names do not belong to them; those of words do;
    - columns of True and False are words: CSV has no types, and R, C and spreadsheets spell them otherwise;
    - whole numbers beyond 64 bits are numbers, as everywhere else; pandas has words, or Python's integers;
    - -0 is negative, also in a column of whole numbers; pandas has integers there, which have no such number.
    """
    text = data.decode("utf-8-sig")
    lines = (line for line in text.splitlines(True) if not (comment and line.lstrip().startswith(comment)))
    first = next(row for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
                 if len(row) > 1 or "".join(row).strip())
    names = names or ([name.strip(" \t") for name in first] if header else [""] * len(first))
    names = distinct(names)
    positions = list(range(len(names)))
    is_decimal = re.compile(DECIMAL.format(point=re.escape(point))).fullmatch
    asked = dict(
        sep=delimiter, header=0 if header else None, names=positions, index_col=False, comment=comment, keep_default_na=False, na_values=missing, encoding="utf-8-sig", **more)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {names.index(name): str for name, kind in types.items() if kind == TEXT}
        frame = pandas.read_csv(
            io.BytesIO(data), decimal=point, dtype=given, skipinitialspace=True, **PRECISION, **asked)
        words = pandas.read_csv(io.BytesIO(data), dtype=str, skipinitialspace=True, **asked)
        texts = pandas.read_csv(io.BytesIO(data), dtype=str, **asked)
    columns = []
    for position, name in zip(positions, names):
        spelled = [None if pandas.isna(word) else word for word in words[position]]
        plain = [None if word is None else word.strip() for word in spelled]
        if frame[position].dtype.kind in "iuf":
            columns.append(Column(name, NUMBER, [
                -0.0 if value == 0 and word[0] == "-" else float(value)
                for value, word in zip(frame[position], plain)]))
        elif types.get(name) != TEXT and all(word is None or is_decimal(word) for word in plain):
            columns.append(Column(name, NUMBER, [
                math.nan if word is None else float(word.replace(point, ".")) for word in plain]))
        else:
            columns.append(Column(name, TEXT, [None if pandas.isna(word) else word for word in texts[position]]))
    return columns


def number(random, point="."):
    """A number as somebody may write it: short or long, at the ends of the range, between two doubles."""
    kind = random.randrange(12)
    if kind == 0:
        text = str(random.randrange(-1000, 1000))
    elif kind == 1:
        text = str(random.randrange(-(2**63), 2**63))
    elif kind == 2:
        text = f"{random.uniform(-1e3, 1e3):.{random.randrange(8)}f}"
    elif kind == 3:
        text = repr(struct.unpack("<d", random.randbytes(8))[0])
        text = "0.5" if "n" in text else text  # nan, inf
    elif kind == 4:  # exactly between two doubles, or a little beside that
        low = abs(struct.unpack("<d", random.randbytes(8))[0])
        high = math.nextafter(low, math.inf)
        if not math.isfinite(high):
            low, high = 1.0, math.nextafter(1.0, 2)
        with decimal.localcontext() as context:
            context.prec = 1200
            text = str((decimal.Decimal(low) + decimal.Decimal(high)) / 2)
        mantissa, exponent, power = text.partition("E")
        text = (mantissa if "." in mantissa else mantissa + ".") + random.choice(["", "0", "0001"]) + exponent + power
    elif kind == 5:
        text = "".join(random.choices("0123456789", k=random.randrange(1, 60)))
        cut = random.randrange(len(text) + 1)
        text = f"{text[:cut]}.{text[cut:]}"
    elif kind == 6:
        text = f"{random.choice(['', '+', '-'])}{random.randrange(10**random.randrange(1, 20))}" \
            f"{random.choice('eE')}{random.choice(['', '+', '-'])}{random.randrange(330)}"
    elif kind == 7:
        text = random.choice(
            ["0", "-0", "0.0", "-0.0", "00", "007", "+5", ".5", "5.", "-.5e+3", "1e400", "-1e400", "1e-400"])
    elif kind == 8:
        text = random.choice(
            ["4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308",
             "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "9007199254740993",
             "18446744073709551615", "9223372036854775808", "123456789012345678901234567890"])
    elif kind == 9:
        text = random.choice(["inf", "-inf", "Infinity", "-INF", "+inf"])
    else:
        text = repr(random.gauss(0, 1))
    return text.replace(".", point)


def word(random):
    """A word without outer blanks that is neither a number nor a missing value."""
    letters = "abcXYZ äß€漢字🜁\u0301'&/\\(){}[]=<>|_*~^.:!,;\t\"\n"
    text = "".join(random.choices(letters, k=random.randrange(1, 12))).strip()
    return text if text and text not in MISSING else "w" + str(random.randrange(100))


def field(random, text, delimiter, quoting):
    special = any(letter in text for letter in (delimiter, '"', "\n", "\r", "\t"))
    if special or quoting == "all" or (quoting == "some" and random.random() < 0.3):
        return '"' + text.replace('"', '""') + '"'
    return text


def by_fuzzer(random, index):
    """A file of a random dialect, which is said in options or left to be found out, with what pandas reads."""
    delimiter = random.choice([",", ",", ",", ";", "\t", "|"])
    point = "," if delimiter in ";\t" and random.random() < 0.4 else "."
    ending = random.choice(["\n", "\n", "\r\n", "\r"])
    quoting = random.choice(["none", "some", "all"])
    has_header = random.random() < 0.8
    comment = random.choice([None, None, "#", "%"])
    spellings = random.choice([MISSING, MISSING, ["", "void", "n.d."], ["", "-999", "none at all"]])
    if comment:  # see `COMMENTS` in oddities.py
        spellings = [spelling for spelling in spellings if comment not in spelling]
    has_padding = random.random() < 0.2
    kinds = random.choices(["number", "word", "mixed", "none"], [3, 1, 1, 1], k=random.randint(1, 8))
    if len(kinds) == 1 and not has_header:
        kinds = ["number"]

    def cell(kind):
        # Quotes around a missing value make it a word among words, which pandas does not know.
        if random.random() < 0.1 or kind == "none":
            text = random.choice(spellings if len(kinds) > 1 else spellings[1:])
            return text.replace(".", point) if kind != "word" and text == "-999" else text
        if kind == "mixed":
            kind = random.choice(["number", "word"])
        text = number(random, point) if kind == "number" else word(random)
        text = field(random, text, delimiter, quoting)
        # Before quotes, pandas takes blanks for the beginning of a word that has quotes in it.
        return random.choice(["", " ", "  "]) + text if has_padding and text[:1] != '"' else text

    rows = [[cell(kind) for kind in kinds] for _ in range(random.choice([0, 1, 2, 10, 40, 200]) or (not has_header))]
    names = [random.choice(["x", "y", word(random).strip('" \t\n') or "z"]) for _ in kinds]
    names = [field(random, name, delimiter, "some") for name in names]
    lines = ([delimiter.join(names)] if has_header else []) + [delimiter.join(row) for row in rows]
    loose = []
    for line in lines:
        if random.random() < 0.05:
            loose.append(random.choice(["", "", "  "]) if delimiter != "\t" else "")
        if comment and random.random() < 0.1:
            loose.append(comment + " " + random.choice(["a remark", "1,2;3|4\t5"]))
        loose.append(line)
    mark = random.choice([b"", b"", b"\xef\xbb\xbf"])
    loose += random.choice([[""], []])
    data = mark + ending.join(loose).encode()
    options = ["--delimiter", {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}[delimiter]]
    if not has_header:
        options += ["--no-header"]
    if comment:
        options += ["--comment", comment]
    if point == ",":
        options += ["--decimal-comma"]
    if spellings[1] != MISSING[1]:
        options += ["--missing", ",".join(spellings[1:])]
    # See `LONE` in oddities.py.
    readable = data if ending != "\r" else mark + "\n".join(loose).encode()
    expected = by_pandas(readable, delimiter, has_header, None, comment, point, spellings)
    suffix, data = random.choice([("", data), ("", data), (".gz", gzip.compress(data)),
                                  (".zst", zstandard.compress(data))])
    ending = ".tsv" if delimiter == "\t" else ".csv"
    return Case("CSV, fuzzer", f"fuzz{index:03}{ending}{suffix}", data, expected, tuple(options))
