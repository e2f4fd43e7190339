/* How operands are made ready for tensor maps: constants of the kernels that pad them (pad.cuh) or split them (split.cuh), and of the
 * run-time that launches those kernels (operands.c). */
enum {
  STAGE_THREADS = 256,                    /* threads of a block */
  PAD_ACCESS = 16,                        /* bytes that a thread copies at once; padded lines are whole multiples of it */
  PAIR_GROUP = 32,                        /* elements of k whose pairs lie together: 32 firsts, then 32 seconds */
  SPLIT_SHARED_BYTES = 4 * STAGE_THREADS, /* shared memory of a block that splits */
};
