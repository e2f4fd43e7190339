/**
 * A record for each family's parameters, with the numbers that its template derives from them:
 * threads, registers, shared memory. Which of them are legal and how they are launched is in {@code
 * tessera.backend.cuda.family}. Begin at {@link CudaTile}, then {@link SimtTile}.
 */
package tessera.backend.cuda.tile;
