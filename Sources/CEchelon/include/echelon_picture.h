// Pictures of shapes and text as PNG, by cairo. C, because its functions are found with dlopen when they are
// first needed: a program that draws no PNG does not need the library.
#ifndef ECHELON_PICTURE_H
#define ECHELON_PICTURE_H

#include <stddef.h>
#include <stdint.h>

typedef struct echelon_picture echelon_picture;

/// A colour, each part from 0 to 1.
typedef struct {
  double red, green, blue, opacity;
} echelon_color;

/// Whether the library is there.
int echelon_picture_is_available(void);

/// A picture of so many pixels, in which a unit of length is `scale` of them; NULL without the library or
/// without memory.
echelon_picture *echelon_picture_open(int width, int height, double scale);

/// Fills or, with a width above 0, draws a line through `count` points, x and y of each one after the other.
void echelon_picture_path(echelon_picture *, const double *points, size_t count, double width, double dash,
                          echelon_color);

void echelon_picture_circle(echelon_picture *, double x, double y, double radius, echelon_color);

/// Writes a line of UTF-8; `anchor` is 0 where it begins at x, 0.5 where its middle is there, 1 where it ends there,
/// and `turn` is clockwise in radians.
void echelon_picture_text(echelon_picture *, const char *text, double x, double y, double size, double anchor,
                          double turn, int is_bold, echelon_color);

/// What is drawn from now on appears only inside; with a width of 0 everywhere.
void echelon_picture_clip(echelon_picture *, double x, double y, double width, double height);

/// The picture as PNG, which lives as long as it; NULL without memory.
const uint8_t *echelon_picture_png(echelon_picture *, size_t *byte_count);

void echelon_picture_close(echelon_picture *);

#endif
