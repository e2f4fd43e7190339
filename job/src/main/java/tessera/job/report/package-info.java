/**
 * The report of runs and bundles: one HTML file that fetches nothing. {@link
 * tessera.job.report.Subject} is what the page is given, and the page itself is in the resources
 * beside. Begin at {@link tessera.job.report.ReportPage}.
 */
package tessera.job.report;
