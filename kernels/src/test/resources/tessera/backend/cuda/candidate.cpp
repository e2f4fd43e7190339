/* A candidate as a module of the emulated driver. */
#include "emulator.h"
#include "candidate.cu"
#include "module.h"

#ifndef CLUSTER
#define CLUSTER 1
#endif
#if HAS_ALIGNED
#define ALIGNED_ENTRY ENTRY(tessera_candidate_aligned)
#else
#define ALIGNED_ENTRY
#endif
#if HAS_ANY
#define ANY_ENTRY ENTRY(tessera_candidate_any)
#else
#define ANY_ENTRY
#endif
#if defined(PAIRS) && PAIRS
#define STAGING_ENTRY ENTRY_ALONE(tessera_candidate_split)
#elif defined(PAIRS)
#define STAGING_ENTRY ENTRY_ALONE(tessera_candidate_pad)
#else
#define STAGING_ENTRY
#endif
TESSERA_MODULE(CLUSTER, ALIGNED_ENTRY ANY_ENTRY STAGING_ENTRY)
