/* A CUDA driver without a GPU: the calls that Tessera makes, on memory and cores of the CPU. A "cubin" is a shared library made
 * from a template and emulator.h. Everything runs at once in the calling thread, so streams and events are in order by nature. */
#include <dlfcn.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

typedef int result;
typedef int emulated_launch(const char *, int, int, int, void **);

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, FILE_NOT_FOUND = 301, NOT_FOUND = 500 };

struct module_handle {
  void *library;
};
struct function_handle {
  emulated_launch *launch;
  std::string name;
};
struct graph_handle {
  std::vector<std::function<void()>> calls;
};

static graph_handle *capturing;
static std::map<uint64_t, size_t> allocations;

/* Events tell a time in which every CUDA thread takes as long: a busy host changes no measurement. */
static const double THREAD_NANOS = 1e4;
static double clock_nanos;

static result launched(const function_handle *f, unsigned blocks, unsigned threads, unsigned shared, void **parameters) {
  clock_nanos += THREAD_NANOS * blocks * threads;
  return f->launch(f->name.c_str(), (int)blocks, (int)threads, (int)shared, parameters);
}

extern "C" {

/* CUDA_EMULATED_GPUS devices, one by default, less those that CUDA_VISIBLE_DEVICES hides; a file in CUDA_EMULATED_TRACE for each that is used */
result cuInit(unsigned) {
  const char *folder = getenv("CUDA_EMULATED_TRACE"), *visible = getenv("CUDA_VISIBLE_DEVICES");
  if (folder && visible) {
    if (FILE *used = fopen((std::string(folder) + "/gpu-" + visible).c_str(), "w")) fclose(used);
  }
  return visible && !*visible ? NO_DEVICE : SUCCESS;
}
result cuDeviceGetCount(int *count) {
  const char *all = getenv("CUDA_EMULATED_GPUS");
  return *count = getenv("CUDA_VISIBLE_DEVICES") || !all ? 1 : atoi(all), SUCCESS;
}
result cuDeviceGetPCIBusId(char *id, int length, int) {
  const char *visible = getenv("CUDA_VISIBLE_DEVICES");
  return snprintf(id, (size_t)length, "0000:%02X:00.0", 26 + (visible ? atoi(visible) : 0)), SUCCESS;
}
result cuDriverGetVersion(int *version) { return *version = 13000, SUCCESS; }
result cuDeviceGet(int *device, int) { return *device = 0, SUCCESS; }
result cuDeviceGetName(char *name, int length, int) { return snprintf(name, (size_t)length, "Emulated GPU"), SUCCESS; }
static const size_t MEMORY_BYTES = (size_t)4 << 30;
result cuDeviceTotalMem_v2(size_t *bytes, int) { return *bytes = MEMORY_BYTES, SUCCESS; }
result cuDeviceGetAttribute(int *value, int attribute, int) {
  switch (attribute) {
    case 75: return *value = getenv("EMULATED_NEWER") ? 10 : 9, SUCCESS; /* capability, major */
    case 76: return *value = 0, SUCCESS;              /* ... minor */
    case 16: return *value = 3, SUCCESS;              /* multiprocessors */
    case 97: return *value = 227 << 10, SUCCESS;      /* shared memory of a block */
    case 81: return *value = 228 << 10, SUCCESS;      /* ... of a multiprocessor */
    case 82: return *value = 65536, SUCCESS;          /* registers of a multiprocessor */
    case 39: return *value = 2048, SUCCESS;           /* threads of a multiprocessor */
    case 38: return *value = 1 << 20, SUCCESS;        /* L2 */
    case 13: return *value = 1000000, SUCCESS;        /* kHz */
    case 36: return *value = 1000000, SUCCESS;        /* kHz of the memory */
    case 37: return *value = 64, SUCCESS;             /* bits of the memory's bus */
    default: return INVALID_VALUE;
  }
}
result cuDevicePrimaryCtxRetain(void **context, int) { return *context = &allocations, SUCCESS; }
result cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
static void *current;
result cuCtxSetCurrent(void *context) { return current = context, SUCCESS; }
result cuCtxGetCurrent(void **context) { return *context = current, SUCCESS; }
result cuCtxGetDevice(int *device) { return *device = 0, SUCCESS; }
result cuGetErrorName(int code, const char **name) {
  return *name = code == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : code == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : code == NOT_FOUND ? "CUDA_ERROR_NOT_FOUND" : "CUDA_ERROR_EMULATED", SUCCESS;
}
result cuGetErrorString(int, const char **text) { return *text = "an error of the emulated driver", SUCCESS; }

/* The last byte lies before an unmapped page, as far as alignment to 16 bytes allows. */
result cuMemAlloc_v2(uint64_t *pointer, size_t bytes) {
  if (bytes > MEMORY_BYTES) return OUT_OF_MEMORY;
  const size_t page = 4096, size = (bytes + 15) / 16 * 16, whole = (size + page - 1) / page * page;
  char *map = (char *)mmap(nullptr, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return OUT_OF_MEMORY;
  mprotect(map + whole, page, PROT_NONE);
  *pointer = (uint64_t)(map + whole - size);
  allocations[*pointer] = whole + page;
  return SUCCESS;
}
result cuMemFree_v2(uint64_t pointer) {
  auto found = allocations.find(pointer);
  if (found == allocations.end()) return INVALID_VALUE;
  munmap((void *)(pointer / 4096 * 4096), found->second);
  allocations.erase(found);
  return SUCCESS;
}
result cuMemsetD32Async(uint64_t to, unsigned word, size_t count, void *) {
  for (size_t i = 0; i < count; i++) ((unsigned *)to)[i] = word;
  return SUCCESS;
}
result cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t bytes) { return memcpy((void *)to, from, bytes), SUCCESS; }
result cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) { return memcpy(to, (void *)from, bytes), SUCCESS; }
result cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *) { return memcpy((void *)to, (void *)from, bytes), SUCCESS; }

