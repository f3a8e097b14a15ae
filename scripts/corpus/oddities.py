"""Delimited text by hand: everything that files have been seen to do, and where Echelon and pandas part on purpose."""

import gzip
import io
import math

import pandas
import zstandard

from case import NUMBER, TEXT, Case, Column, exact
from delimited import MISSING, by_pandas

NAN = math.nan


def number(name, *values):
    return Column(name, NUMBER, [float(value) for value in values])


def whole(name, *values):
    return Column(name, NUMBER, exact(values))


def text(name, *values):
    return Column(name, TEXT, list(values))


# Name, bytes, what `by_pandas` is told, options of the command.
AS_PANDAS = [
    ("plain.csv", b"a,b\n1,2\n3,4\n", {}, ()),
    ("no-final-line-end.csv", b"a,b\n1,2\n3,4", {}, ()),
    ("crlf.csv", b"a,b\r\n1,x\r\n3,y\r\n", {}, ()),
    ("cr.csv", b"a,b\r1,x\r3,y\r", {}, ()),
    ("mixed-line-ends.csv", b"a,b\n1,x\r\n2,y\r3,z\n", {}, ()),
    ("bom.csv", b"\xef\xbb\xbfa,b\n1,2\n", {}, ()),
    ("bom-quotes.csv", b"\xef\xbb\xbf\"a, b\",c\n1,2\n", {}, ()),
    ("bom-crlf.tsv", b"\xef\xbb\xbfa\tb\r\n1\t2\r\n", {"delimiter": "\t"}, ()),
    ("header-only.csv", b"a,b\n", {}, ()),
    ("one-column.csv", b"a\n1\n2\n", {}, ()),
    ("blank-lines.csv", b"\n\na,b\n\n1,2\n  \n3,4\n\n\n", {}, ()),
    ("quoted-numbers.csv", b'a,b\n"1","2.5"\n"-3",4\n', {}, ()),
    ("quotes.csv", b'a,b\n"x, y","say ""no"""\n"",""""\n', {"missing": ["~"]}, ("--missing", "~")),
    ("line-ends-in-quotes.csv", b'a,b\n"x\ny",1\n"x\r\ny",2\n"x\ry",3\n"\n",4\n', {}, ()),
    ("quote-inside.csv", b'a,b\n5" pipe,1\nit"s""so,2\n', {}, ()),
    ("delimiters-in-quotes.csv", b'a;b\n"1;2";"3,4"\n', {"delimiter": ";"}, ()),
    ("blanks-before.csv", b"a,b\n x, 1\n  y z,  2\n", {}, ()),
    ("blanks-after.csv", b"a,b\nx ,1\ny\t,2 \n", {}, ()),
    ("blanks-alone.csv", b"a,b\nx,1\n ,2\n\t,3\n,4\n", {}, ()),
    ("blanks-and-missing.csv", b"a,b\nx,1\n NA,2\nNA ,3\nNA,4\n", {}, ()),
    ("blanks.tsv", b"a\tb\n x \t1\n\t 2\n", {"delimiter": "\t"}, ()),
    ("tabs-around.csv", b"a,b\n\tx\t,1\ny,2\n", {}, ()),
    ("plain-text.csv.gz", b"a,b\n1,x\n", {}, ()),
    ("usual-missing.csv", ("a,b\n" + "".join(f"{word},1\n" for word in MISSING)).encode(), {}, ()),
    ("missing-among-words.csv", ("a,b\nx,0\n" + "".join(f"{word},1\n" for word in MISSING)).encode(), {}, ()),
    ("missing-among-numbers.csv", ("a,b\n1.5,0\n" + "".join(f"{word},1\n" for word in MISSING)).encode(), {}, ()),
    ("all-missing.csv", b"a,b\nNA,\n,NaN\n", {}, ()),
    ("missing-number.csv", b"a,b\n-999,1\n2,-999\n-99,3\n", {"missing": ["", "-999"]}, ("--missing", "-999")),
    ("missing-word.csv", b"a,b\nn.d.,1\n2,x\nNA,3\n", {"missing": ["", "n.d."]}, ("--missing", "n.d.")),
    ("missing-two-words.csv", b"a,b\nvoid,1\n2,not known\n", {"missing": ["", "void", "not known"]},
     ("--missing", "void,not known")),
    ("comments.csv", b"# one\na,b\n# two\n1,2\n#3,4\n5,6\n#\n", {"comment": "#"}, ("--comment", "#")),
    ("comments-crlf.csv", b"% one\r\na,b\r\n%two\r\n1,2\r\n", {"comment": "%"}, ("--comment", "%")),
    ("comment-quotes.csv", b'a,b\n# a "quote that opens\n1,2\n', {"comment": "#"}, ("--comment", "#")),
    ("decimal-comma.csv", b"a;b\n1,5;-2\n,5;3,\n1,5e3;0,1\n", {"delimiter": ";", "point": ","}, ("--decimal-comma",)),
    ("decimal-comma-points.csv", b"a;b\n1.5;2,5\n1,5;3\n", {"delimiter": ";", "point": ","}, ("--decimal-comma",)),
    ("decimal-comma.tsv", b"a\tb\n1,5\tx\n-0,25\ty\n", {"delimiter": "\t", "point": ","}, ("--decimal-comma",)),
    ("decimal-comma-quoted.csv", b'a;b\n"1,5";"2"\n', {"delimiter": ";", "point": ","}, ("--decimal-comma",)),
    ("decimal-comma-missing.csv", b"a;b\n1,5;NA\n;2,5\n", {"delimiter": ";", "point": ","}, ("--decimal-comma",)),
    ("no-header.csv", b"1,2,x\n3,4,y\n", {"header": False}, ("--no-header",)),
    ("no-header-bom.csv", b"\xef\xbb\xbf1,2\n3,4\n", {"header": False}, ("--no-header",)),
    ("no-header-quotes.csv", b'"a","b"\n"c","d"\n', {"header": False}, ("--no-header",)),
    ("named.csv", b"1,2\n3,4\n", {"header": False, "names": ["left", "right"]},
     ("--no-header", "--names", "left,right")),
    ("renamed.csv", b"a,b\n1,2\n3,4\n", {"names": ["left", "right"]}, ("--names", "left,right")),
    ("names-twice.csv", b"a,a,b,a,a.2\n1,2,3,4,5\n", {}, ()),
    ("names-missing.csv", b"a,,b,\n1,2,3,4\n", {}, ()),
    ("names-blanks.csv", b" a , b c\n1,2\n", {}, ()),
    ("names-unicode.csv", "größe,重さ,🜁\n1,2,3\n".encode(), {}, ()),
    ("names-numbers.csv", b"2019,2020\n1,2\n", {}, ()),
    ("semicolons.csv", b"a;b\n1;2\n", {"delimiter": ";"}, ()),
    ("tabs.csv", b"a\tb\n1\tx y\n", {"delimiter": "\t"}, ()),
    ("tabs.tab", b"a\tb\n1\t2\n", {"delimiter": "\t"}, ()),
    ("tabs-empty.tsv", b"a\tb\tc\n1\t\t3\n\t\t\n", {"delimiter": "\t"}, ()),
    ("commas-in.tsv", b"a\tb\n1,2\tx,y\n", {"delimiter": "\t"}, ()),
    ("pipes.csv", b"a|b\n1|2\n", {"delimiter": "|"}, ("--delimiter", "pipe")),
    ("colons.csv", b"a:b\n1:2\n", {"delimiter": ":"}, ("--delimiter", ":")),
    ("types-text.csv", b"zip,n\n00217,1\n10115,2\n,3\n", {"types": {"zip": TEXT}}, ("--types", "zip=text")),
    ("types-number.csv", b"x,n\n1,1\nNA,2\n", {"types": {"x": NUMBER}}, ("--types", "x=number")),
    ("types-long.csv", b"id,n\n1234567890123456789,1\n1234567890123456788,2\n", {"types": {"id": TEXT}},
     ("--types", "id=text")),
    ("kind-late.csv", b"a,b\n" + b"1,2\n" * 500 + b"x,3\n", {}, ()),
    ("kind-first.csv", b"a,b\nx,2\n" + b"1,2\n" * 500, {}, ()),
    ("long-word.csv", b"a,b\n" + b"x" * 100_000 + b",1\n", {}, ()),
    ("long-quoted.csv", b'a,b\n"' + b'y""\n' * 20_000 + b'",1\n', {}, ()),
    ("wide.csv", f"{','.join(f'c{i}' for i in range(2000))}\n{','.join(map(str, range(2000)))}\n".encode(), {}, ()),
    ("hexadecimal.csv", b"a,b\n0x10,1\n0xFF,2\n", {}, ()),
    ("underscores.csv", b"a,b\n1_000,1\n2,2\n", {}, ()),
    ("thousands.csv", b'a,b\n"1,000",1\n"2,500.5",2\n', {}, ()),
    ("dates.csv", b"day,time\n2024-01-31,10:30\n2024-02-01,11:00\n", {}, ()),
    ("per-cent.csv", b"a,b\n5%,$1\n6%,$2\n", {}, ()),
    ("halves-of-numbers.csv", b"a,b,c,d,e,f\n1e,.,+,1.2.3,1e5.5,--1\n1,2,3,4,5,6\n", {}, ()),
    ("blanks-in-numbers.csv", b"a,b\n1 000,- 1\n2,3\n", {}, ()),
    ("digits-of-others.csv", "a,b\n１２,٣\n1,2\n".encode(), {}, ()),
    ("booleans.csv", b"a,b\nTrue,1\nFalse,2\n", {}, ()),
    ("infinities.csv", b"a\ninf\n-inf\nInfinity\n-INFINITY\n+Inf\n", {}, ()),
    ("signs.csv", b"a,b,c\n+1,-0,-0.0\n-1,0,+0\n", {}, ()),
    ("short-forms.csv", b"a,b,c\n.5,5.,1.e2\n-.5,-5.,1.E+2\n", {}, ()),
    ("zeros-before.csv", b"a,b\n007,0001.5\n00,000\n", {}, ()),
    ("too-large.csv", b"a,b\n1e309,-1e309\n1e400,1e-400\n1e99999999999999999999,1e-99999999999999999999\n", {}, ()),
    ("subnormal.csv", b"a\n4.9e-324\n2.4703282292062327e-324\n2.4703282292062328e-324\n2.2250738585072011e-308\n", {}, ()),
    ("halfway.csv", b"a\n9007199254740993\n9007199254740992.9999999999\n9007199254740993.00000000001\n"
     b"1.00000000000000011102230246251565404\n1.00000000000000011102230246251565405\n", {}, ()),
    ("beyond-64-bits.csv", b"a,b,c\n18446744073709551615,18446744073709551616,-9223372036854775809\n1,2,3\n", {}, ()),
    ("unsigned-and-signed.csv", b"a\n18446744073709551615\n-1\n", {}, ()),
    ("many-digits.csv", b"a\n0." + b"1" * 800 + b"\n" + b"9" * 300 + b"\n0." + b"0" * 320 + b"1\n", {}, ()),
    ("unicode.csv", "a,b\nä,漢\né,🜁\n\u200bx,\u00a0y\n".encode(), {}, ()),
    ("control-characters.csv", b"a,b\nx\x01y,1\n\x1b[31m,2\n", {}, ()),
    ("backslashes.csv", b'a,b\n\\,"x\\"\n\\n,\\\\\n', {}, ()),
    ("short-rows.csv", b"a,b,c\n1\n2,3\n4,5,6\n", {}, ("--ragged", "fill")),
    ("short-words.csv", b"a,b,c\nx\ny,z\n4,5,6\n", {}, ("--ragged", "cut")),
    ("json-like.csv", b'a,b\n"{""k"": 1}",[1]\n', {}, ()),
    ("apostrophes.csv", b"a,b\n'x','y'\n", {}, ()),
]

