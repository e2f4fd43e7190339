/* The driver, loaded where it runs. */

typedef unsigned long long device_pointer;

static struct {
  int loaded;
  int (*init)(unsigned);
  int (*device_get)(int *, int);
  int (*device_name)(char *, int, int);
  int (*device_attribute)(int *, int, int);
  int (*context_current)(void **);
  int (*context_set)(void *);
  int (*context_device)(int *);
  int (*primary_retain)(void **, int);
  int (*module_load)(void **, const void *);
  int (*module_unload)(void *);
  int (*module_function)(void **, void *, const char *);
  int (*function_attribute)(void *, int, int);
  int (*memory_allocate)(device_pointer *, size_t);
  int (*memory_free)(device_pointer);
  int (*memory_set)(device_pointer, unsigned, size_t, void *);
  int (*stream_create)(void **, unsigned);
  int (*stream_synchronize)(void *);
  int (*stream_destroy)(void *);
  int (*error_name)(int, const char **);
  int (*error_text)(int, const char **);
  int (*capture_info)(void *, int *, unsigned long long *);
  int (*capture_mode)(int *);
  int (*tensor_map)(
      void *, int, uint32_t, void *, const uint64_t *, const uint64_t *, const uint32_t *, const uint32_t *, int, int, int, int); /* newer drivers */
  int (*launch_with)(const void *, void *, void **, void **); /* newer drivers */
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
} driver;

static pthread_once_t driver_once = PTHREAD_ONCE_INIT;

static void driver_load(void) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  const struct {
    const char *name;
    void *to;
  } needed[] = {{"cuInit", &driver.init},
                {"cuDeviceGet", &driver.device_get},
                {"cuDeviceGetName", &driver.device_name},
                {"cuDeviceGetAttribute", &driver.device_attribute},
                {"cuCtxGetCurrent", &driver.context_current},
                {"cuCtxSetCurrent", &driver.context_set},
                {"cuCtxGetDevice", &driver.context_device},
                {"cuDevicePrimaryCtxRetain", &driver.primary_retain},
                {"cuModuleLoadData", &driver.module_load},
                {"cuModuleUnload", &driver.module_unload},
                {"cuModuleGetFunction", &driver.module_function},
                {"cuFuncSetAttribute", &driver.function_attribute},
                {"cuMemAlloc_v2", &driver.memory_allocate},
                {"cuMemFree_v2", &driver.memory_free},
                {"cuMemsetD32Async", &driver.memory_set},
                {"cuStreamCreate", &driver.stream_create},
                {"cuStreamSynchronize", &driver.stream_synchronize},
                {"cuStreamDestroy_v2", &driver.stream_destroy},
                {"cuGetErrorName", &driver.error_name},
                {"cuGetErrorString", &driver.error_text},
                {"cuStreamGetCaptureInfo", &driver.capture_info},
                {"cuThreadExchangeStreamCaptureMode", &driver.capture_mode},
                {"cuLaunchKernel", &driver.launch}};
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    void *found = dlsym(library, needed[i].name);
    if (!found) return;
    memcpy(needed[i].to, &found, sizeof found);
  }
  void *newer[] = {dlsym(library, "cuTensorMapEncodeTiled"), dlsym(library, "cuLaunchKernelEx")};
  memcpy(&driver.tensor_map, &newer[0], sizeof newer[0]);
  memcpy(&driver.launch_with, &newer[1], sizeof newer[1]);
  driver.loaded = driver.init(0) == 0;
}

/* What went wrong last in the calling thread; a sentence without its full stop. */
static _Thread_local char fault[256];

/* Whether a call of the driver failed. If it did, the fault says what was tried, with the driver's words. */
static int failed(int code, const char *tried, ...) {
  if (!code) return 0;
  const char *name = NULL, *text = NULL;
  char what[128];
  va_list values;
  va_start(values, tried);
  vsnprintf(what, sizeof what, tried, values);
  va_end(values);
  if (driver.error_name(code, &name)) name = NULL;
  if (driver.error_text(code, &text)) text = NULL;
  snprintf(fault, sizeof fault, "%s failed with %s, %s", what, name ? name : "an unknown error", text ? text : "which the driver does not explain");
  return 1;
}

/* A fault that the driver has no words for; 0. */
static int refuse(const char *why) {
  snprintf(fault, sizeof fault, "%s", why);
  return 0;
}

/* The device of the calling thread's context; the first one, whose primary context becomes current, where it has none. */
static int device_here(void **context, int *device) {
  pthread_once(&driver_once, driver_load);
  if (!driver.loaded) return refuse("NVIDIA's driver, libcuda.so.1, cannot be loaded");
  if (failed(driver.context_current(context), "cuCtxGetCurrent")) return 0;
  if (*context) return !failed(driver.context_device(device), "cuCtxGetDevice");
  return !failed(driver.device_get(device, 0), "cuDeviceGet") && !failed(driver.primary_retain(context, *device), "cuDevicePrimaryCtxRetain") &&
         !failed(driver.context_set(*context), "cuCtxSetCurrent");
}

/* Compute capability, major times 10 plus minor; 0 where it cannot be told. */
static int capability_of(int device) {
  enum { MAJOR = 75, MINOR = 76 };
  int major, minor;
  return driver.device_attribute(&major, MAJOR, device) || driver.device_attribute(&minor, MINOR, device) ? 0 : 10 * major + minor;
}

/* Enqueues a launch, which may begin while the one before it on the stream ends. Blocks then start in any order, wherever one ends: so many
 * blocks of a cluster are kept together. */
static int enqueue(
    void *function, int64_t blocks, int threads, int shared_bytes, int overlapping, int cluster, int device, void *stream, void **parameters) {
  enum { CLUSTER_DIMENSION = 4, PROGRAMMATIC_STREAM_SERIALIZATION = 6, FIRST_TO_OVERLAP = 90 };
  int code;
  if (!overlapping || !driver.launch_with || capability_of(device) < FIRST_TO_OVERLAP) {
    code = driver.launch(function, (unsigned)blocks, 1, 1, (unsigned)threads, 1, 1, (unsigned)shared_bytes, stream, parameters, NULL);
  } else {
    _Alignas(8) struct { /* CUlaunchAttribute */
      int id, unused, value[16];
    } attributes[] = {{PROGRAMMATIC_STREAM_SERIALIZATION, 0, {1}}, {CLUSTER_DIMENSION, 0, {cluster, 1, 1}}};
    const struct { /* CUlaunchConfig */
      unsigned grid[3], block[3], shared_bytes;
      void *stream, *attributes;
      unsigned count;
    } configuration = {{(unsigned)blocks, 1, 1}, {(unsigned)threads, 1, 1}, (unsigned)shared_bytes, stream, attributes, cluster > 1 ? 2 : 1};
    code = driver.launch_with(&configuration, function, parameters, NULL);
  }
  return !failed(code, "launching %lld blocks of %d threads with %d bytes of shared memory each", (long long)blocks, threads, shared_bytes);
}
