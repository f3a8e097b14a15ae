#include "echelon_compression.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

// The interfaces are written out here, as neither library's headers need be installed. Both have promised
// them for as long as their names end in .so.1.

/// `z_stream` of zlib.h.
typedef struct {
  const uint8_t *next_in;
  unsigned avail_in;
  unsigned long total_in;
  uint8_t *next_out;
  unsigned avail_out;
  unsigned long total_out;
  const char *msg;
  void *state, *zalloc, *zfree, *opaque;
  int data_type;
  unsigned long adler, reserved;
} zlib_stream;

enum { ZLIB_OK = 0, ZLIB_STREAM_END = 1, ZLIB_BUFFER_ERROR = -5, ZLIB_FINISH = 4,
       ZLIB_GZIP_WINDOW = 15 + 16, ZLIB_RAW_WINDOW = -15 };

static struct {
  const char *(*version)(void);
  int (*inflate_init)(zlib_stream *, int window, const char *version, int size);
  int (*inflate)(zlib_stream *, int flush);
  int (*inflate_reset)(zlib_stream *);
  int (*inflate_end)(zlib_stream *);
  int (*deflate_init)(zlib_stream *, int level, int method, int window, int memory, int strategy,
                      const char *version, int size);
  int (*deflate)(zlib_stream *, int flush);
  int (*deflate_end)(zlib_stream *);
} zlib;

/// `ZSTD_inBuffer` and `ZSTD_outBuffer` of zstd.h.
typedef struct {
  const void *bytes;
  size_t size, position;
} zstd_input;
typedef struct {
  void *bytes;
  size_t size, position;
} zstd_output;

enum { ZSTD_CHECKSUM_FLAG = 201, ZSTD_END = 2, ZSTD_CONTINUE = 0 };

static struct {
  void *(*decoder)(void);
  size_t (*decode)(void *, zstd_output *, zstd_input *);
  size_t (*free_decoder)(void *);
  void *(*encoder)(void);
  size_t (*set)(void *, int parameter, int value);
  size_t (*encode)(void *, zstd_output *, zstd_input *, int directive);
  size_t (*free_encoder)(void *);
  unsigned (*is_error)(size_t);
  const char *(*error_name)(size_t);
} zstd;

static int is_zlib_open, is_zstd_open;

#define FIND(table, member, name) \
  ((table).member = (__typeof__((table).member))dlsym(library, name)) != NULL

static void open_zlib(void) {
#ifdef __APPLE__
  void *library = dlopen("libz.1.dylib", RTLD_LAZY | RTLD_LOCAL);
#else
  void *library = dlopen("libz.so.1", RTLD_LAZY | RTLD_LOCAL);
#endif
  is_zlib_open = library && FIND(zlib, version, "zlibVersion") && FIND(zlib, inflate_init, "inflateInit2_") &&
                 FIND(zlib, inflate, "inflate") && FIND(zlib, inflate_reset, "inflateReset") &&
                 FIND(zlib, inflate_end, "inflateEnd") && FIND(zlib, deflate_init, "deflateInit2_") &&
                 FIND(zlib, deflate, "deflate") && FIND(zlib, deflate_end, "deflateEnd");
}

static void open_zstd(void) {
  void *library = dlopen("libzstd.so.1", RTLD_LAZY | RTLD_LOCAL);
  is_zstd_open = library && FIND(zstd, decoder, "ZSTD_createDCtx") &&
                 FIND(zstd, decode, "ZSTD_decompressStream") && FIND(zstd, free_decoder, "ZSTD_freeDCtx") &&
                 FIND(zstd, encoder, "ZSTD_createCCtx") && FIND(zstd, set, "ZSTD_CCtx_setParameter") &&
                 FIND(zstd, encode, "ZSTD_compressStream2") && FIND(zstd, free_encoder, "ZSTD_freeCCtx") &&
                 FIND(zstd, is_error, "ZSTD_isError") && FIND(zstd, error_name, "ZSTD_getErrorName");
}

static int is_available(int format) {
  static pthread_once_t zlib_once = PTHREAD_ONCE_INIT, zstd_once = PTHREAD_ONCE_INIT;
  if (format == ECHELON_ZSTD) {
    pthread_once(&zstd_once, open_zstd);
    return is_zstd_open;
  }
  pthread_once(&zlib_once, open_zlib);
  return is_zlib_open;
}

struct echelon_codec {
  int format, compresses;
  const char *message;
  zlib_stream zlib;
  void *zstd;
};

