/* Runs a CUDA template on the CPU, so that its indices, edges and barriers can be tested without a GPU. Each CUDA thread is a
 * coroutine; blocks run one after another in the order of their numbers, those of a cluster together. What it cannot show: races
 * between barriers, memory ordering between blocks, alignment faults of types, and speed. */
#pragma once
#define TESSERA_EMULATED

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

struct alignas(16) float4 {
  float x, y, z, w;
};
struct dim3 {
  unsigned x, y, z;
};

namespace emulator {

[[noreturn]] inline void fail(const char *why) {
  printf("%s\n", why);
  exit(1);
}

struct Barrier {
  int size, waiting, turn;
};

struct Block;

struct Thread {
  ucontext_t context; /* to start it; later turns are jumps, which cost no system call */
  jmp_buf at;
  bool started;
  char *stack;
  dim3 index;
  Block *block;
  bool done;
  std::vector<std::function<void()>> copies;               /* asynchronous ones that are not committed yet */
  std::vector<std::vector<std::function<void()>>> groups; /* those that are, not waited for yet */
};

struct Block {
  dim3 index;
  std::vector<float> shared;
  Barrier barrier;
  Barrier *cluster;
  int rank;
  std::vector<Block *> *peers;
  std::vector<std::unique_ptr<Thread>> threads;
  std::vector<Barrier> warps;
  Barrier named[16];
  std::vector<float> exchange;
};

inline Thread *current;
inline jmp_buf scheduler;
inline std::function<void()> *body;
inline dim3 grid, block;

inline void yield() {
  if (!_setjmp(current->at)) _longjmp(scheduler, 1);
}

inline void resume(Thread *thread) {
  current = thread;
  if (_setjmp(scheduler)) return;
  if (thread->started) _longjmp(thread->at, 1);
  thread->started = true;
  setcontext(&thread->context);
}

inline void arrive(Barrier &b) {
  if (++b.waiting == b.size) b.waiting = 0, b.turn++;
}

/* One that ends is waited for no longer. */
inline void leave(Barrier &b) {
  b.size--;
  if (b.size > 0 && b.waiting == b.size) b.waiting = 0, b.turn++;
}

inline void wait(Barrier &b, int turn) {
  while (b.turn == turn) yield();
}

inline void named_barrier_sync(Barrier &b) {
  const int turn = b.turn;
  arrive(b);
  wait(b, turn);
}

inline void enter() {
  (*body)();
  current->done = true;
  leave(*current->block->cluster);
  yield();
}

/* Runs all threads of some blocks in turns until they end. */
inline void run(std::vector<Block *> &blocks) {
  size_t left = 0;
  for (Block *block : blocks) left += block->threads.size();
  for (long turns = 0; left > 0; turns++) {
    if (turns > 10000000) fail("the threads wait for each other for ever");
    for (Block *block : blocks)
      for (auto &thread : block->threads) {
        if (thread->done) continue;
        resume(thread.get());
        if (thread->done) left--;
      }
  }
}

constexpr size_t STACK = 64 << 10;

/* Stacks for so many threads; later blocks use those of earlier ones. */
inline char *stacks(int threads) {
  static std::vector<char> memory;
  if (memory.size() < threads * STACK) memory.resize(threads * STACK);
  return memory.data();
}

/* A launch: `blocks` blocks of `threads` threads with `shared` floats, `together` blocks a cluster. */
inline void launch(int blocks, int threads, int shared, int together, std::function<void()> kernel) {
  body = &kernel;
  grid = {(unsigned)blocks, 1, 1};
  block = {(unsigned)threads, 1, 1};
  for (int first = 0; first < blocks; first += together) {
    std::vector<std::unique_ptr<Block>> owned;
    std::vector<Block *> cluster;
    Barrier meeting = {threads * together, 0, 0};
    for (int r = 0; r < together; r++) {
      auto block = std::make_unique<Block>();
      block->index = {(unsigned)(first + r), 0, 0};
      block->shared.assign(shared + 256, NAN);
      block->barrier = {threads, 0, 0};
      block->cluster = &meeting;
      block->rank = r;
      block->peers = &cluster;
      block->warps.assign((threads + 31) / 32, {32, 0, 0});
      for (Barrier &named : block->named) named = {0, 0, 0};
      block->exchange.assign(threads, 0);
      for (int t = 0; t < threads; t++) {
        auto thread = std::make_unique<Thread>();
        thread->stack = stacks(together * threads) + (size_t)(r * threads + t) * STACK;
        thread->index = {(unsigned)t, 0, 0};
        thread->block = block.get();
        thread->started = thread->done = false;
        getcontext(&thread->context);
        thread->context.uc_stack.ss_sp = thread->stack;
        thread->context.uc_stack.ss_size = STACK;
        thread->context.uc_link = nullptr;
        makecontext(&thread->context, (void (*)())enter, 0);
        block->threads.push_back(std::move(thread));
      }
      cluster.push_back(block.get());
      owned.push_back(std::move(block));
    }
    run(cluster);
  }
}

/* As TESSERA_SHARED aligns it. */
inline float *aligned(float *p) { return p + (1024 - (size_t)p % 1024) % 1024 / 4; }
inline float *shared_memory() { return aligned(current->block->shared.data()); }

}  // namespace emulator

