"""A Tessera kernel bundle from Python, by ctypes alone: numpy arrays and torch tensors, on the device of the bundle.

    import tessera                       # this file, from the bundle's folder
    operator = tessera.Operator()        # the bundle that this file lies in, or Operator("path/to/bundle")
    y = operator(x, w)                   # shape variables follow from the arrays
    y = operator(T=7, x=x, w=w)          # operands and shape variables by name, as manifest.json lists them
    operator.shapes(T=7)                 # the shape of each operand by its name

    prepared = operator.prepare(w)       # constant weights, packed or split once where the bundle's kernels take them so
    y = operator(x, prepared)

    operator.count()                     # calls by their shapes, from now on
    operator.counts("calls.csv")         # as a trace for tessera drift

    dense = operator.torch_operator()    # the same as a torch custom operator, for torch.compile
    y = torch.compile(lambda x, w: dense(x, w).relu())(x, w)

    operator = tessera.Operator(path, trust="publisher.pub")     # refused where it is not signed by that Ed25519 key

Every file is held to its SHA-256 before anything is loaded. What this cannot check is this file, which Python has loaded by then: a module
from elsewhere, such as the one of a checkout, checks a bundle that came from others: ``python3 tessera.py verify path --trust publisher.pub``.

On a GPU a call enqueues one kernel or two on torch's current stream, and may be captured in a CUDA graph.
"""
import contextlib
import ctypes
import fcntl
import hashlib
import json
import math
import os
import re
import stat
import sys
import weakref

STATUS = ("OK", "INVALID_ARGUMENT", "DEVICE_MISMATCH", "NOT_FOUND", "CORRUPT", "DEVICE_ERROR", "NOT_WRITTEN")


class TesseraError(RuntimeError):
    """A call that failed; ``status`` is the C interface's name for why."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class _Checked:
    """A bundle's folder, whose files are held to the SHA-256 that SHA256SUMS gives for each."""

    SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
    _LINE = re.compile(rb"([0-9a-f]{64})  ([^\n]*)\n")
    _NAME = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*){0,3}")  # none leads out of the folder
    _CODE = re.compile(r".*\.(so(\..*)?|pyc?|pth|pyd)", re.DOTALL)  # what Python and the loader find by the name alone
    _COMPILED_MODULE = re.compile(r"__pycache__/tessera\.[^/]*")  # which Python itself writes
    _MOST_SUMS, _MOST_NAME = 1 << 22, 240

    def __init__(self, folder, trust):
        self.folder, self._place = folder, os.path.realpath(folder)
        try:
            sums = self._read(self.SUMS, self._MOST_SUMS)
        except FileNotFoundError as error:
            raise TesseraError("NOT_FOUND", f"{folder}: there is no bundle here ({error.filename} is missing)") from None
        if trust is not None:
            self._check_signature(sums, trust)
        self.sums = self._parse(sums)

    def corrupt(self, what):
        return TesseraError("CORRUPT", f"{self.folder}: the bundle cannot be read ({what}); publish it again")

    def _parse(self, text):
        sums, end = {}, 0
        for line in self._LINE.finditer(text):
            digest, name = line.groups()
            if line.start() != end or name.decode("latin-1") in sums:
                raise self.corrupt(f"{self.SUMS} is no list of checksums")
            if len(name) > self._MOST_NAME or not self._NAME.fullmatch(name):
                raise self.corrupt(f"it lists the name {ascii(name[:100].decode('latin-1'))}, which is not one of a bundle's file")
            sums[name.decode()], end = digest.decode(), line.end()
        if end != len(text) or not sums:
            raise self.corrupt(f"{self.SUMS} is no list of checksums")
        return sums

    def _check_signature(self, sums, trust):
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.serialization import load_pem_public_key
        except ImportError:
            raise TesseraError(
                "INVALID_ARGUMENT",
                "trust needs the package cryptography (pip install cryptography); scripts/tessera verify BUNDLE --trust PUBKEYFILE needs nothing") from None
        try:
            with open(trust, "rb") as file:
                key = load_pem_public_key(file.read(1 << 16))
        except (OSError, ValueError) as error:
            raise TesseraError("INVALID_ARGUMENT", f"{trust} is no file with a public key in PEM ({error})") from None
        try:
            signature = self._read(self.SIGNATURE, 64)
            key.verify(signature, sums)
        except FileNotFoundError:
            raise TesseraError("CORRUPT", f"{self.folder} is not signed (it has no {self.SIGNATURE}); publish it with --sign-key") from None
        except (InvalidSignature, TypeError, AttributeError):
            raise TesseraError("CORRUPT", f"{self.folder} is not signed by the key of {trust}; do not use it") from None

    def _open(self, name):
        path = self._place
        for part in name.split("/"):
            path = os.path.join(path, part)
            if os.path.islink(path):
                raise self.corrupt(f"{name} is reached by a link")
        # a pipe must not be waited for
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise self.corrupt(f"{name} is no plain file")
        return file

    def _read(self, name, most):
        with self._open(name) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise self.corrupt(f"{name} has more than {most} bytes")
        return content

    def bytes(self, name, most):
        """A file's content, as it was published."""
        if name not in self.sums:
            raise self.corrupt(f"{self.SUMS} does not list {name}")
        content = self._read(name, most)
        if hashlib.sha256(content).hexdigest() != self.sums[name]:
            raise self.corrupt(f"{name} was changed since it was published")
        return content

    def check(self, imported):
        """Every file that is listed, and that nothing beside them is a link or would be taken for code."""
        for name, digest in self.sums.items():
            actual = hashlib.sha256()
            with self._open(name) as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    actual.update(block)
            if actual.hexdigest() != digest:
                raise self.corrupt(f"{name} was changed since it was published")
        for at, folders, files in os.walk(self._place):
            for name in (os.path.relpath(os.path.join(at, file), self._place) for file in folders + files):
                if os.path.islink(os.path.join(self._place, name)) or self._is_stranger(name, imported):
                    raise self.corrupt(f"{ascii(name)} was not published with it and could be loaded; remove it")

    def _is_stranger(self, name, imported):
        known = name in self.sums or imported and self._COMPILED_MODULE.fullmatch(name)
        return self._CODE.fullmatch(name) and not known


