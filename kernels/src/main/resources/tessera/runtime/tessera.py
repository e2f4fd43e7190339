"""A Tessera kernel bundle from Python, by ctypes alone: numpy arrays and torch tensors, on the device of the bundle.

    import tessera                       # this file, from the bundle's folder
    operator = tessera.Operator()        # the bundle that this file lies in, or Operator("path/to/bundle")
    y = operator(x, w)                   # shape variables follow from the arrays

    prepared = operator.prepare(w)       # constant weights, split once where the bundle's kernels take them so
    y = operator(x, prepared)

    dense = operator.torch_operator()    # the same as a torch custom operator, for torch.compile
    y = torch.compile(lambda x, w: dense(x, w).relu())(x, w)

On a GPU a call enqueues one kernel or two on torch's current stream, and may be captured in a CUDA graph.
"""
import contextlib
import ctypes
import json
import os
import re

STATUS = ("OK", "INVALID_ARGUMENT", "DEVICE_MISMATCH", "NOT_FOUND", "CORRUPT", "DEVICE_ERROR")


class TesseraError(RuntimeError):
    """A call that failed; ``status`` is the C interface's name for why."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def _load(path):
    library = ctypes.CDLL(path)
    pointer, integer, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    shape = ctypes.POINTER(ctypes.c_int64)
    for name, result, arguments in (
        ("tessera_open", integer, (text, ctypes.POINTER(pointer))),
        ("tessera_rank", integer, (pointer,)),
        ("tessera_variable", text, (pointer, integer)),
        ("tessera_select", integer, (pointer, shape)),
        ("tessera_run", integer, (pointer, shape, ctypes.POINTER(pointer), pointer, pointer)),
        ("tessera_kernel_name", text, (pointer, integer)),
        ("tessera_message", text, (integer,)),
        ("tessera_close", None, (pointer,)),
        ("tessera_set_threads", integer, (pointer, integer)),
        ("tessera_set_overlap", integer, (pointer, integer)),
        ("tessera_prepare", integer, (pointer, integer, pointer, ctypes.POINTER(pointer), pointer)),
    ):
        function = getattr(library, name, None)  # an older bundle's library lacks the newest
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


def _is_torch(array):
    return type(array).__module__.partition(".")[0] == "torch"


def _address(array, name, extents, needed, device):
    """The data pointer of a contiguous array of the given extents and type on a device of torch's name."""
    dtype = str(array.dtype).replace("torch.", "")
    if dtype != needed:
        raise TypeError(f"{name} is {dtype}; it must be {needed} for this operator")
    if tuple(array.shape) != tuple(extents):
        raise ValueError(f"{name} has shape {tuple(array.shape)}; the operator needs {tuple(extents)}")
    if _is_torch(array):
        if str(array.device) != device:
            raise ValueError(f"{name} is on {array.device}; this call runs on {device}")
        contiguous, address = array.is_contiguous(), array.data_ptr()
    elif device != "cpu":
        raise TypeError(f"{name} is a {type(array).__name__}; a bundle for {device} takes torch tensors on it")
    else:
        contiguous, address = array.flags.c_contiguous, array.ctypes.data
    if not contiguous:
        raise ValueError(f"{name} is not contiguous; pass a contiguous copy")
    return address


_TOKEN = re.compile(r"[0-9]+|[A-Za-z_][A-Za-z0-9_]*|[^ ]")
_MOST_DIGITS = 18


def evaluate(expression, values):
    """The value of integer arithmetic on shape variables, as in ``16 * (T + 1)``; division rounds down.

    An expression has integers, variables, + - * / and parentheses; ``values`` maps each variable to an integer.
    Anything else is refused by a ValueError that names its position.
    """
    return _Arithmetic(expression, values).whole()


def _variables(expression):
    return {token for token in _TOKEN.findall(expression) if _is_name(token)}


def _is_name(token):
    return token.isascii() and (token[0].isalpha() or token[0] == "_")


