/**
 * Devices that sleep where others build and time, by the {@code Simulation} that a process is given
 * in properties: what measures the driver of a job needs no hardware. Workload files cannot ask for
 * them, and they make no bundles. Begin at {@code SimulatedBackend}.
 */
package tessera.backend.simulated;