result cuModuleLoad(module_handle **module, const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) return fprintf(stderr, "%s\n", dlerror()), FILE_NOT_FOUND;
  *module = new module_handle{library};
  return SUCCESS;
}
result cuModuleLoadData(module_handle **module, const void *image) {
  if (getenv("EMULATED_BROKEN")) return OUT_OF_MEMORY;
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
  const size_t bytes = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
  const char *folder = getenv("TMPDIR");
  std::string file = std::string(folder ? folder : "/tmp") + "/emulated-XXXXXX";
  const int descriptor = mkstemp(file.data());
  if (descriptor < 0 || write(descriptor, image, bytes) != (ssize_t)bytes) return OUT_OF_MEMORY;
  close(descriptor);
  const result code = cuModuleLoad(module, file.c_str());
  unlink(file.c_str());
  return code;
}
result cuModuleUnload(module_handle *module) { return dlclose(module->library), delete module, SUCCESS; }
result cuModuleGetFunction(function_handle **function, module_handle *module, const char *name) {
  auto *launch = (emulated_launch *)dlsym(module->library, "emulated");
  if (!launch || launch(name, 0, 0, 0, nullptr)) return NOT_FOUND;
  *function = new function_handle{launch, name};
  return SUCCESS;
}
result cuFuncSetAttribute(function_handle *, int, int) { return SUCCESS; }

result cuLaunchKernel(function_handle *f, unsigned gx, unsigned, unsigned, unsigned bx, unsigned, unsigned, unsigned shared, void *, void **parameters,
                      void **) {
  if (gx == 0 || bx == 0 || bx > 1024) return INVALID_VALUE;
  if (!capturing) return launched(f, gx, bx, shared, parameters);
  /* the values are copied now */
  std::vector<std::vector<char>> values;
  while (int size = f->launch(nullptr, (int)values.size(), 0, 0, (void **)f->name.c_str())) {
    const char *value = (const char *)parameters[values.size()];
    values.emplace_back(value, value + size);
  }
  capturing->calls.push_back([=]() mutable {
    std::vector<void *> again;
    for (auto &value : values) again.push_back(value.data());
    launched(f, gx, bx, shared, again.data());
  });
  return SUCCESS;
}

