"""What scripts/bench cuda compares bundles with: functions (x, w, y) of row-major tensors on the GPU."""
import ctypes

import torch

NAMES = ("cublas", "cublaslt", "triton")


class CublasLt:
    """The fastest of cuBLASLt's heuristic list, for row-major matrices by way of the transposed product; sums are float32."""

    TRANSA, BATCH_COUNT, BATCH_OFFSET, MAX_WORKSPACE, FLOAT, COMPUTE_FLOAT, COMPUTE_TF32 = 3, 5, 6, 1, 0, 68, 77
    TYPES = {torch.float32: FLOAT, torch.float16: 2, torch.bfloat16: 14}
    RESULT_BYTES, ALGORITHMS, WORKSPACE = 96, 16, 64 << 20

    def __init__(self):
        self.library = None
        for name in ("libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"):
            try:
                self.library = ctypes.CDLL(name)
                break
            except OSError:
                continue
        if self.library is None:
            raise OSError("libcublasLt was not found")
        self.handle = ctypes.c_void_p()
        self.check(self.library.cublasLtCreate(ctypes.byref(self.handle)))
        self.workspace = torch.empty(self.WORKSPACE, dtype=torch.uint8, device="cuda")

    @staticmethod
    def check(status):
        if status:
            raise RuntimeError(f"cuBLASLt status {status}")

    def layout(self, dtype, rows, columns, stride, batch, offset):
        made = ctypes.c_void_p()
        self.check(self.library.cublasLtMatrixLayoutCreate(
            ctypes.byref(made), self.TYPES[dtype], ctypes.c_uint64(rows), ctypes.c_uint64(columns), ctypes.c_int64(stride)))
        if batch > 1:
            count, step = ctypes.c_int32(batch), ctypes.c_int64(offset)
            self.check(self.library.cublasLtMatrixLayoutSetAttribute(made, self.BATCH_COUNT, ctypes.byref(count), ctypes.c_size_t(4)))
            self.check(self.library.cublasLtMatrixLayoutSetAttribute(made, self.BATCH_OFFSET, ctypes.byref(step), ctypes.c_size_t(8)))
        return made

    def functions(self, b, m, n, k, second_is_nk, types, tf32):
        """A function (x, w, y) for each algorithm of the list."""
        description, preference = ctypes.c_void_p(), ctypes.c_void_p()
        self.check(self.library.cublasLtMatmulDescCreate(
            ctypes.byref(description), self.COMPUTE_TF32 if tf32 else self.COMPUTE_FLOAT, self.FLOAT))
        transposed = ctypes.c_int32(1 if second_is_nk else 0)
        self.check(self.library.cublasLtMatmulDescSetAttribute(description, self.TRANSA, ctypes.byref(transposed), ctypes.c_size_t(4)))
        taken, given = types
        first = self.layout(taken, k, n, k, b, n * k) if second_is_nk else self.layout(taken, n, k, n, b, n * k)
        second, result = self.layout(taken, k, m, k, b, m * k), self.layout(given, n, m, n, b, m * n)
        self.check(self.library.cublasLtMatmulPreferenceCreate(ctypes.byref(preference)))
        most = ctypes.c_uint64(self.WORKSPACE)
        self.check(self.library.cublasLtMatmulPreferenceSetAttribute(
            preference, self.MAX_WORKSPACE, ctypes.byref(most), ctypes.c_size_t(8)))
        found, count = ctypes.create_string_buffer(self.RESULT_BYTES * self.ALGORITHMS), ctypes.c_int()
        self.check(self.library.cublasLtMatmulAlgoGetHeuristic(
            self.handle, description, first, second, result, result, preference, self.ALGORITHMS, found, ctypes.byref(count)))
        one, zero = ctypes.c_float(1), ctypes.c_float(0)

        def function(index):
            algorithm = ctypes.create_string_buffer(found.raw[index * self.RESULT_BYTES:(index + 1) * self.RESULT_BYTES])

            def call(x, w, y):
                self.check(self.library.cublasLtMatmul(
                    self.handle, description, ctypes.byref(one), ctypes.c_void_p(w.data_ptr()), first, ctypes.c_void_p(x.data_ptr()),
                    second, ctypes.byref(zero), ctypes.c_void_p(y.data_ptr()), result, ctypes.c_void_p(y.data_ptr()), result, algorithm,
                    ctypes.c_void_p(self.workspace.data_ptr()), ctypes.c_size_t(self.WORKSPACE),
                    ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)))

            return call

        return [function(i) for i in range(count.value)]