class _Arithmetic:
    """Recursive descent over sums, products and atoms, which computes what it reads."""

    def __init__(self, text, values):
        self._text, self._values, self._at = text, values, 0
        self._tokens = list(_TOKEN.finditer(text))

    def whole(self):
        value = self._sum()
        if self._peek() is not None:
            raise self._unexpected()
        return value

    def _sum(self):
        value = self._product()
        while self._peek() in ("+", "-"):
            value = value + self._product() if self._take() == "+" else value - self._product()
        return value

    def _product(self):
        value = self._atom()
        while self._peek() in ("*", "/"):
            value = value * self._atom() if self._take() == "*" else value // self._atom()
        return value

    def _atom(self):
        token = self._peek()
        if token == "(":
            self._take()
            value = self._sum()
            if self._peek() != ")":
                raise self._unexpected()
            self._take()
            return value
        if token in self._values:
            return self._values[self._take()]
        if token is not None and re.fullmatch("0|[1-9][0-9]*", token) and len(token) <= _MOST_DIGITS:
            return int(self._take())
        raise self._unexpected()

    def _peek(self):
        return self._tokens[self._at].group() if self._at < len(self._tokens) else None

    def _take(self):
        self._at += 1
        return self._tokens[self._at - 1].group()

    def _unexpected(self):
        known = self._at < len(self._tokens)
        what, where = (repr(self._peek()), self._tokens[self._at].start()) if known else ("the end", len(self._text))
        return ValueError(
            f"'{self._text}' has {what} at position {where + 1}; write integers of at most {_MOST_DIGITS} digits, variables, "
            "+ - * / and parentheses")


class Prepared:
    """A constant second operand that ``Operator.prepare`` made ready; it keeps the array alive."""

    def __init__(self, array, address):
        self.array, self.address = array, address
        self.shape, self.ndim = array.shape, array.ndim


