/**
 * Files and folders wherever they are: on this machine's disk, and by a provider's help in file
 * systems that URIs name. What is stored in them is not known here. Begin at {@link Place}.
 */
package tessera.storage;