_MOST_JSON, _MOST_LIBRARY = 1 << 24, 1 << 30


def _json(content):
    """A record of which no name is given twice, and no integer is longer than any that is meant."""

    def integer(text):
        if len(text) > 20:
            raise ValueError("an integer has more than 20 digits")
        return int(text)

    def record(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name is given twice")
        return dict(pairs)

    return json.loads(content.decode("utf-8"), parse_int=integer, object_pairs_hook=record)


def _checked(folder, trust, imported=True):
    """A bundle whose files are all as they were published, and its manifest; imported: Python may have compiled its module."""
    try:
        files = _Checked(folder, trust)
        files.check(imported)
        manifest = _json(files.bytes("manifest.json", _MOST_JSON))
        if manifest["schemaVersion"] > SCHEMA_VERSION:
            raise TesseraError("INVALID_ARGUMENT", f"{folder}: the bundle is newer than this module; import the tessera.py in its folder")
        listed = {name: entry["sha256"] for name, entry in manifest["files"].items()} if manifest["schemaVersion"] >= 5 else None
        if listed is not None and {**listed, "manifest.json": files.sums["manifest.json"]} != files.sums:
            raise files.corrupt("its manifest lists other files than its checksums do")
        return files, manifest
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise TesseraError("CORRUPT", f"{folder}: the bundle cannot be read ({error}); publish it again") from None


_SEALED = {}  # paths by content: a second copy in this process would have threads and memory of its own


def _sealed(content):
    """A path at which this process can load a library from memory that nothing can change any more."""
    digest = hashlib.sha256(content).digest()
    if digest not in _SEALED:
        system = ctypes.CDLL(None, use_errno=True)
        memory = system.memfd_create(b"libtessera.so", 3)  # closed on exec, may be sealed
        if memory < 0:
            raise OSError(ctypes.get_errno(), "memory for the library is refused: " + os.strerror(ctypes.get_errno()))
        with os.fdopen(os.dup(memory), "wb") as file:
            file.write(content)
        fcntl.fcntl(memory, 1033, 0xF)  # no more seals, shrinking, growing and writing
        _SEALED[digest] = f"/proc/self/fd/{memory}"  # which stays open: the loader knows a library by this name
    return _SEALED[digest]


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
        ("tessera_count", integer, (pointer, integer)),
        ("tessera_counts", integer, (pointer, text)),
        ("tessera_prepare", integer, (pointer, integer, pointer, ctypes.POINTER(pointer), pointer)),
    ):
        function = getattr(library, name, None)  # an older bundle's library lacks the newest
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