#define threadIdx (emulator::current->index)
#define blockIdx (emulator::current->block->index)
#define gridDim (emulator::grid)
#define blockDim (emulator::block)
#define __syncthreads() emulator::named_barrier_sync(emulator::current->block->barrier)
#define __syncwarp() emulator::named_barrier_sync(emulator::current->block->warps[threadIdx.x / 32])
#define __threadfence() ((void)0)
#define __launch_bounds__(...)
#define __cluster_dims__(...)
#define TESSERA_DEVICE static inline
#define TESSERA_DEVICE_MEMBER inline
#define TESSERA_KERNEL static
#define TESSERA_SHARED(name) float *name = emulator::shared_memory()
#define TESSERA_UNROLL
#define TESSERA_UNROLL_BY(n)

TESSERA_DEVICE float4 load_uncached(const float4 *p) { return *p; }
TESSERA_DEVICE float4 load_readonly(const float4 *p) {
  if ((size_t)p % 16) emulator::fail("a 16-byte load is not aligned");
  return *p;
}
TESSERA_DEVICE float4 load_once(const float4 *p) { return load_readonly(p); }
TESSERA_DEVICE float load_readonly(const float *p) { return *p; }
TESSERA_DEVICE unsigned load_readonly(const unsigned *p) {
  if ((size_t)p % 4) emulator::fail("a 4-byte load is not aligned");
  return *p;
}
TESSERA_DEVICE unsigned short load_readonly(const unsigned short *p) { return *p; }
TESSERA_DEVICE void store_vector(float *p, float4 v) {
  if ((size_t)p % 16) emulator::fail("a 16-byte store is not aligned");
  *(float4 *)p = v;
}
TESSERA_DEVICE void flag_raise(unsigned *flag) {
  if (*flag) emulator::fail("a flag is raised twice");
  *flag = 1;
}
TESSERA_DEVICE void flag_lower(unsigned *flag) { *flag = 0; }
TESSERA_DEVICE void flag_await(const unsigned *flag) {
  if (!*flag) emulator::fail("a block waits for one that has not started before it");
}
TESSERA_DEVICE void pdl_wait() {}
TESSERA_DEVICE void pdl_launch_dependents() {}
TESSERA_DEVICE void pdl_begin() {}
TESSERA_DEVICE void keep_least(unsigned long long *kept, unsigned long long x) {
  if (x < *kept) *kept = x;
}
TESSERA_DEVICE long long clock_nanos() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1000000000ll * t.tv_sec + t.tv_nsec;
}
TESSERA_DEVICE long long clock_ticks() { return clock_nanos(); } /* 1 GHz */
/* What all lanes of the warp hold. */
TESSERA_DEVICE std::vector<float> held_by_warp(float x) {
  emulator::Block *block = emulator::current->block;
  const unsigned t = threadIdx.x, first = t / 32 * 32;
  block->exchange[t] = x;
  emulator::named_barrier_sync(block->warps[t / 32]);
  std::vector<float> held(block->exchange.begin() + first, block->exchange.begin() + first + 32);
  emulator::named_barrier_sync(block->warps[t / 32]);
  return held;
}
TESSERA_DEVICE float sum_over_warp(float x) {
  float sum = 0;
  for (float other : held_by_warp(x)) sum += other;
  return sum;
}
TESSERA_DEVICE unsigned bits_of(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits;
}
TESSERA_DEVICE float float_of(unsigned bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}
TESSERA_DEVICE unsigned most_over_warp(unsigned x) {
  unsigned most = 0;
  for (float other : held_by_warp(float_of(x))) most = bits_of(other) > most ? bits_of(other) : most;
  return most;
}
TESSERA_DEVICE unsigned lanes_with(bool x) {
  unsigned lanes = 0;
  int lane = 0;
  for (float other : held_by_warp(x)) lanes |= (unsigned)(other != 0) << lane++;
  return lanes;
}
TESSERA_DEVICE unsigned cluster_rank() { return (unsigned)emulator::current->block->rank; }
TESSERA_DEVICE int &cluster_turn() {
  static std::vector<int> turns(1 << 16);
  return turns[emulator::current->block->rank * 2048 + threadIdx.x];
}
TESSERA_DEVICE void cluster_arrive() {
  cluster_turn() = emulator::current->block->cluster->turn;
  emulator::arrive(*emulator::current->block->cluster);
}
TESSERA_DEVICE void cluster_arrive_started() { cluster_arrive(); }
TESSERA_DEVICE void cluster_wait() { emulator::wait(*emulator::current->block->cluster, cluster_turn()); }
TESSERA_DEVICE void cluster_store(float4 *own, unsigned rank, float4 v) {
  emulator::Block *block = emulator::current->block, *peer = (*block->peers)[rank];
  const long offset = (float *)own - emulator::shared_memory();
  float *base = emulator::aligned(peer->shared.data());
  if (offset < 0 || offset + 4 > (long)block->shared.size()) emulator::fail("a store leaves the peer's shared memory");
  *(float4 *)(base + offset) = v;
}

#include "emulator_matrix.h"
#include "emulator_hopper.h"
