// CEchelon: what Swift cannot say. One header per subject; each says why it is C.
#ifndef ECHELON_H
#define ECHELON_H

#include "echelon_anonymous_file.h"
#include "echelon_atomics.h"
#include "echelon_backing.h"
#include "echelon_compression.h"
#include "echelon_fiber.h"
#include "echelon_flight.h"
#include "echelon_hdf5.h"
#include "echelon_image.h"
#include "echelon_interrupt.h"
#include "echelon_layout.h"
#include "echelon_main_queue.h"
#include "echelon_picture.h"
#include "echelon_number_rows.h"
#include "echelon_process.h"
#include "echelon_start.h"
#include "echelon_stream.h"
#include "echelon_template.h"

#endif
