"""JSON lines and tables that are one JSON value: Python's own json and pandas write them; json says what they hold."""

import gzip
import io
import json
import math
import re

import pandas

from case import NUMBER, TEXT, Case, Column, exact


# No integer is -0.
WHOLE = re.compile("-?[1-9][0-9]*|0")


class Literal(str):
    """A number as it is spelled: among words it stays so."""


def loads(text):
    return json.loads(text, parse_int=Literal, parse_float=Literal)


def whole_value(text):
    """The rows of a table that is one value, rows or columns; None if it is lines."""
    try:
        value = loads(text)
    except ValueError:
        return None
    if isinstance(value, dict) and all(isinstance(column, list) for column in value.values()):
        return [dict(zip(value, row)) for row in zip(*value.values())]
    return value if isinstance(value, list) and value and isinstance(value[0], (dict, list)) else None


def by_json(data):
    """The columns: numbers, or booleans as 1 and 0; where kinds meet, everything as it is spelled."""
    text = data.decode("utf-8-sig")
    lines = whole_value(text) or [loads(line) for line in text.split("\n") if line.strip()]
    if isinstance(lines[0], list):
        lines = [{f"col{index}": value for index, value in enumerate(line)} for line in lines]
    columns = []
    for name in dict.fromkeys(name for line in lines for name in line):
        values = [line.get(name) for line in lines]
        kinds = {type(value) for value in values if value is not None}
        if kinds == {Literal} and all(value is None or WHOLE.fullmatch(value) for value in values):
            columns.append(Column(name, NUMBER, exact([None if value is None else int(value) for value in values])))
        elif kinds <= {Literal}:
            columns.append(Column(name, NUMBER, [math.nan if value is None else float(value) for value in values]))
        elif kinds == {bool}:
            columns.append(Column(name, NUMBER, [math.nan if value is None else float(value) for value in values]))
        else:
            spelled = [json.dumps(value) if isinstance(value, bool) else value for value in values]
            columns.append(Column(name, TEXT, [None if value is None else str(value) for value in spelled]))
    return columns


BY_HAND = [
    ("plain.jsonl", b'{"a": 1, "b": "x"}\n{"a": 2.5, "b": null}\n'),
    ("no-final-line-end.jsonl", b'{"a": 1}\n{"a": 2}'),
    ("crlf.jsonl", b'{"a": 1}\r\n{"a": 2}\r\n'),
    ("bom.jsonl", b'\xef\xbb\xbf{"a": 1}\n'),
    ("blank-lines.ndjson", b'\n{"a": 1}\n\n  \n{"a": 2}\n\n'),
    ("tight.jsonl", b'{"a":1,"b":"x"}\n'),
    ("loose.jsonl", b' { "a" : 1 , "b" : "x" } \n\t{"a":2,"b":"y"}\n'),
    ("other-order.jsonl", b'{"a": 1, "b": 2}\n{"b": 3, "a": 4}\n'),
    ("left-out.jsonl", b'{"a": 1}\n{"b": 2}\n{}\n{"a": 3, "c": "x"}\n'),
    ("arrays.jsonl", b'[1, "x", true]\n[2.5, null, false]\n'),
    ("booleans.jsonl", b'{"a": true}\n{"a": false}\n{"a": null}\n'),
    ("mixed.jsonl", b'{"a": 1}\n{"a": "1"}\n{"a": true}\n{"a": 1.50}\n{"a": 1e5}\n'),
    ("numbers-and-booleans.jsonl", b'{"a": 1}\n{"a": true}\n'),
    ("numbers.jsonl", b'{"a": 0}\n{"a": -0}\n{"a": -0.0}\n{"a": 1E5}\n{"a": 1e-5}\n{"a": 1e400}\n{"a": -1e400}\n'
     b'{"a": 1e-400}\n'
     b'{"a": 9007199254740993}\n{"a": 123456789012345678901234567890}\n{"a": 4.9e-324}\n'
     b'{"a": 1.00000000000000011102230246251565404}\n'),
    ("long.jsonl", b'{"a": 9007199254740993, "b": -9223372036854775808, "c": 18446744073709551615, "d": 1, "e": 1}\n'
     b'{"a": 1, "b": 9223372036854775807, "c": 9223372036854775809, "d": 18446744073709551616, "e": 9007199254740993}\n'
     b'{"a": -9007199254740995, "b": 0, "c": 0, "d": 9007199254740993, "e": 0.5}\n{"a": null}\n'),
    ("long.json", b'{"a": [9007199254740993, 2], "b": [9007199254740993, -0], "c": [18446744073709551615, -1]}\n'),
    ("escapes.jsonl", rb'{"a": "\"\\\/\b\f\n\r\t\u00e4\ud83d\udf01"}' + b"\n" + rb'{"\u0061": "\u0000x"}' + b"\n"),
    ("unicode.jsonl", '{"größe": "漢字"}\n{"größe": "🜁"}\n'.encode()),
    ("separators.jsonl", '{"a": "x\u2028y\u2029z\u0085"}\n'.encode()),
    ("empty-names.jsonl", b'{"": 1, " ": 2}\n'),
    ("all-null.jsonl", b'{"a": null}\n{"a": null}\n'),
    ("plain.json", b'{"a": 1}\n{"a": 2}\n'),
    ("rows.json", b'[{"a": 1, "b": "x"}, {"b": null},\n {"a": 2.5}]\n'),
    ("rows-over-lines.json", b'\xef\xbb\xbf[\r\n  {\n    "a": 1,\n    "b": true\n  },\n  {\n    "a": 2\n  }\n]'),
    ("rows-of-arrays.json", b'[[1, "x"], [null, "y"]]'),
    ("columns.json", b'{"a": [1, 2.5, null], "b": ["x", null, "y"]}\n'),
    ("columns-over-lines.json", b'{\n  "a": [1,\n 2],\n  "b": [true, false]\n}\n'),
]


