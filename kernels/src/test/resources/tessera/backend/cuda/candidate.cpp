/* A candidate as a module of the emulated driver. */
#include "emulator.h"
#include "candidate.cu"
#include "module.h"

#ifndef CLUSTER
#define CLUSTER 1
#endif
#if ALIGNED_ONLY
TESSERA_MODULE(CLUSTER, ENTRY(tessera_candidate_aligned))
#else
TESSERA_MODULE(CLUSTER, ENTRY(tessera_candidate_aligned) ENTRY(tessera_candidate_any))
#endif