/* CUlaunchConfig */
struct configuration {
  unsigned grid[3], block[3], shared_bytes;
  void *stream;
  const int *attributes; /* 18 words each */
  unsigned count;
};

result cuLaunchKernelEx(const configuration *c, function_handle *f, void **parameters, void **) {
  /* blocks beside each other, which may follow, are all the same here */
  if (c->count > 2 || (c->count > 0 && (c->attributes[0] != 6 || c->attributes[2] != 1))) return INVALID_VALUE;
  if (c->count == 2 && (c->attributes[18] != 4 || c->attributes[20] < 1 || c->grid[0] % (unsigned)c->attributes[20])) return INVALID_VALUE;
  return cuLaunchKernel(f, c->grid[0], 1, 1, c->block[0], 1, 1, c->shared_bytes, c->stream, parameters, nullptr);
}

result cuOccupancyMaxActiveClusters(int *clusters, function_handle *, const configuration *c) {
  if (c->count != 1 || c->attributes[0] != 4 || (unsigned)c->attributes[2] != c->grid[0]) return INVALID_VALUE;
  return *clusters = 3 / (int)c->grid[0], SUCCESS;
}

/* What tma_load() of emulator_hopper.h reads. */
result cuTensorMapEncodeTiled(
    void *map, int type, unsigned rank, void *data, const uint64_t *extents, const uint64_t *strides, const unsigned *box, const unsigned *, int, int swizzle,
    int, int) {
  const unsigned bytes = type == 1 ? 2 : 4;
  const bool legal = rank == 3 && swizzle == 3 && (size_t)map % 64 == 0 && (size_t)data % 16 == 0 && strides[0] % 16 == 0 && strides[1] % 16 == 0 &&
                     box[0] * bytes == 128 && box[1] <= 256 && box[2] == 1;
  if (!legal) return INVALID_VALUE;
  struct {
    void *data;
    uint64_t extents[3], strides[2];
    unsigned box[3], bytes;
  } made = {data, {extents[0], extents[1], extents[2]}, {strides[0], strides[1]}, {box[0], box[1], box[2]}, bytes};
  return memcpy(map, &made, sizeof made), SUCCESS;
}

result cuStreamCreate(void **stream, unsigned) { return *stream = &allocations, SUCCESS; }
result cuStreamGetCaptureInfo(void *, int *status, unsigned long long *id) {
  *status = capturing != nullptr;
  if (capturing) *id = (unsigned long long)(size_t)capturing;
  return SUCCESS;
}
result cuThreadExchangeStreamCaptureMode(int *) { return SUCCESS; }
result cuStreamDestroy_v2(void *) { return SUCCESS; }
result cuStreamSynchronize(void *) { return SUCCESS; }
result cuStreamBeginCapture_v2(void *, int) { return capturing = new graph_handle, SUCCESS; }
result cuStreamEndCapture(void *, graph_handle **graph) { return *graph = capturing, capturing = nullptr, SUCCESS; }
result cuGraphInstantiateWithFlags(graph_handle **ready, graph_handle *graph, unsigned long long) { return *ready = new graph_handle(*graph), SUCCESS; }
result cuGraphLaunch(graph_handle *ready, void *) {
  for (auto &call : ready->calls) call();
  return SUCCESS;
}
result cuGraphExecDestroy(graph_handle *ready) { return delete ready, SUCCESS; }
result cuGraphDestroy(graph_handle *graph) { return delete graph, SUCCESS; }

result cuEventCreate(double **event, unsigned) { return *event = new double(0), SUCCESS; }
result cuEventRecord(double *event, void *) { return *event = clock_nanos, SUCCESS; }
result cuEventSynchronize(double *) { return SUCCESS; }
result cuEventElapsedTime(float *millis, double *start, double *stop) { return *millis = (float)((*stop - *start) * 1e-6), SUCCESS; }
result cuEventDestroy_v2(double *event) { return delete event, SUCCESS; }
}
