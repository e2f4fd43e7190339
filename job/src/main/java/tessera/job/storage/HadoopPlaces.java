package tessera.job.storage;

import java.net.URI;
import tessera.storage.Place;
import tessera.storage.PlaceProvider;

/** Knows every file system that Hadoop knows on this class path. */
public final class HadoopPlaces implements PlaceProvider {
  @Override
  public Place at(URI uri) {
    return new HadoopPlace(HadoopFiles.of(uri), uri.getPath());
  }

  /** How Hadoop and Spark name a place: without escapes, also one on this machine's disk. */
  public static String name(Place place) {
    URI uri = place.absolute().uri();
    String path = place.absolute().onDisk().map(Object::toString).orElseGet(uri::getPath);
    return new org.apache.hadoop.fs.Path(uri.getScheme(), uri.getAuthority(), path).toString();
  }
}
