"""A file of the corpus, what it must be read as, and how the two are compared."""

import dataclasses
import json
import re
import struct
import typing

NUMBER, TEXT = "number", "text"


class Column(typing.NamedTuple):
    """A column as another reader has it: floats, nan where one is missing; or strings, None where one is.

    Where some are int, all digits of all are compared.
    """

    name: str
    kind: str
    values: list


class Refusal(typing.NamedTuple):
    """A file that has to be refused: a regular expression for what follows its path in the message."""

    pattern: str


class Perhaps(typing.NamedTuple):
    """A file that may be refused; if it is read, then as these columns. None stands for any."""

    columns: list | None


@dataclasses.dataclass
class Case:
    """A file, and what it must be read as: columns, a `Refusal`, or `Perhaps` columns."""

    form: str
    name: str
    data: bytes
    expected: object
    options: tuple = ()
    member: str = ""

    @property
    def path(self):
        """What the command is given."""
        return self.name + self.member


class Whole(float):
    """A whole number, and the digits that it is spelled with."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.digits = int(text)
        return number


def exact(values):
    """Whole numbers as they are, if they all fit 64 bits and no float is one of them; else as floats. None is nan."""
    there = [value for value in values if value is not None]
    fit = any(all(low <= value < low + 2**64 for value in there) for low in (-(2**63), 0))
    kind = int if fit and any(int(float(value)) != value for value in there) else float
    return [float("nan") if value is None else kind(value) for value in values]


def columns_of(text):
    """The columns of a JSON document that the command wrote, in its order; 1e999 is an infinity."""
    return json.loads(text, parse_int=Whole, parse_float=float, object_pairs_hook=lambda pairs: pairs)


def bits(value):
    """Eight bytes, the same for all nan."""
    return None if value is None or value != value else struct.pack(">d", value)


def differences(found, expected):
    """Sentences about what differs, at most a few, and how many values were compared."""
    names, wanted = [name for name, _ in found], [column.name for column in expected]
    if names != wanted:
        return [f"columns {names[:8]}, expected {wanted[:8]}"], 0
    told, count = [], 0
    for (name, values), column in zip(found, expected):
        if len(values) != len(column.values):
            told.append(f"column {name!r}: {len(values)} rows, expected {len(column.values)}")
            continue
        for row, (value, other) in enumerate(zip(values, column.values)):
            count += 1
            if isinstance(other, int):
                same = isinstance(value, Whole) and value.digits == other
            elif column.kind == NUMBER:
                same = not isinstance(value, str) and bits(value) == bits(other)
            else:
                same = type(value) is type(other) and value == other
            if not same and len(told) < 4:
                told.append(f"column {name!r}, row {row + 1}: {value!r}, expected {other!r}")
    return told, count


def matches(case, message):
    """Whether a line of standard error is the refusal that is expected, of that file or of the part of it."""
    starts = (re.escape(f"echelon: {path}") for path in (case.path, case.name))
    return any(re.match(start + case.expected.pattern, message) for start in starts)