class Operator:
    """The tuned operator of a bundle. Callable from several threads."""

    def __init__(self, path=None, threads=None):
        folder = os.path.abspath(path or os.path.dirname(__file__))
        self._bundle = None
        try:
            with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
                manifest = json.load(file)
            self._name, self._workload, self._kind = manifest["name"], manifest["workload"], manifest["target"]["kind"]
            self._input = self._workload["dtype"]
            self._output = self._workload.get("output") or self._input  # missing from older bundles
            self._library = _load(os.path.join(folder, "libtessera.so"))
        except FileNotFoundError as error:
            raise TesseraError("NOT_FOUND", f"{folder}: there is no bundle here ({error.filename} is missing)") from None
        except (ValueError, KeyError, OSError) as error:
            raise TesseraError("CORRUPT", f"{folder}: the bundle cannot be read ({error}); publish it again") from None
        handle = ctypes.c_void_p()
        self._check(self._library.tessera_open(folder.encode(), ctypes.byref(handle)), folder)
        self._bundle = handle
        self.variables = tuple(
            self._library.tessera_variable(handle, i).decode() for i in range(self._library.tessera_rank(handle)))
        if threads is not None:
            self.set_threads(threads)

    def _check(self, status, what):
        if status:
            raise TesseraError(STATUS[status], f"{what}: {self._library.tessera_message(status).decode()}")

    def close(self):
        if self._bundle is not None:
            self._library.tessera_close(self._bundle)
            self._bundle = None

    def set_threads(self, threads):
        self._check(self._library.tessera_set_threads(self._bundle, threads), f"threads={threads}")

    def set_overlap(self, on):
        """Whether a call's kernel may begin while the one before it on the stream ends, where the GPU can (capability 9.0 and up)."""
        if hasattr(self._library, "tessera_set_overlap"):
            self._check(self._library.tessera_set_overlap(self._bundle, int(on)), f"overlap={on}")

    def prepare(self, w):
        """The second operand, made ready once for all calls that follow on the current stream; w must not change while it is used."""
        axes = ("b",) * (self._workload["operator"] != "dense")
        axes += ("k", "n") if self._workload["operator"] == "batch_matmul_nn" else ("n", "k")
        if w.ndim != len(axes):
            raise ValueError(f"w must have {len(axes)} dimensions, not {w.ndim}")
        expressions = [self._workload["extents"].get(axis, "1") for axis in axes]
        fixed = [not any(name in _variables(text) for name in self.variables) for text in expressions]
        extents = [self._extent(axis, {}) if known else given for axis, known, given in zip(axes, fixed, w.shape)]
        device = self._device(w, "w")
        address = ctypes.c_void_p(_address(w, "w", extents, self._input, device))
        with _current(device) as stream:
            status = self._library.tessera_prepare(self._bundle, 1, address, ctypes.byref(address), stream)
        self._check(status, "prepare")
        return Prepared(w, address.value)

    def select(self, *values):
        """The name of the kernel that serves these values of the shape variables."""
        index = self._library.tessera_select(self._bundle, self._shape(values))
        if index < 0:
            raise ValueError(f"shape variables must be positive, not {values}")
        return self._library.tessera_kernel_name(self._bundle, index).decode()

    def _shape(self, values):
        if len(values) != len(self.variables):
            raise ValueError(f"the shape variables are {self.variables}; {len(values)} values were given")
        return (ctypes.c_int64 * max(1, len(values)))(*values)

    def _extent(self, axis, values):
        return evaluate(self._workload["extents"].get(axis, "1"), values)

    def _variables_from(self, extents):
        """Solves each axis whose extent is affine in one variable."""
        values = {}
        for axis, extent in extents.items():
            expression = self._workload["extents"].get(axis, "1")
            names = [name for name in self.variables if name in _variables(expression)]
            if len(names) != 1 or names[0] in values:
                continue
            zero, one = (self._extent(axis, {names[0]: v}) for v in (0, 1))
            if one != zero:
                values[names[0]] = (extent - zero) // (one - zero)
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise ValueError(f"the shape variables {missing} do not follow from the arrays; pass shape=(...)")
        return tuple(values[name] for name in self.variables)

    def __call__(self, x, w, bias=None, out=None, shape=None):
        """The operator's output; w may be ``Prepared``, and ``shape`` gives the shape variables' values where the arrays do not tell."""
        second_is_nk = self._workload["operator"] != "batch_matmul_nn"
        n_axis, k_axis = (-2, -1) if second_is_nk else (-1, -2)
        batched = self._workload["operator"] != "dense"
        if x.ndim != 2 + batched or w.ndim != 2 + batched:
            raise ValueError(f"x and w must have {2 + batched} dimensions, not {x.ndim} and {w.ndim}")
        extents = {"m": x.shape[-2], "n": w.shape[n_axis], "k": x.shape[-1]}
        if batched:
            extents["b"] = x.shape[0]
        values = tuple(shape) if shape is not None else self._variables_from(extents)
        assignment = dict(zip(self.variables, values))
        b, m, n, k = (self._extent(axis, assignment) for axis in ("b", "m", "n", "k"))
        lead = (b,) if batched else ()
        if out is None:
            out = _empty_like(x, lead + (m, n), self._output)
        device = self._device(x, "x")
        second = w.array if isinstance(w, Prepared) else w
        inputs = [
            _address(x, "x", lead + (m, k), self._input, device),
            _address(second, "w", lead + ((n, k) if second_is_nk else (k, n)), self._input, device),
        ]
        if isinstance(w, Prepared):
            inputs[1] = w.address
        if self._workload["epilogue"] != "none":
            if bias is None:
                raise ValueError(f"the epilogue is {self._workload['epilogue']}; pass bias")
            inputs.append(_address(bias, "bias", (n,), self._output, device))
        elif bias is not None:
            raise ValueError("the operator has no bias; leave it out")
        pointers = (ctypes.c_void_p * len(inputs))(*inputs)
        result = _address(out, "out", lead + (m, n), self._output, device)
        with _current(device) as stream:
            status = self._library.tessera_run(self._bundle, self._shape(values), pointers, result, stream)
        self._check(status, f"shape {assignment}")
        return out

    def _device(self, x, name):
        """Where a call on an array runs, by torch's name."""
        if self._kind == "cpu":
            return "cpu"
        if not _is_torch(x) or x.device.type != "cuda":
            where = x.device if _is_torch(x) else type(x).__name__
            raise ValueError(f"{name} is on {where}; this bundle takes torch tensors on a cuda device")
        return str(x.device)

    def torch_operator(self, name=None):
        """A torch custom operator: operator(x, w) or, where the epilogue has a bias, operator(x, w, bias).

        ``name`` is its name in torch, unique in a process; by default ``tessera::`` and the workload's name.
        """
        import torch

        last = -2 if self._workload["operator"] != "batch_matmul_nn" else -1

        def shaped(x, w):
            return _empty_like(x, tuple(x.shape[:-1]) + (w.shape[last],), self._output)

        if self._workload["epilogue"] != "none":

            def call(x: torch.Tensor, w: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
                return self(x, w, bias)

            def fake(x, w, bias):
                return shaped(x, w)
        else:

            def call(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
                return self(x, w)

            def fake(x, w):
                return shaped(x, w)

        name = name or "tessera::" + "".join(c if c.isalnum() else "_" for c in self._name)
        operator = torch.library.custom_op(name, call, mutates_args=())
        operator.register_fake(fake)
        return operator


@contextlib.contextmanager
def _current(device):
    """Makes a device current and yields the handle of its stream; None on the CPU."""
    if device == "cpu":
        yield None
        return
    import torch

    with torch.cuda.device(device):
        yield torch.cuda.current_stream().cuda_stream


def _empty_like(array, extents, dtype):
    if _is_torch(array):
        import torch

        return array.new_empty(extents, dtype=getattr(torch, dtype))
    import numpy

    return numpy.empty(extents, dtype)
