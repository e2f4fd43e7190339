/**
 * What all packages use: the error of a user's mistake, digests, and the one way to read and write
 * JSON. Nothing that knows of tensors, hardware or Spark is here. Begin at {@link UserError}.
 */
package tessera;
