/**
 * How figures follow from what runs and bundles recorded, for {@code tessera.analysis} alone. Begin
 * at {@link Sources}.
 */
package tessera.analysis.read;