def _is_torch(array):
    return type(array).__module__.partition(".")[0] == "torch"


def _data_pointer(array):
    return array.data_ptr() if _is_torch(array) else array.ctypes.data


def _address(array, name, extents, needed, device):
    """The data pointer of a contiguous array of the given extents and type on a device of torch's name."""
    dtype = str(array.dtype).replace("torch.", "")
    if dtype != needed:
        raise TypeError(f"{name} is {dtype}; it must be {needed} for this operator")
    if tuple(array.shape) != extents:
        raise ValueError(f"{name} has shape {tuple(array.shape)}; the operator needs {extents}")
    if _is_torch(array):
        if str(array.device) != device:
            raise ValueError(f"{name} is on {array.device}; this call runs on {device}")
        contiguous = array.is_contiguous()
    elif device != "cpu":
        raise TypeError(f"{name} is a {type(array).__name__}; a bundle for {device} takes torch tensors on it")
    else:
        contiguous = array.flags.c_contiguous
    if not contiguous:
        raise ValueError(f"{name} is not contiguous; pass a contiguous copy")
    return _data_pointer(array)


def _constant_owner(array):
    """The numpy array that holds an array's elements, where neither of them can be written; else None."""
    while hasattr(array, "flags") and not array.flags.writeable:
        if array.base is None or isinstance(array.base, bytes):
            return array
        array = array.base
    return None


def _check_writable(array, name):
    if not _is_torch(array) and not array.flags.writeable:
        raise ValueError(f"{name} is read-only; pass an array that may be written")


_TOKEN = re.compile(r"[0-9]+|[A-Za-z_][A-Za-z0-9_]*|[^ ]")
_MOST_DIGITS = 18


def evaluate(expression, values):
    """The value of integer arithmetic on shape variables, as in ``16 * (T + 1)``; division rounds down.

    An expression has integers, variables, + - * / and parentheses; ``values`` maps each variable to an integer.
    Anything else is refused by a ValueError that names its position.
    """
    try:
        return _Arithmetic(expression, values).whole()
    except RecursionError:
        raise ValueError(f"'{expression[:100]}' has too many parentheses") from None


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


def _whole(name, value):
    if not hasattr(value, "__index__"):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return value.__index__()


def _variable(name, value):
    whole = _whole(name, value)
    if not 0 < whole < 1 << 63:
        raise ValueError(f"{name} is {whole}; it must be positive and less than 2^63")
    return whole


class Prepared:
    """A constant operand that ``Operator.prepare`` made ready for calls of that operator; it keeps the array alive."""

    def __init__(self, operator, name, array, address):
        self.operator, self.name, self.array, self.address = operator, name, array, address
        self.shape, self.ndim = array.shape, array.ndim


class _Extent:
    """An extent of an operand, as an expression of the shape variables."""

    _SOME = (2, 3, 10**15 + 7)

    def __init__(self, text):
        self._text, names = text, sorted(_variables(text))
        self.fixed = None if names else evaluate(text, {})
        self.line = self._line(names[0]) if len(names) == 1 else None

    def of(self, values):
        if self.fixed is not None:
            return self.fixed
        if self.line:
            name, zero, step = self.line
            return zero + step * values[name]
        return evaluate(self._text, values)

    def _line(self, name):
        """The variable, the extent where it is 0 and the step with it; None where the extent is not affine in it."""
        try:
            zero, one, *others = (evaluate(self._text, {name: value}) for value in (0, 1, *self._SOME))
        except ZeroDivisionError:
            return None
        affine = all(other == zero + (one - zero) * value for value, other in zip(self._SOME, others))
        return (name, zero, one - zero) if affine else None