def cases(random):
    for name, data in BY_HAND:
        yield Case("JSON", f"hand-{name}", data, by_json(data))
    words = ["", "x", 'say "no"', "ü\n", "\\", "null", "1", "🜁", "\x7f"]
    for index in range(24):
        names = random.sample(["a", "b", "größe", "x y", 'q"', "e\\"], random.randint(1, 6))
        kinds = [random.choice(["number", "number", "word", "boolean", "any"]) for _ in names]

        def value(kind):
            kind = random.choice(["number", "word", "boolean"]) if kind == "any" else kind
            if random.random() < 0.1:
                return None
            if kind == "number":
                scale = 10.0 ** random.randrange(-300, 300)
                return random.choice([random.gauss(0, 1), random.randrange(-(10**20), 10**20), random.random() * scale])
            return random.choice(words) if kind == "word" else random.random() < 0.5

        has_arrays = random.random() < 0.2
        lines = []
        for _ in range(random.choice([1, 3, 30])):
            values = [value(kind) for kind in kinds]
            row = [pair for pair in zip(names, values) if random.random() < 0.9]
            if random.random() < 0.2:
                random.shuffle(row)
            lines.append(json.dumps(
                values if has_arrays else dict(row), ensure_ascii=random.random() < 0.5,
                separators=random.choice([(",", ":"), (", ", ": ")])))
        lines[0] = json.dumps([1] * len(names) if has_arrays else dict.fromkeys(names))
        data = "\n".join(lines).encode() + b"\n"
        expected = by_json(data)
        suffix = random.choice(["", "", ".gz"])
        yield Case("JSON", f"json{index:02}.jsonl{suffix}", gzip.compress(data) if suffix else data, expected)
    for index in range(8):
        rows = range(random.randint(1, 40))
        frame = pandas.DataFrame({
            "x": [random.gauss(0, 1) for _ in rows], "n": [random.randrange(10**9) for _ in rows],
            "id": [random.randrange(-(2**63), 2**63) for _ in rows],
            "s": [random.choice(words) for _ in rows], "t": [random.random() < 0.5 for _ in rows]})
        for orient in ["lines", "records", "values"]:
            target = io.BytesIO()
            is_lines = orient == "lines"
            frame.to_json(
                target, orient="records" if is_lines else orient, lines=is_lines, double_precision=15,
                indent=random.choice([0, 2]) if not is_lines else None)
            name = f"pandas{index}-{orient}.json" + ("l" if is_lines else "")
            yield Case("JSON", name, target.getvalue(), by_json(target.getvalue()))
