"""Bytes that are changed by chance."""


def changed(random, data, most, lengths, words, numbers=()):
    """`data` with one to `most` changes: bytes that are replaced, left out or doubled, words that are put in, and eight
    bytes that become one of `numbers`, if there are some. `lengths` are those of what is changed."""
    data = bytearray(data)
    for _ in range(random.choice([1, 1, 2, most])):
        place, length = random.randrange(len(data) + 1), random.choice(lengths)
        kind = random.randrange(5 if numbers else 4)
        if kind == 0:
            data[place:place + length] = random.randbytes(len(data[place:place + length]))
        elif kind == 1:
            del data[place:place + length]
        elif kind == 2:
            data[place:place] = data[place:place + length]
        elif kind == 3:
            data[place:place] = random.choice(words)
        elif len(data) >= 8:
            place = random.randrange(len(data) - 7)
            data[place:place + 8] = random.choice(numbers)
    return bytes(data)
