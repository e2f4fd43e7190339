/**
 * What Tessera asks of a kind of hardware, and the registry of those that there are. Nothing here
 * or above knows a back end by name: each is in a package of its own below. Begin at {@link
 * Backend}.
 */
package tessera.backend;