BLANKS = "blanks around quotes do not belong to a word; pandas takes the quotes for characters, or keeps those after them"
COMMENTS = "a comment is a whole line; pandas also cuts what follows the mark within a line"
QUOTED = "quotes make a missing spelling a word among words, so that NA can be Namibia; pandas has it missing"
SPELLED = "a missing value is one exactly as it is spelled; pandas takes other spellings of the same number, too"
LONE = "pandas loses an empty field at the beginning of a row after a blank line or a comment that ends in CR alone"
RAGGED = "rows of other lengths are cut or left out as asked; pandas can only leave out the long ones"

# Name, bytes, columns, options, and why they are not pandas'. That they are not is tested.
BY_HAND = [
    ("blanks-before-quotes.csv", b'a,b\n  "x",1\n "y z",2\n', [text("a", "x", "y z"), number("b", 1, 2)], (), BLANKS),
    ("blanks-in-quotes.csv", b'a,b\n" x ",1\n "y" ,2\n', [text("a", " x ", "y"), number("b", 1, 2)], (), BLANKS),
    ("comment-marks.csv", b"a,b\nx#1,2\n3,#4\n", [text("a", "x#1", "3"), text("b", "2", "#4")], ("--comment", "#"), COMMENTS),
    ("comment-indented.csv", b"a,b\n  # 9,9\n1,2\n#\n", [number("a", 1), number("b", 2)], ("--comment", "#"), None),
    ("comment-in-quotes.csv", b'a,b\n"#x",1\n"y",2\n', [text("a", "#x", "y"), number("b", 1, 2)], ("--comment", "#"), None),
    ("blanks-after-quotes.csv", b'a,b\n"x" ,1\n "y z"  ,2\n', [text("a", "x", "y z"), number("b", 1, 2)], (), BLANKS),
    ("other-spelling.csv", b"a,b\n-999,1\n-999.0,2\n", [number("a", NAN, -999), number("b", 1, 2)], ("--missing", "-999"), SPELLED),
    ("cr-blank-line.csv", b"a,b\r1,2\r\r,3\r", [number("a", 1, NAN), number("b", 2, 3)], (), LONE),
    ("cr-comment.csv", b"a,b\r1,2\r#\r,3\r", [number("a", 1, NAN), number("b", 2, 3)], ("--comment", "#"), LONE),
    ("quoted-missing.csv", b'a,b\n"NA",1\nNA,2\nx,3\n', [text("a", "NA", None, "x"), number("b", 1, 2, 3)], (), QUOTED),
    ("quoted-empty.csv", b'a,b\n"",1\n,2\nx,3\n', [text("a", "", None, "x"), number("b", 1, 2, 3)], (), QUOTED),
    ("identifiers.csv", b'id,n\n9007199254740993,1\n"-9223372036854775808",\n,3\n',
     [whole("id", 9007199254740993, -(2**63), None), number("n", 1, NAN, 3)], (), None),
    ("quoted-missing-numbers.csv", b'a,b\n"NA",1\n"",2\n3,3\n', [number("a", NAN, NAN, 3), number("b", 1, 2, 3)], (), None),
    ("ragged-fill.csv", b"a,b\n1\n2,3\n", [number("a", 1, 2), number("b", NAN, 3)], ("--ragged", "fill"), None),
    ("ragged-cut.csv", b"a,b\n1\n2,3,4\n5,6,7,8\n", [number("a", 1, 2, 5), number("b", NAN, 3, 6)], ("--ragged", "cut"), None),
    ("ragged-skip.csv", b"a,b\n1\n2,3,4\n5,6\n", [number("a", 5), number("b", 6)], ("--ragged", "skip"), RAGGED),
    ("ragged-skip-words.csv", b"a,b\nx\n2,3,y\n5,6\n", [number("a", 5), number("b", 6)], ("--ragged", "skip"), RAGGED),
    ("ragged-skip-quotes.csv", b'a,b\n"x\ny"\n5,6\n7,8,"\n"\n', [number("a", 5), number("b", 6)], ("--ragged", "skip"), RAGGED),
    ("ragged-cut-quotes.csv", b'a,b\n1,2,"x\n,y"\n5\n', [number("a", 1, 5), number("b", 2, NAN)], ("--ragged", "cut"), None),
    ("ragged-fill-crlf.csv", b"a,b,c\r\n1\r\n2,3\r\n", [number("a", 1, 2), number("b", NAN, 3), number("c", NAN, NAN)],
     ("--ragged", "fill"), None),
]


