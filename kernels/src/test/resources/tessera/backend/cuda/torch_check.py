"""Uses a CUDA bundle (m = M, n = N, k fixed, with a bias) from PyTorch as its users would. Prints "right", or raises."""
import sys

sys.path.insert(0, sys.argv[1])
import tessera
import torch

operator = tessera.Operator()
dense = operator.torch_operator()
device = torch.device("cuda")
K = int(operator._workload["extents"]["k"])
INPUT, OUTPUT = (getattr(torch, name) for name in (operator.operands[0].dtype, operator.operands[-1].dtype))
ROUNDED = {torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 8e-3}[OUTPUT]
if operator._workload["precision"] == "tf32":
    ROUNDED = 2e-3


def operands(m, n, shift=0):
    def one(dtype, *extents):
        count = 1
        for extent in extents:
            count *= extent
        return torch.randn(count + shift, device=device).to(dtype)[shift:].view(extents)

    return one(INPUT, m, K), one(INPUT, n, K), one(OUTPUT, n)


def check(y, x, w, bias):
    exact = x.double() @ w.double().T + bias.double()
    torch.testing.assert_close(y.double(), exact, rtol=ROUNDED, atol=10 * ROUNDED)


for m in (1, 4, 5, 33, 40, 41, 100):
    for n in (64, 61):
        for shift in (0, 1):
            x, w, bias = operands(m, n, shift)
            out = torch.full((m, n), float("nan"), device=device, dtype=OUTPUT)
            assert operator(x, w, bias, out=out) is out
            check(out, x, w, bias)

# infinities, NaN, denormals and overflow as in cuBLAS
x, w, bias = operands(37, 64)
x[0, 0], x[1, 1], x[2] = float("inf"), float("nan"), torch.finfo(INPUT).smallest_normal / 4
x[3], w[0] = 200, 200
torch.backends.cuda.matmul.allow_tf32 = operator._workload["precision"] == "tf32"
y, theirs = operator(x, w, bias), x.to(OUTPUT) @ w.to(OUTPUT).T + bias
assert torch.equal(torch.isnan(y), torch.isnan(theirs)) and torch.equal(torch.isinf(y), torch.isinf(theirs))
torch.testing.assert_close(y[2:4], theirs[2:4], rtol=4 * ROUNDED, atol=40 * ROUNDED)

x, w, bias = operands(37, 64)
stream = torch.cuda.Stream()
stream.wait_stream(torch.cuda.current_stream())
with torch.cuda.stream(stream):
    check(operator(x, w, bias), x, w, bias)

graph = torch.cuda.CUDAGraph()
out = torch.full((37, 64), float("nan"), device=device, dtype=OUTPUT)
with torch.cuda.graph(graph):
    operator(x, w, bias, out=out)
out.fill_(float("nan"))
x.normal_()
graph.replay()
check(out, x, w, bias)

operator.set_overlap(True)
for m in (1, 4, 5, 33, 40, 41, 100):
    x, w, bias = operands(m, 64)
    chain = [torch.full((m, 64), float("nan"), device=device, dtype=OUTPUT) for _ in range(8)]
    for out in chain:
        operator(x, w, bias, out=out)
    for out in chain:
        check(out, x, w, bias)
operator.set_overlap(False)

compiled = torch.compile(lambda x, w, bias: dense(x * 2, w, bias).float() + 1, dynamic=True)
for m in (3, 37, 50):
    x, w, bias = operands(m, 64)
    check(compiled(x, w, bias) - 1, x * 2, w, bias)
torch.library.opcheck(dense, operands(37, 64), test_utils=("test_schema", "test_faketensor"))

for wrong, error in (
    (lambda: operator(x.double(), w, bias), TypeError),
    (lambda: operator(x.cpu(), w, bias), ValueError),
    (lambda: operator(x, w[:, : K - 1], bias), ValueError),
    (lambda: operator(x, w), ValueError),
):
    try:
        wrong()
    except error as sentence:
        assert str(sentence), "an error without a sentence"
    else:
        raise AssertionError(f"no {error.__name__}")
print("right")
