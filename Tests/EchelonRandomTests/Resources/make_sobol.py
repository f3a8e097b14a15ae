"""Makes sobol-points.csv: points of SciPy's Sobol sequence without scrambling, as multiples of 2^-30.

    python make_sobol.py > sobol-points.csv
"""
import warnings

import numpy as np
import scipy
from scipy.stats import qmc

warnings.simplefilter("ignore")
dimensions = [0, 1, 2, 3, 7, 49, 50, 199, 999, 1111, 4999, 9999, 13000, 17003, 21199, 21200]
print("# qmc.Sobol of SciPy", scipy.__version__, "(21,201 dimensions, 30 bits): index, and one coordinate for each of")
print("index," + ",".join(map(str, dimensions)))
for start, count in [(0, 64), (1000, 4), (65534, 4), (1 << 17, 2)]:
    sequence = qmc.Sobol(21201, scramble=False, bits=30)
    if start:
        sequence.fast_forward(start)
    for index, point in enumerate(sequence.random(count), start):
        numbers = point[dimensions] * (1 << 30)
        assert np.all(numbers == np.floor(numbers))
        print(f"{index}," + ",".join(str(int(x)) for x in numbers))
