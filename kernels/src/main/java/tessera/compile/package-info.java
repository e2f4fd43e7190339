/**
 * From templates to artifacts: sources, processes with deadlines, and a cache of what was built.
 * The compilers themselves are in the back ends. Begin at {@link ArtifactCache}.
 */
package tessera.compile;