def triton_matmul():
    """A function (x, w, y, second_is_nk, tf32) by Triton's own autotuner, with float32 sums."""
    import triton
    import triton.language as tl

    configurations = [
        triton.Config({"BM": bm, "BN": bn, "BK": bk}, num_stages=stages, num_warps=warps)
        for bm, bn, bk, stages, warps in (
            (16, 64, 32, 4, 4), (32, 32, 32, 4, 4), (32, 64, 32, 4, 4), (64, 32, 32, 4, 4), (64, 64, 16, 3, 4), (64, 64, 32, 3, 8),
            (64, 128, 16, 3, 8), (128, 64, 16, 3, 8), (128, 128, 16, 3, 8), (128, 128, 32, 3, 8),
            (64, 64, 64, 4, 4), (128, 128, 64, 4, 4), (128, 128, 64, 3, 8), (128, 256, 64, 3, 8))
    ]

    @triton.autotune(configs=configurations, key=["m", "n", "k", "nk", "precision"])
    @triton.jit
    def kernel(a, b, c, m, n, k, nk: tl.constexpr, precision: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
        tile, batch = tl.program_id(0), tl.program_id(1).to(tl.int64)
        columns = tl.cdiv(n, BN)
        rm, rn, rk = tile // columns * BM + tl.arange(0, BM), tile % columns * BN + tl.arange(0, BN), tl.arange(0, BK)
        a += batch * m * k
        b += batch * n * k
        sums = tl.zeros((BM, BN), dtype=tl.float32)
        for k0 in range(0, k, BK):
            t = k0 + rk
            x = tl.load(a + rm[:, None] * k + t[None, :], mask=(rm[:, None] < m) & (t[None, :] < k), other=0.0)
            at = rn[None, :] * k + t[:, None] if nk else t[:, None] * n + rn[None, :]
            y = tl.load(b + at, mask=(rn[None, :] < n) & (t[:, None] < k), other=0.0)
            sums = tl.dot(x, y, sums, input_precision=precision)
        tl.store(c + batch * m * n + rm[:, None] * n + rn[None, :], sums.to(c.dtype.element_ty), mask=(rm[:, None] < m) & (rn[None, :] < n))

    def call(x, w, y, second_is_nk, tf32):
        m, k, n = x.shape[-2], x.shape[-1], y.shape[-1]
        batch = x.shape[0] if x.ndim == 3 else 1
        kernel[lambda meta: (triton.cdiv(m, meta["BM"]) * triton.cdiv(n, meta["BN"]), batch)](
            x, w, y, m, n, k, second_is_nk, "tf32" if tf32 else "ieee")

    return call


class Peers:
    """Those of some peers that are found here."""

    def __init__(self, names):
        self.names = names
        self.found = {}
        for name, make in (("cublaslt", CublasLt), ("triton", triton_matmul)):
            if name in names:
                try:
                    self.found[name] = make()
                except (OSError, ImportError) as problem:
                    print(f"without {name}: {problem}")

    def functions(self, shape, second_is_nk, types, tf32):
        """For each peer the functions of which the fastest counts."""

        product = torch.mm if shape[0] == 1 else torch.bmm

        def cublas(x, w, y):
            if x.dtype == y.dtype:
                torch.matmul(x, w.transpose(-1, -2) if second_is_nk else w, out=y)
            else:
                product(x, w.transpose(-1, -2) if second_is_nk else w, out_dtype=y.dtype, out=y)

        def triton(x, w, y):
            self.found["triton"](x, w, y, second_is_nk, tf32)

        found = {}
        if "cublas" in self.names:
            found["cublas"] = [cublas]
        if "cublaslt" in self.found:
            found["cublaslt"] = self.found["cublaslt"].functions(*shape, second_is_nk, types, tf32)
        if "triton" in self.found:
            found["triton"] = [triton]
        return found
