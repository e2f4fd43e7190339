package tessera.runtime;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;

/** The C interface of {@code tessera.h}, as far as Java calls it. */
interface BundleFunctions extends Library {
  int tessera_open(String path, PointerByReference bundle);

  int tessera_run(Pointer bundle, long[] shape, Pointer[] inputs, Pointer output, Pointer stream);

  int tessera_prepare(
      Pointer bundle, int index, Pointer data, PointerByReference prepared, Pointer stream);

  int tessera_set_threads(Pointer bundle, int threads);

  int tessera_set_overlap(Pointer bundle, int on);

  int tessera_count(Pointer bundle, int on);

  int tessera_counts(Pointer bundle, String path);

  String tessera_message(int status);

  void tessera_close(Pointer bundle);
}
