// Streams of gzip and zstd. C, because the functions of both libraries are found with dlopen when they
// are first needed: a program that meets no compressed file needs neither of them.
#ifndef ECHELON_COMPRESSION_H
#define ECHELON_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

enum { ECHELON_GZIP = 1, ECHELON_ZSTD = 2, ECHELON_DEFLATE = 3 };  // the last without gzip's header, to read alone

enum {
  ECHELON_CODEC_MORE = 0,      // wants more input, or more room
  ECHELON_CODEC_END = 1,       // a member or frame has ended, and all of it is in the output
  ECHELON_CODEC_DAMAGED = -1,  // `echelon_codec_message` says what
};

typedef struct echelon_codec echelon_codec;

/// A stream in one of the formats; NULL without its library or without memory.
echelon_codec *echelon_codec_open(int format, int compresses);

/// Takes from `input` and puts into `output` what it can, and says how much of both it was. After
/// `ECHELON_CODEC_END` a stream that decompresses is ready for the next member.
int echelon_codec_step(echelon_codec *codec, const uint8_t *input, size_t input_count, size_t *read,
                       uint8_t *output, size_t output_count, size_t *written, int is_last);

/// What is wrong, in the words of the library.
const char *echelon_codec_message(const echelon_codec *codec);

void echelon_codec_close(echelon_codec *codec);

/// What became of deflated bytes.
typedef enum {
  ECHELON_INFLATED = 0,
  ECHELON_INFLATE_NO_LIBRARY,  ///< no zlib is installed
  ECHELON_INFLATE_DAMAGED,     ///< no deflate stream, or not one of these lengths
  ECHELON_INFLATE_NO_MEMORY,   ///< for zlib's own tables
} echelon_inflate_result;

/// Expands a raw deflate stream of exactly `input_count` bytes into exactly `output_count` bytes.
echelon_inflate_result echelon_inflate(const uint8_t *input, size_t input_count, uint8_t *output,
                                       size_t output_count);

#endif
