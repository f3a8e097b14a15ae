"""Packs Joe and Kuo's direction numbers, as SciPy has them, into sobol_directions.bin: see sobol_directions.c."""
import os
import sys

import numpy as np
import scipy.stats._sobol as sobol

table = np.load(os.path.join(os.path.dirname(sobol.__file__), "_sobol_direction_numbers.npz"))
bits, position = 0, 0
for polynomial, numbers in zip(table["poly"][1:], table["vinit"][1:]):
    degree = int(polynomial).bit_length() - 1
    fields = [(degree, 5), ((int(polynomial) - (1 << degree)) >> 1, degree - 1)]
    fields += [(int(numbers[i]) >> 1, i) for i in range(1, degree)]
    for value, width in fields:
        assert 0 <= value < 1 << width
        bits |= value << position
        position += width
sys.stdout.buffer.write(bits.to_bytes((position + 7) // 8, "little"))
