// Rows of plain decimal numbers in delimited text, read with vector instructions.
//
// In C because the digits of a number are found, moved and joined in vector registers, by instructions that
// Swift has no names for, and because the processor decides at run time whether they are there.
#ifndef ECHELON_NUMBER_ROWS_H
#define ECHELON_NUMBER_ROWS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *text;
  size_t byte_count;
  // Records that begin here or later are not begun.
  size_t limit;
  uint8_t delimiter;
  uint8_t point;
  // Of each record, and how many of the first of them are numbers.
  size_t column_count, number_count;
  // Row r of column c is element c * stride + r.
  double *elements;
  size_t stride, row_limit;
  // 5^q for q from -342 to 308: the low half, then the high half of the leading 128 bits.
  const uint64_t *powers;

  // What is read next, before and after: the offset of a field, its column, its row, and where its record
  // begins. Before a call the column is 0.
  size_t position, column, row, record_start;
} echelon_number_rows;

// Whether this processor has the instructions.
int echelon_has_number_rows(void);

// Reads until it meets a field that is not plainly a number, the end of the number columns of a record, or a
// limit. Nothing outside of `text` is read: fields close to its ends are left to the caller.
void echelon_read_number_rows(echelon_number_rows *rows);

#endif
