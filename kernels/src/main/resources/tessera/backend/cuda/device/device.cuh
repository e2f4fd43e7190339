/* What the templates need of the device beside plain C++: all inline PTX is here. A test on a machine without a GPU defines
 * TESSERA_EMULATED and brings its own versions. */
#ifndef TESSERA_DEVICE_CUH
#define TESSERA_DEVICE_CUH

#ifndef TESSERA_EMULATED

#define TESSERA_DEVICE static __device__ __forceinline__
#define TESSERA_DEVICE_MEMBER __device__ __forceinline__
#define TESSERA_KERNEL extern "C" __global__
#define TESSERA_SHARED(name) extern __shared__ __align__(1024) float name[]
#define TESSERA_PRAGMA(x) _Pragma(#x)
#define TESSERA_UNROLL _Pragma("unroll")
#define TESSERA_UNROLL_BY(n) TESSERA_PRAGMA(unroll n)

/* Streams through the L2 without taking room in the L1: partial sums that another block wrote. */
TESSERA_DEVICE float4 load_uncached(const float4 *p) { return __ldcg(p); }
TESSERA_DEVICE float4 load_readonly(const float4 *p) { return __ldg(p); }
TESSERA_DEVICE float load_readonly(const float *p) { return __ldg(p); }
TESSERA_DEVICE unsigned load_readonly(const unsigned *p) { return __ldg(p); }
TESSERA_DEVICE unsigned short load_readonly(const unsigned short *p) { return __ldg(p); }
/* Read once: leaves the L1 to what is read often. */
TESSERA_DEVICE float4 load_once(const float4 *p) {
  float4 v;
  asm("ld.global.nc.L1::no_allocate.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(p));
  return v;
}

/* To 16 aligned bytes of global memory, surely at once. */
TESSERA_DEVICE void store_vector(float *p, float4 v) {
  asm volatile("st.global.v4.f32 [%0], {%1, %2, %3, %4};" ::"l"(p), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w));
}

/* A flag in global memory between blocks of one launch. */
TESSERA_DEVICE void flag_raise(unsigned *flag) { asm volatile("st.release.gpu.global.u32 [%0], 1;" ::"l"(flag) : "memory"); }
TESSERA_DEVICE void flag_lower(unsigned *flag) { asm volatile("st.relaxed.gpu.global.u32 [%0], 0;" ::"l"(flag) : "memory"); }
TESSERA_DEVICE void flag_await(const unsigned *flag) {
  unsigned raised;
  do {
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(raised) : "l"(flag) : "memory");
  } while (!raised);
}

TESSERA_DEVICE void keep_least(unsigned long long *kept, unsigned long long x) { atomicMin(kept, x); }

/* Ticks of this multiprocessor, and nanoseconds. */
TESSERA_DEVICE long long clock_ticks() { return clock64(); }
TESSERA_DEVICE long long clock_nanos() {
  long long nanos;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanos));
  return nanos;
}

TESSERA_DEVICE float sum_over_warp(float x) {
  TESSERA_UNROLL
  for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(0xffffffffu, x, distance);
  return x;
}

TESSERA_DEVICE unsigned most_over_warp(unsigned x) {
  TESSERA_UNROLL
  for (int distance = 16; distance > 0; distance /= 2) {
    const unsigned other = __shfl_xor_sync(0xffffffffu, x, distance);
    x = x > other ? x : other;
  }
  return x;
}
/* A bit for each lane of the warp, lowest first. */
TESSERA_DEVICE unsigned lanes_with(bool x) { return __ballot_sync(0xffffffffu, x); }

TESSERA_DEVICE unsigned bits_of(float x) { return __float_as_uint(x); }
TESSERA_DEVICE float float_of(unsigned bits) { return __uint_as_float(bits); }

/* PDL (programmatic dependent launch, capability 9.0): waits for the launch before this one, which a launcher may have let overlap with it.
 * Nothing in global memory is touched before. */
TESSERA_DEVICE void pdl_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
/* PDL: lets the next launch begin once all blocks of this one have come here or ended. */
TESSERA_DEVICE void pdl_launch_dependents() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}
TESSERA_DEVICE void pdl_begin() {
  pdl_wait();
  pdl_launch_dependents();
}

#if __CUDA_ARCH__ >= 900
/* Blocks of one cluster (capability 9.0): a barrier in two halves, and stores into each other's shared memory. */
TESSERA_DEVICE unsigned cluster_rank() {
  unsigned rank;
  asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
/* Says that this block has started, nothing of what it wrote: that would take half a microsecond. */
TESSERA_DEVICE void cluster_arrive_started() { asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); }
TESSERA_DEVICE void cluster_arrive() { asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory"); }
TESSERA_DEVICE void cluster_wait() { asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }
TESSERA_DEVICE void cluster_store(float4 *own, unsigned rank, float4 v) {
  unsigned local = (unsigned)__cvta_generic_to_shared(own), remote;
  asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(local), "r"(rank));
  asm volatile("st.shared::cluster.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"(remote), "f"(v.x), "f"(v.y), "f"(v.z), "f"(v.w) : "memory");
}
#endif

#endif /* TESSERA_EMULATED */

/* Whether 16-byte accesses are possible in an array whose rows have such a length. */
template <class T>
TESSERA_DEVICE bool is_whole(const T *p, int row) {
  return (size_t)p % 16 == 0 && row % (16 / (int)sizeof(T)) == 0;
}

/* The first `count` of four floats, zeros after them: how every edge is padded. Where the array is_whole() this is one access, and so
 * is count a multiple of 4; ALIGNED says so at compile time. ONCE: load_once(). */
template <bool ALIGNED, bool ONCE = false>
TESSERA_DEVICE float4 load_part(const float *p, int count, bool whole) {
  float4 v = {0, 0, 0, 0};
  if (ALIGNED || whole) {
    if (count > 0) v = ONCE ? load_once((const float4 *)p) : load_readonly((const float4 *)p);
  } else {
    if (count > 0) v.x = load_readonly(p);
    if (count > 1) v.y = load_readonly(p + 1);
    if (count > 2) v.z = load_readonly(p + 2);
    if (count > 3) v.w = load_readonly(p + 3);
  }
  return v;
}

#define TESSERA_JOIN_(a, b) a##_##b
#define TESSERA_JOIN(a, b) TESSERA_JOIN_(a, b)

TESSERA_DEVICE int divide_up(int a, int b) { return (a + b - 1) / b; }
TESSERA_DEVICE long long least(long long a, long long b) { return a < b ? a : b; }
TESSERA_DEVICE long long most(long long a, long long b) { return a > b ? a : b; }

#endif
