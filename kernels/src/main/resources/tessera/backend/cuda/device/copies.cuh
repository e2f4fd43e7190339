/* Asynchronous copies from global to shared memory, of capability 8.0: all their inline PTX is here. */
#ifndef TESSERA_COPIES_CUH
#define TESSERA_COPIES_CUH

#ifndef TESSERA_EMULATED
TESSERA_DEVICE unsigned shared_address(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }

/* 16 bytes, the first `bytes` of them from global memory and zeros after them; both aligned to 16. */
TESSERA_DEVICE void copy_async(void *to, const void *from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
/* The same with 4 bytes, aligned to 4. */
TESSERA_DEVICE void copy_async_word(void *to, const void *from, int bytes) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
/* Both, where at < left. A branch would not do: the compiler then forms each address anew behind it; nor a truth value, which would take
 * a register for each copy of a loop. */
TESSERA_DEVICE void copy_async_below(int at, int left, void *to, const void *from, int bytes) {
  asm volatile("{\n.reg .pred p;\nsetp.lt.s32 p, %3, %4;\n@p cp.async.cg.shared.global [%0], [%1], 16, %2;\n}" ::"r"(shared_address(to)), "l"(from), "r"(bytes), "r"(at), "r"(left) : "memory");
}
TESSERA_DEVICE void copy_async_word_below(int at, int left, void *to, const void *from, int bytes) {
  asm volatile("{\n.reg .pred p;\nsetp.lt.s32 p, %3, %4;\n@p cp.async.ca.shared.global [%0], [%1], 4, %2;\n}" ::"r"(shared_address(to)), "l"(from), "r"(bytes), "r"(at), "r"(left) : "memory");
}
TESSERA_DEVICE void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/* Waits until at most PENDING of the groups that this thread committed are under way. */
template <int PENDING>
TESSERA_DEVICE void copies_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}
#endif

#endif
