/* The helpers of checking and timing as a module of the emulated driver. */
#include "emulator.h"
#include "candidate.cu"
#include "module.h"

TESSERA_MODULE(1, ENTRY(tessera_fill) ENTRY(tessera_reference) ENTRY(tessera_compare) ENTRY(tessera_value) ENTRY(tessera_probe) ENTRY(tessera_clock))
