/**
 * Folders whose files are checked before they are used: names that stay inside, SHA-256 of every
 * file, signatures, and libraries that are loaded from the very bytes that were checked. Begin at
 * {@link CheckedFolder}.
 */
package tessera.integrity;
