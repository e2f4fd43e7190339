/* Checks one instantiation of mma.cu; the source of a candidate lies beside this file. */
#include "emulator.h"
#include "candidate.cu"
#include "check_tiles.h"