echelon_codec *echelon_codec_open(int format, int compresses) {
  if (!is_available(format)) return NULL;
  echelon_codec *codec = calloc(1, sizeof *codec);
  if (!codec) return NULL;
  codec->format = format;
  codec->compresses = compresses;
  int is_open;
  if (format == ECHELON_ZSTD) {
    codec->zstd = compresses ? zstd.encoder() : zstd.decoder();
    is_open = codec->zstd != NULL;
    if (is_open && compresses) zstd.set(codec->zstd, ZSTD_CHECKSUM_FLAG, 1);
  } else if (compresses) {
    // The level, the method and the memory that gzip(1) takes.
    is_open = zlib.deflate_init(&codec->zlib, 6, 8, ZLIB_GZIP_WINDOW, 8, 0, zlib.version(),
                                sizeof(zlib_stream)) == ZLIB_OK;
  } else {
    int window = format == ECHELON_GZIP ? ZLIB_GZIP_WINDOW : ZLIB_RAW_WINDOW;
    is_open = zlib.inflate_init(&codec->zlib, window, zlib.version(), sizeof(zlib_stream)) == ZLIB_OK;
  }
  if (is_open) return codec;
  free(codec);
  return NULL;
}

static int step_zlib(echelon_codec *codec, const uint8_t *input, size_t input_count, size_t *read, uint8_t *output,
                     size_t output_count, size_t *written, int is_last) {
  const size_t most = 1u << 30;  // counts are unsigned int there
  zlib_stream *stream = &codec->zlib;
  stream->next_in = input;
  stream->avail_in = (unsigned)(input_count < most ? input_count : most);
  stream->next_out = output;
  stream->avail_out = (unsigned)(output_count < most ? output_count : most);
  int flush = codec->compresses && is_last && input_count <= most ? ZLIB_FINISH : 0;
  int result = codec->compresses ? zlib.deflate(stream, flush) : zlib.inflate(stream, flush);
  *read = (size_t)(stream->next_in - input);
  *written = (size_t)(stream->next_out - output);
  if (result == ZLIB_STREAM_END) {
    if (!codec->compresses) zlib.inflate_reset(stream);
    return ECHELON_CODEC_END;
  }
  if (result == ZLIB_OK || result == ZLIB_BUFFER_ERROR) return ECHELON_CODEC_MORE;
  codec->message = stream->msg ? stream->msg : "not deflated data";
  return ECHELON_CODEC_DAMAGED;
}

int echelon_codec_step(echelon_codec *codec, const uint8_t *input, size_t input_count, size_t *read, uint8_t *output,
                       size_t output_count, size_t *written, int is_last) {
  if (codec->format != ECHELON_ZSTD)
    return step_zlib(codec, input, input_count, read, output, output_count, written, is_last);
  zstd_input in = {input, input_count, 0};
  zstd_output out = {output, output_count, 0};
  size_t result = codec->compresses ? zstd.encode(codec->zstd, &out, &in, is_last ? ZSTD_END : ZSTD_CONTINUE)
                                    : zstd.decode(codec->zstd, &out, &in);
  *read = in.position;
  *written = out.position;
  if (zstd.is_error(result)) {
    codec->message = zstd.error_name(result);
    return ECHELON_CODEC_DAMAGED;
  }
  return result == 0 && (is_last || !codec->compresses) ? ECHELON_CODEC_END : ECHELON_CODEC_MORE;
}

const char *echelon_codec_message(const echelon_codec *codec) {
  return codec->message ? codec->message : "damaged";
}

void echelon_codec_close(echelon_codec *codec) {
  if (codec->format == ECHELON_ZSTD)
    codec->compresses ? zstd.free_encoder(codec->zstd) : zstd.free_decoder(codec->zstd);
  else
    codec->compresses ? zlib.deflate_end(&codec->zlib) : zlib.inflate_end(&codec->zlib);
  free(codec);
}

echelon_inflate_result echelon_inflate(const uint8_t *input, size_t input_count, uint8_t *output,
                                       size_t output_count) {
  if (!is_available(ECHELON_DEFLATE)) return ECHELON_INFLATE_NO_LIBRARY;
  echelon_codec *codec = echelon_codec_open(ECHELON_DEFLATE, 0);
  if (!codec) return ECHELON_INFLATE_NO_MEMORY;
  uint8_t none = 0;  // zlib takes no null pointers, not even to nothing
  if (!input_count) input = &none;
  if (!output_count) output = &none;
  int state;
  size_t read, written;
  do {
    state = echelon_codec_step(codec, input, input_count, &read, output, output_count, &written, 0);
    input += read, input_count -= read;
    output += written, output_count -= written;
  } while (state == ECHELON_CODEC_MORE && (read || written));
  echelon_codec_close(codec);
  return state == ECHELON_CODEC_END && !input_count && !output_count ? ECHELON_INFLATED : ECHELON_INFLATE_DAMAGED;
}