_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


class Operand:
    """What a call takes or writes: its name, role ("input", "weight" or "output"), dtype and axes, outermost first."""

    def __init__(self, entry):
        self.name, self.role, self.dtype, self.axes = entry["name"], entry["role"], entry["dtype"], tuple(entry["axes"])
        self.extents = [_Extent(text) for text in entry["shape"]]

    def shape(self, values):
        try:
            return tuple(extent.of(values) for extent in self.extents)
        except ZeroDivisionError:
            raise TesseraError("INVALID_ARGUMENT", f"{self.name}: the shape variables {values} make an extent divide by zero") from None

    def bytes(self, values):
        """Its size for values of the shape variables by name."""
        return _BYTES[self.dtype] * math.prod(self.shape(values))

    def check_rank(self, array):
        if not hasattr(array, "ndim"):
            raise TypeError(f"{self.name} is a {type(array).__name__}; it must be a numpy array or a torch tensor")
        if array.ndim != len(self.extents):
            raise ValueError(f"{self.name} must have {len(self.extents)} dimensions, not {array.ndim}")


SCHEMA_VERSION = 8  # of manifests, the newest that this module reads


class Operator:
    """The tuned operator of a bundle. Callable from several threads.

    ``trust`` is a file with a public Ed25519 key in PEM: a bundle that was not signed by it is refused before anything of it is loaded.
    """

    def __init__(self, path=None, threads=None, trust=None):
        folder = os.path.abspath(path or os.path.dirname(__file__))
        self._bundle = None
        self._constants = {}  # owners of numpy arrays by the arrays' addresses, with the addresses of what stands in for these
        self._kept = {}  # tensors of modules by their addresses, with their versions and what stands in for them
        files, manifest = _checked(folder, trust)
        try:
            self._name, self._workload, self._kind = manifest["name"], manifest["workload"], manifest["target"]["kind"]
            self._packs = manifest.get("preparedBytes", 0) > 0  # as bundles for CPUs may
            if "operands" not in self._workload:
                raise TesseraError("INVALID_ARGUMENT", f"{folder}: the bundle is older than this module; import the tessera.py in its folder")
            self.operands = tuple(Operand(entry) for entry in self._workload["operands"])
            self._library = _load(_sealed(files.bytes("libtessera.so", _MOST_LIBRARY)))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
            raise TesseraError("CORRUPT", f"{folder}: the bundle cannot be read ({error}); publish it again") from None
        handle = ctypes.c_void_p()
        # the bundle that is embedded in the library; by its path it would be read once more
        self._check(self._library.tessera_open(None, ctypes.byref(handle)), folder)
        self._bundle = handle
        self._inputs, self._output = self.operands[:-1], self.operands[-1]
        self.variables = tuple(
            self._library.tessera_variable(handle, i).decode() for i in range(self._library.tessera_rank(handle)))
        if threads is not None:
            self.set_threads(threads)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def _handle(self):
        if self._bundle is None:
            raise ValueError(f"the operator of {self._name} is closed; open the bundle again")
        return self._bundle

    def _check(self, status, what):
        if status:
            raise TesseraError(STATUS[status], f"{what}: {self._library.tessera_message(status).decode(errors='replace')}")

    def close(self):
        if self._bundle is not None:
            self._library.tessera_close(self._bundle)
            self._bundle = None
            self._constants.clear()
            self._kept.clear()

    def set_threads(self, threads):
        self._check(self._library.tessera_set_threads(self._handle, _whole("threads", threads)), f"threads={threads}")

    def set_overlap(self, on):
        """Whether a call's kernel may begin while the one before it on the stream ends, where the GPU can (capability 9.0 and up)."""
        if hasattr(self._library, "tessera_set_overlap"):
            self._check(self._library.tessera_set_overlap(self._handle, int(on)), f"overlap={on}")

    def count(self, on=True):
        """Counts the calls that succeed by their shapes, from now on or no longer; what was counted stays. Off by default."""
        self._check(self._counting("tessera_count")(self._handle, int(on)), f"count({on})")

    def counts(self, path):
        """Writes how often each shape was called since counting began, as the trace that tessera drift and tessera tune --trace read.

        The file is CSV with a column for each shape variable and one named calls; it appears whole or not at all.
        """
        self._check(self._counting("tessera_counts")(self._handle, os.fsencode(path)), "counts")

    def _counting(self, name):
        function = getattr(self._library, name, None)
        if function is None:
            raise TesseraError(
                "NOT_FOUND", f"this bundle of {self._name} was published before bundles could count calls; publish it again")
        return function

    def prepare(self, array=None, **named):
        """An operand, made ready once for all calls that follow on the current stream; the array must not change while it is used.

        Without a name it is the second operand: ``prepare(w)`` is ``prepare(w=w)``. A second operand that is a read-only numpy array, as is
        what it is a view of (``flags.writeable`` False), is prepared by the first call that takes it. Where it changes all the same, since
        it was made writable again or by a view that was taken before, it is to be prepared again by this method.
        """
        if array is not None:
            named[self._inputs[1].name] = array
        if len(named) != 1:
            raise ValueError(f"prepare takes one operand, not {len(named)}")
        (name, array), = named.items()
        index = self._index(name)
        operand = self._inputs[index]
        if isinstance(array, Prepared):
            raise TypeError(f"{name} is prepared already; give the array")
        operand.check_rank(array)
        extents = tuple(given if extent.fixed is None else extent.fixed for extent, given in zip(operand.extents, array.shape))
        device = self._device(array, name)
        address = ctypes.c_void_p(_address(array, name, extents, operand.dtype, device))
        with _current(device) as stream:
            status = self._library.tessera_prepare(self._handle, index, address, ctypes.byref(address), stream)
        self._check(status, "prepare")
        return Prepared(self, name, array, address.value)

    def _constant(self, array, address):
        """The address of what stands in for a second operand: its packed form where it is constant and kernels read it so."""
        owner = _constant_owner(array) if self._packs else None
        if owner is None:
            return address
        known = self._constants.get(address)
        if known is None or known[0]() is not owner:
            constants = self._constants
            known = weakref.ref(owner, lambda _: constants.pop(address, None)), self.prepare(array).address
            constants[address] = known
        return known[1]

    def _keep(self, tensor):
        """Prepares a module's weights, and again in a call that finds them changed."""
        prepared = self.prepare(tensor)
        if tensor.is_cuda:
            _synchronize(tensor.device)  # so that calls on any stream may read it
        self._kept[tensor.data_ptr()] = weakref.ref(tensor), _version(tensor), prepared.address

    def _stand_in(self, tensor):
        """What is to be read in place of a tensor: it, or what was prepared of it for a module."""
        reference, version, address = self._kept.get(tensor.data_ptr(), (lambda: None, 0, None))
        kept = reference()
        if kept is None or kept.data_ptr() != tensor.data_ptr() or kept.shape != tensor.shape:
            return tensor
        if _version(tensor) != version:
            if tensor.is_cuda and _is_capturing():
                return tensor  # what a graph will do later must not be taken for done
            self._keep(kept)
            address = self._kept[tensor.data_ptr()][2]
        return Prepared(self, self._inputs[1].name, tensor, address)

    def _index(self, name):
        for index, operand in enumerate(self._inputs):
            if operand.name == name:
                return index
        raise ValueError(f"there is no operand {name}; this operator takes {self._takes()}")

    def _takes(self):
        names = ", ".join(operand.name for operand in self._inputs)
        return names + (f" and the shape variables {', '.join(self.variables)}" if self.variables else "")

    def select(self, *values):
        """The name of the kernel that serves these values of the shape variables."""
        index = self._library.tessera_select(self._handle, self._shape(values))
        return self._library.tessera_kernel_name(self._handle, index).decode()

    def _shape(self, values):
        if not hasattr(values, "__len__"):
            raise ValueError(f"shape must have a value for each of {self.variables}, not be {values!r}")
        if len(values) != len(self.variables):
            raise ValueError(f"the shape variables are {self.variables}; {len(values)} values were given")
        return (ctypes.c_int64 * max(1, len(values)))(*map(_variable, self.variables, values))

    def shapes(self, *values, **named):
        """The shape of each operand by its name, for values of the shape variables in their order or by name."""
        assignment = {name: _variable(name, value) for name, value in dict(zip(self.variables, values), **named).items()}
        if set(assignment) != set(self.variables) or len(values) + len(named) != len(assignment):
            raise ValueError(f"the shape variables are {self.variables}; give one value for each")
        return {operand.name: operand.shape(assignment) for operand in self.operands}

    def _solve(self, inputs, values):
        """Adds the shape variables that are not known yet: those in which an input's extent is affine."""
        for operand, array in zip(self._inputs, inputs):
            operand.check_rank(array)
            for extent, given in zip(operand.extents, array.shape):
                if extent.line and extent.line[2] and extent.line[0] not in values:
                    name, zero, step = extent.line
                    values[name] = (given - zero) // step
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise ValueError(f"the shape variables {missing} do not follow from the arrays; pass {', '.join(f'{name}=...' for name in missing)}")

    def _arguments(self, operands, shape, named):
        """The inputs in the library's order, the output where it is given, and the known shape variables' values."""
        while operands and operands[-1] is None:
            operands = operands[:-1]
        if len(operands) > len(self._inputs):
            raise ValueError(f"{len(operands)} operands were given; this operator takes {self._takes()}")
        given = {operand.name: array for operand, array in zip(self._inputs, operands)}
        values = {} if shape is None else dict(zip(self.variables, self._shape(shape)))
        out = named.pop(self._output.name, None)
        for name, value in named.items():
            if name in self.variables and not any(operand.name == name for operand in self._inputs):
                values[name] = _variable(name, value)
            elif given.get(name) is not None:
                raise ValueError(f"the operand {name} is given twice; leave out one of the two")
            elif value is not None:
                self._index(name)
                given[name] = value
        for operand in self._inputs:
            if given.get(operand.name) is None:
                raise ValueError(f"the operand {operand.name} is missing; this operator takes {self._takes()}")
        return [given[operand.name] for operand in self._inputs], out, values

    def __call__(self, *operands, out=None, shape=None, **named):
        """The operator's output, which is written to ``out`` where that is given.

        Operands are given in their order or by name, arrays or ``Prepared``. Shape variables that do not follow from the arrays are given
        by name, or all of them as ``shape``.
        """
        arrays, result, values = self._arguments(operands, shape, named)
        self._solve(arrays, values)
        device = self._device(arrays[0], self._inputs[0].name)
        pointers = (ctypes.c_void_p * len(arrays))()
        ordered = self._shape([values[name] for name in self.variables])
        for index, (operand, given) in enumerate(zip(self._inputs, arrays)):
            pointers[index] = self._pointer(operand, given, values, device)
        out = result if out is None else out
        fresh = out is None
        if fresh:
            out = _empty_like(arrays[0], self._output.shape(values), self._output.dtype)
        self._output.check_rank(out)
        _check_writable(out, self._output.name)
        written = _address(out, self._output.name, self._output.shape(values), self._output.dtype, device)
        if not fresh:
            self._check_apart(arrays, written, values)
        with _current(device) as stream:
            status = self._library.tessera_run(self._handle, ordered, pointers, written, stream)
        self._check(status, f"shape {values}")
        return out

    def _check_apart(self, arrays, written, values):
        end = written + self._output.bytes(values)
        for operand, given in zip(self._inputs, arrays):
            address = _data_pointer(given.array if isinstance(given, Prepared) else given)
            if address < end and written < address + operand.bytes(values):
                raise ValueError(f"{self._output.name} shares memory with {operand.name}; give it memory of its own")

    def _pointer(self, operand, given, values, device):
        if not isinstance(given, Prepared):
            address = _address(given, operand.name, operand.shape(values), operand.dtype, device)
            return self._constant(given, address) if operand is self._inputs[1] else address
        if given.name != operand.name:
            raise ValueError(f"{operand.name} was prepared as {given.name}; prepare it by its name")
        if given.operator is not self:
            raise ValueError(f"{operand.name} was prepared by another operator; prepare it by the one that is called")
        _address(given.array, operand.name, operand.shape(values), operand.dtype, device)
        return given.address

    def _device(self, x, name):
        """Where a call on an array runs, by torch's name."""
        if self._kind == "cpu":
            return "cpu"
        if not _is_torch(x) or x.device.type != "cuda":
            where = x.device if _is_torch(x) else type(x).__name__
            raise ValueError(f"{name} is on {where}; this bundle takes torch tensors on a cuda device")
        return str(x.device)

    def torch_operator(self, name=None):
        """A torch custom operator that takes the operands in their order: operator(x, w) or operator(x, w, bias).

        ``name`` is its name in torch, unique in a process; by default ``tessera::`` and the workload's name.
        """
        import torch

        def call(*operands):
            return self(operands[0], self._stand_in(operands[1]), *operands[2:])

        def fake(*operands):
            return _empty_like(operands[0], self._output_shape(operands), self._output.dtype)

        name = name or "tessera::" + "".join(c if c.isalnum() else "_" for c in self._name)
        schema = f"({', '.join('Tensor ' + operand.name for operand in self._inputs)}) -> Tensor"
        operator = torch.library.custom_op(name, call, mutates_args=(), schema=schema)
        operator.register_fake(fake)
        self._torch_operator = operator
        return operator

    def torch_module(self, *constants, name=None):
        """A torch.nn.Module that keeps the operands behind the first, and is called with the first alone: module(x).

        ``constants`` are tensors in the operands' order, the weights first; they are the module's buffers, named as the operands, and not
        copied. The weights are prepared here, again when the module is moved, and in the next call after they changed in place, as
        ``load_state_dict`` changes them. What was changed through ``.data`` torch does not tell, and a replayed CUDA graph does not look:
        call ``module.prepare()``.
        ``name`` is that of the ``torch_operator`` that it calls. Modules of one operator share it.
        """
        import torch

        names = [operand.name for operand in self._inputs]
        if len(constants) != len(names) - 1:
            raise ValueError(f"{len(constants)} constants were given; a module of this operator keeps {', '.join(names[1:])}")
        call = self.torch_operator(name) if name or not hasattr(self, "_torch_operator") else self._torch_operator
        keep, kind = self._keep, "cpu" if self._kind == "cpu" else "cuda"

        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                for name, tensor in zip(names[1:], constants):
                    self.register_buffer(name, tensor)
                self.prepare()

            def prepare(self):
                weights = getattr(self, names[1])
                if weights.device.type == kind:  # else it is to be moved, or the call will say so
                    keep(weights)

            def _apply(self, *arguments, **options):
                moved = super()._apply(*arguments, **options)
                self.prepare()
                return moved

            def forward(self, x):
                return call(x, *(getattr(self, name) for name in names[1:]))

        return Module()

    def _output_shape(self, arrays):
        """From the extents of arrays that torch traces, which are no numbers: each axis of the output is one of an input."""
        extents = {}
        for operand, array in zip(self._inputs, arrays):
            extents.update(zip(operand.axes, array.shape))
        return tuple(extents[axis] for axis in self._output.axes)


def _version(tensor):
    """Changes whenever a tensor is changed in place; of a tensor of inference mode nobody counts that."""
    return 0 if tensor.is_inference() else tensor._version


def _is_capturing():
    import torch

    return torch.cuda.is_current_stream_capturing()


def _synchronize(device):
    import torch

    torch.cuda.current_stream(device).synchronize()


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


def _main(arguments):
    """verify BUNDLE [--trust PUBKEYFILE]"""
    if len(arguments) not in (2, 4) or arguments[0] != "verify" or arguments[2:3] not in ([], ["--trust"]):
        print("tessera: give verify BUNDLE, or verify BUNDLE --trust PUBKEYFILE", file=sys.stderr)
        return 2
    try:
        files, manifest = _checked(os.path.abspath(arguments[1]), arguments[3] if len(arguments) == 4 else None, imported=False)
    except TesseraError as error:
        print(f"tessera: {error}", file=sys.stderr)
        return 2
    print(f"{manifest['name']} is intact, {len(files.sums)} files" + (", and signed" if len(arguments) == 4 else ""))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