def frames(random):
    """Files that pandas wrote, in its many ways, and what it reads there."""
    import numpy

    draws = numpy.random.default_rng(random.randrange(2**32))
    for index in range(24):
        count = int(draws.integers(0, 60))
        frame = pandas.DataFrame({
            "i": draws.integers(-(2**40), 2**40, count),
            "x": draws.normal(size=count) * 10.0 ** draws.integers(-300, 300, count),
            "f": draws.normal(size=count).astype("float32"),
            "s": draws.choice(["a", "b c", "d,e", 'f"g', "ü", "h\ni", ";", "x\ty"], count),
            "d": pandas.date_range("2024-01-01", periods=count),
            "m": numpy.where(draws.random(count) < 0.3, numpy.nan, draws.random(count)),
        })
        frame["s"] = frame["s"].where(draws.random(count) < 0.8, None)
        delimiter, decimal = [(",", "."), (";", ","), ("\t", "."), ("|", ".")][index % 4]
        written = {
            "sep": delimiter, "decimal": decimal, "index": index % 3 == 0, "lineterminator": ["\n", "\r\n"][index % 2],
            "quoting": [0, 1, 2][index % 3], "na_rep": ["NA", "NaN", "null"][index // 4 % 3],
            "encoding": ["utf-8", "utf-8-sig"][index // 6 % 2]}
        if written["quoting"] > 0:  # missing words would stand in quotes
            frame = frame.dropna().reset_index(drop=True)
        if not written["index"] and index % 5 == 0:
            written["header"] = False
        if written.get("header", True) is False and frame.empty:
            frame.loc[0] = [1, 1.0, 1.0, "a", pandas.Timestamp(0), 1.0]
        data = io.BytesIO()
        frame.to_csv(data, **written)
        asked = {"delimiter": delimiter, "point": decimal, "header": written.get("header", True)}
        options = ("--delimiter", {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}[delimiter])
        options += ("--decimal-comma",) if decimal == "," else ()
        options += () if asked["header"] else ("--no-header",)
        yield f"pandas{index:02}.csv", data.getvalue(), asked, options


def cases(random):
    for name, data, asked, options in AS_PANDAS + list(frames(random)):
        form = "CSV, pandas" if name.startswith("pandas") else "CSV, by hand"
        yield Case(form, name, data, by_pandas(data, **asked), options)
    for name, data, columns, options, _ in BY_HAND:
        yield Case("CSV, by hand", name, data, columns, options)
    table = b"a,b\n" + b"".join(b"%d,%d.25\n" % (row, row) for row in range(5000))
    expected = by_pandas(table)
    halves = table[:9999], table[9999:]
    streams = {
        "one.csv.gz": gzip.compress(table), "fast.csv.gz": gzip.compress(table, 1),
        "two.csv.gz": b"".join(map(gzip.compress, halves)),
        "zstd-one.csv.zst": zstandard.compress(table), "zstd-best.csv.zst": zstandard.compress(table, 19),
        "zstd-two.csv.zst": b"".join(map(zstandard.compress, halves)),
        "zstd-sized.csv.zst": zstandard.ZstdCompressor(write_content_size=False, write_checksum=True).compress(table),
        "zstd-skip.csv.zst": b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstandard.compress(table),
        "tabs.tsv.gz": gzip.compress(table.replace(b",", b"\t")),
    }
    named = io.BytesIO()
    with gzip.GzipFile("a name in the header", "wb", fileobj=named) as file:
        file.write(table)
    streams["with-name.csv.gz"] = named.getvalue()
    for name, data in streams.items():
        yield Case("CSV, compressed", name, data, expected)


def still_differs():
    """The differences on purpose that are none: pandas, asked in the same way, gives what was written by hand."""
    for name, data, columns, options, reason in BY_HAND:
        if reason is None:
            continue
        asked = {"comment": "#"} if "--comment" in options else {}
        if "--missing" in options:
            asked["missing"] = ["", "-999"]
        if "skip" in options:
            asked["on_bad_lines"] = "skip"
        try:
            found = by_pandas(data, **asked)
        except (ValueError, StopIteration):
            continue
        if [repr(column) for column in found] == [repr(column) for column in columns]:
            yield f"{name}: pandas reads it as Echelon does, so this is no difference: {reason}"
