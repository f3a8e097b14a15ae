// Included by matrices.c for real and for complex numbers; C, as that is.

/// A reflection 1 - 2·v·vᴴ that takes a random direction to an axis: v, of norm 1.
static void NAMED(direction)(int count, NUMBER *v, uint64_t *state) {
  double squares = 0;
  for (int i = 0; i < count; i++) {
    v[i] = NORMAL(state);
    squares += MODULUS(v[i]) * MODULUS(v[i]);
  }
  double norm = sqrt(squares), first = MODULUS(v[0]);
  // Away from 0, so that nothing cancels.
  NUMBER sign = first == 0 ? 1 : v[0] / first;
  v[0] += sign * norm;
  double scale = sqrt(squares - first * first + (first + norm) * (first + norm));
  for (int i = 0; i < count; i++) v[i] /= scale;
}

/// Reflects rows `start` and below.
static void NAMED(from_left)(int rows, int columns, NUMBER *a, int start, const NUMBER *v) {
  for (int j = 0; j < columns; j++) {
    NUMBER *column = a + start + (size_t)j * rows, product = 0;
    for (int i = 0; i < rows - start; i++) product += CONJUGATE(v[i]) * column[i];
    product *= 2;
    for (int i = 0; i < rows - start; i++) column[i] -= product * v[i];
  }
}

/// Reflects columns `start` and later; `work` has as many elements as a column.
static void NAMED(from_right)(int rows, int columns, NUMBER *a, int start, const NUMBER *v, NUMBER *work) {
  memset(work, 0, sizeof(NUMBER) * rows);
  for (int j = start; j < columns; j++) {
    const NUMBER *column = a + (size_t)j * rows, factor = 2 * v[j - start];
    for (int i = 0; i < rows; i++) work[i] += column[i] * factor;
  }
  for (int j = start; j < columns; j++) {
    NUMBER *column = a + (size_t)j * rows, factor = CONJUGATE(v[j - start]);
    for (int i = 0; i < rows; i++) column[i] -= work[i] * factor;
  }
}

static void NAMED(rotate)(int rows, int columns, NUMBER *a, int same, uint64_t seed) {
  int longest = rows > columns ? rows : columns;
  NUMBER *v = malloc(sizeof(NUMBER) * (longest + 1)), *work = malloc(sizeof(NUMBER) * (longest + 1));
  for (int start = rows - 2; start >= 0; start--) {
    NAMED(direction)(rows - start, v, &seed);
    NAMED(from_left)(rows, columns, a, start, v);
    if (same) NAMED(from_right)(rows, columns, a, start, v, work);
  }
  for (int start = columns - 2; start >= 0 && !same; start--) {
    NAMED(direction)(columns - start, v, &seed);
    NAMED(from_right)(rows, columns, a, start, v, work);
  }
  // Signs, or phases: without them the last row of U, which no reflection turns, and so the measure is not Haar's.
  for (int k = 0; k < rows + (same ? 0 : columns); k++) {
    NUMBER phase = NORMAL(&seed);
    phase /= MODULUS(phase);
    if (k < rows)
      for (int j = 0; j < columns; j++) a[k + (size_t)j * rows] *= phase;
    int column = same ? k : k - rows;
    if (column >= 0)
      for (int i = 0; i < rows; i++) a[i + (size_t)column * rows] *= CONJUGATE(phase);
  }
  free(v);
  free(work);
}
