/**
 * The process in which candidates run, so that a crash or a hang ends a trial and nothing else, and
 * its messages. What is done with a request is a back end's own {@link Runner}. Begin at {@link
 * WorkerProcess}.
 */
package tessera.worker;
