package tessera.backend.cuda.driver;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/** What JCuda lacks of NVIDIA's driver, as {@code cuda.h} declares it. */
interface DriverFunctions extends Library {
  DriverFunctions INSTANCE = Native.load("libcuda.so.1", DriverFunctions.class);

  int cuOccupancyMaxActiveClusters(int[] clusters, Pointer function, Pointer configuration);

  int cuLaunchKernelEx(Pointer configuration, Pointer function, Pointer parameters, Pointer extra);
}
