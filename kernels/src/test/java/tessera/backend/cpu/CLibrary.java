package tessera.backend.cpu;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.file.Path;
import tessera.runtime.Bundle;

/** The whole C interface of a bundle. */
interface CLibrary extends Library {
  int OK = 0;
  int INVALID_ARGUMENT = 1;
  int DEVICE_MISMATCH = 2;
  int NOT_FOUND = 3;
  int CORRUPT = 4;
  int NOT_WRITTEN = 6;

  static CLibrary of(Path bundle) {
    return Native.load(bundle.resolve(Bundle.LIBRARY).toString(), CLibrary.class);
  }

  int tessera_open(String path, PointerByReference bundle);

  int tessera_rank(Pointer bundle);

  String tessera_variable(Pointer bundle, int index);

  int tessera_select(Pointer bundle, long[] shape);

  int tessera_run(Pointer bundle, long[] shape, Pointer[] inputs, Pointer output, Pointer stream);

  int tessera_operand_count(Pointer bundle);

  String tessera_operand_name(Pointer bundle, int index);

  String tessera_operand_type(Pointer bundle, int index);

  int tessera_operand_rank(Pointer bundle, int index);

  int tessera_operand_extents(Pointer bundle, int index, long[] shape, long[] extents);

  String tessera_kernel_name(Pointer bundle, int index);

  String tessera_message(int status);

  int tessera_prepare(
      Pointer bundle, int index, Pointer data, PointerByReference prepared, Pointer stream);

  int tessera_set_threads(Pointer bundle, int threads);

  int tessera_set_overlap(Pointer bundle, int on);

  int tessera_count(Pointer bundle, int on);

  int tessera_counts(Pointer bundle, String path);

  void tessera_close(Pointer bundle);
}
