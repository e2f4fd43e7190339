/**
 * Libraries of others that compute the same, by the C adapters in the folder of the same name among
 * the resources. Begin at {@link CpuPeers}.
 */
package tessera.backend.cpu.peers;
