// A target wants a file to compile; everything is in the header, so that it is inlined.
#include "CEchelonVectors.h"
