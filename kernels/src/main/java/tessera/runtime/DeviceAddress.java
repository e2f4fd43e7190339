package tessera.runtime;

import java.lang.reflect.Method;
import jcuda.NativePointerObject;
import jcuda.Pointer;

/** The driver's own handles, which JCuda keeps from all but its own classes. */
public final class DeviceAddress {
  private static final Method POINTER = method(NativePointerObject.class, "getNativePointer");
  private static final Method OFFSET = method(Pointer.class, "getByteOffset");

  private DeviceAddress() {}

  public static long of(NativePointerObject object) {
    try {
      long offset = object instanceof Pointer ? (long) OFFSET.invoke(object) : 0;
      return (long) POINTER.invoke(object) + offset;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this version of JCuda hides its pointers otherwise", e);
    }
  }

  private static Method method(Class<?> type, String name) {
    try {
      Method method = type.getDeclaredMethod(name);
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("this version of JCuda hides its pointers otherwise", e);
    }
  }
}
