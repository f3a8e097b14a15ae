#include "echelon_image.h"
