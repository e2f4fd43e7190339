/**
 * The back end for CPUs: families of C templates, the compiler, the harness that measures, the
 * library of a bundle. The templates and the C run time are resources of the same path. Begin at
 * {@link CpuBackend}.
 */
package tessera.backend.cpu;
