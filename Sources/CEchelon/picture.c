#include "echelon_picture.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The interface is written out here, as the library's headers need not be installed. It has promised it for as
// long as its name ends in .so.2.
#ifdef __APPLE__
#define LIBRARY "libcairo.2.dylib"
#else
#define LIBRARY "libcairo.so.2"
#endif

/// `cairo_text_extents_t` of cairo.h.
typedef struct {
  double x_bearing, y_bearing, width, height, x_advance, y_advance;
} text_extents;

enum { FORMAT_RGB24 = 1, SLANT_NORMAL = 0, WEIGHT_NORMAL = 0, WEIGHT_BOLD = 1, STATUS_SUCCESS = 0,
       STATUS_WRITE_ERROR = 11, LINE_JOIN_ROUND = 1 };

typedef int (*write_function)(void *closure, const unsigned char *bytes, unsigned count);

static struct {
  void *(*surface)(int format, int width, int height);
  int (*surface_status)(void *);
  void (*destroy_surface)(void *);
  int (*write_png)(void *, write_function, void *closure);
  void *(*create)(void *surface);
  void (*destroy)(void *);
  void (*save)(void *);
  void (*restore)(void *);
  void (*scale)(void *, double, double);
  void (*translate)(void *, double, double);
  void (*rotate)(void *, double);
  void (*color)(void *, double, double, double, double);
  void (*line_width)(void *, double);
  void (*line_join)(void *, int);
  void (*dash)(void *, const double *, int, double);
  void (*new_path)(void *);
  void (*move_to)(void *, double, double);
  void (*line_to)(void *, double, double);
  void (*arc)(void *, double x, double y, double radius, double from, double to);
  void (*rectangle)(void *, double x, double y, double width, double height);
  void (*stroke)(void *);
  void (*fill)(void *);
  void (*clip)(void *);
  void (*reset_clip)(void *);
  void (*font)(void *, const char *family, int slant, int weight);
  void (*font_size)(void *, double);
  void (*extents)(void *, const char *, text_extents *);
  void (*show_text)(void *, const char *);
} cairo;

static int is_open;

#define FIND(member, name) ((cairo.member = (__typeof__(cairo.member))dlsym(library, "cairo_" name)) != NULL)

static void open_library(void) {
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  is_open = library && FIND(surface, "image_surface_create") && FIND(surface_status, "surface_status") &&
            FIND(destroy_surface, "surface_destroy") && FIND(write_png, "surface_write_to_png_stream") &&
            FIND(create, "create") && FIND(destroy, "destroy") && FIND(save, "save") && FIND(restore, "restore") &&
            FIND(scale, "scale") && FIND(translate, "translate") && FIND(rotate, "rotate") &&
            FIND(color, "set_source_rgba") && FIND(line_width, "set_line_width") &&
            FIND(line_join, "set_line_join") && FIND(dash, "set_dash") && FIND(new_path, "new_path") &&
            FIND(move_to, "move_to") && FIND(line_to, "line_to") && FIND(arc, "arc") &&
            FIND(rectangle, "rectangle") && FIND(stroke, "stroke") && FIND(fill, "fill") && FIND(clip, "clip") &&
            FIND(reset_clip, "reset_clip") && FIND(font, "select_font_face") && FIND(font_size, "set_font_size") &&
            FIND(extents, "text_extents") && FIND(show_text, "show_text");
}

int echelon_picture_is_available(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

struct echelon_picture {
  void *surface, *context;
  uint8_t *bytes;
  size_t count, room;
};

echelon_picture *echelon_picture_open(int width, int height, double scale) {
  if (!echelon_picture_is_available()) return NULL;
  echelon_picture *picture = calloc(1, sizeof *picture);
  if (!picture) return NULL;
  picture->surface = cairo.surface(FORMAT_RGB24, width, height);
  if (cairo.surface_status(picture->surface) != STATUS_SUCCESS) {
    cairo.destroy_surface(picture->surface);
    free(picture);
    return NULL;
  }
  picture->context = cairo.create(picture->surface);
  cairo.scale(picture->context, scale, scale);
  cairo.line_join(picture->context, LINE_JOIN_ROUND);
  return picture;
}

static void set_color(echelon_picture *picture, echelon_color color) {
  cairo.color(picture->context, color.red, color.green, color.blue, color.opacity);
}

void echelon_picture_path(echelon_picture *picture, const double *points, size_t count, double width, double dash,
                          echelon_color color) {
  void *context = picture->context;
  set_color(picture, color);
  cairo.new_path(context);
  for (size_t i = 0; i < count; i++) {
    if (i == 0) cairo.move_to(context, points[0], points[1]);
    else cairo.line_to(context, points[2 * i], points[2 * i + 1]);
  }
  if (width > 0) {
    cairo.line_width(context, width);
    cairo.dash(context, &dash, dash > 0 ? 1 : 0, 0);
    cairo.stroke(context);
  } else {
    cairo.fill(context);
  }
}

void echelon_picture_circle(echelon_picture *picture, double x, double y, double radius, echelon_color color) {
  set_color(picture, color);
  cairo.new_path(picture->context);
  cairo.arc(picture->context, x, y, radius, 0, 6.283185307179586);
  cairo.fill(picture->context);
}

void echelon_picture_text(echelon_picture *picture, const char *text, double x, double y, double size,
                          double anchor, double turn, int is_bold, echelon_color color) {
  void *context = picture->context;
  text_extents extents;
  cairo.save(context);
  set_color(picture, color);
  cairo.font(context, "sans-serif", SLANT_NORMAL, is_bold ? WEIGHT_BOLD : WEIGHT_NORMAL);
  cairo.font_size(context, size);
  cairo.extents(context, text, &extents);
  cairo.translate(context, x, y);
  cairo.rotate(context, turn);
  cairo.move_to(context, -anchor * extents.x_advance, 0);
  cairo.show_text(context, text);
  cairo.restore(context);
}

void echelon_picture_clip(echelon_picture *picture, double x, double y, double width, double height) {
  cairo.reset_clip(picture->context);
  if (width <= 0) return;
  cairo.new_path(picture->context);
  cairo.rectangle(picture->context, x, y, width, height);
  cairo.clip(picture->context);
}

static int append(void *closure, const unsigned char *bytes, unsigned count) {
  echelon_picture *picture = closure;
  if (picture->room - picture->count < count) {
    size_t room = 2 * (picture->count + count);
    uint8_t *larger = realloc(picture->bytes, room);
    if (!larger) return STATUS_WRITE_ERROR;
    picture->bytes = larger;
    picture->room = room;
  }
  memcpy(picture->bytes + picture->count, bytes, count);
  picture->count += count;
  return STATUS_SUCCESS;
}

const uint8_t *echelon_picture_png(echelon_picture *picture, size_t *byte_count) {
  picture->count = 0;
  if (cairo.write_png(picture->surface, append, picture) != STATUS_SUCCESS) return NULL;
  *byte_count = picture->count;
  return picture->bytes;
}

void echelon_picture_close(echelon_picture *picture) {
  cairo.destroy(picture->context);
  cairo.destroy_surface(picture->surface);
  free(picture->bytes);
  free(picture);
}
