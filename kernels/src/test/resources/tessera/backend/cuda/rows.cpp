/* Checks one instantiation of rows.cu; the source of a candidate lies beside this file. */
#include "emulator.h"
#include "candidate.cu"
#include "check_tiles.h"
