#!/usr/bin/env python3
"""Bundles against cuBLAS, the best of cuBLASLt's heuristic list, and Triton's autotuned matmul, on this machine's GPU.

    scripts/bench cuda --bundle DIR [--bundle DIR ...] [--instances 24] [--values 1 6 16] [--beyond 12] [--overlap] [--prepare] [--rounds 7] [--json FILE] [--out FILE]

Needs PyTorch with CUDA; Triton and cuBLASLt take part where they are found. All functions of a shape get the same operands, which
rotate past twice the second-level cache, are checked against a float64 product, run in captured graphs, and take turns. A ratio above 1
says that the bundle is faster. Where float32 is emulated, "error" is the bundle's error relative to cuBLAS's of the same float32 operands.
"""
import argparse
import datetime
import importlib.util
import json
import math
import os
import re
import statistics
import subprocess
import sys

import bench_shapes
import tolerance

ROTATE_CACHES, BLOCK_MICROSECONDS, FIRST_CALLS, MOST_CALLS, MOST_SETS = 2, 1000.0, 16, 512, 64


# the axes of the second operand of bundles up to schema version 3, whose manifests list no operands
FORMER_AXES = {"dense": ("n", "k"), "batch_matmul_nt": ("b", "n", "k"), "batch_matmul_nn": ("b", "k", "n")}


def fail(message):
    print(f"bench: {message}", file=sys.stderr)
    sys.exit(2)


# the module that bundles carry; in a distribution it lies beside this file
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kernels", "src", "main", "resources", "tessera", "runtime"))
from bench_shapes import spread
from tessera import evaluate

def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench cuda", description=__doc__.split("\n")[0])
    parser.add_argument("--bundle", action="append", required=True, help="a bundle's folder; may be given more than once")
    parser.add_argument("--instances", type=int, default=24, help="shapes of each bundle with one variable (default 24)")
    parser.add_argument("--values", type=int, nargs="+", help="values of the one shape variable instead")
    parser.add_argument("--beyond", type=int, nargs="?", const=12, metavar="COUNT",
                        help="so many lengths beyond the tuned range instead, 1.02 to 2 times its end (default 12)")
    parser.add_argument("--peers", default="cublas,cublaslt,triton", help="of cublas, cublaslt and triton (default all)")
    parser.add_argument("--overlap", action="store_true", help="let the bundle's launches overlap (programmatic dependent launch)")
    parser.add_argument("--prepare", action="store_true", help="prepare the second operand once, as constant weights")
    parser.add_argument("--rounds", type=int, default=7, help="timed replays of each function on each shape, in turns (default 7)")
    parser.add_argument("--json", help="a file for the summary's figures, as records that scripts/figures renders")
    parser.add_argument("--out", help="a file for the times and errors of every shape, in JSON")
    parsed = parser.parse_args()
    if parsed.beyond is not None and (parsed.values or parsed.beyond < 1):
        fail("--beyond takes a number from 1 and no --values beside it; leave one of the two out")
    return parsed


GIVEN = arguments()  # before PyTorch is looked for, so that --help works without it
try:
    import torch

    import bench_peers
except ImportError:
    fail("PyTorch was not found; install it (pip install torch) in the Python that runs this script")


class Bundle:
    def __init__(self, folder):
        self.folder = folder
        try:
            with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
                self.manifest = json.load(file)
            spec = importlib.util.spec_from_file_location("tessera", os.path.join(folder, "tessera.py"))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        except (OSError, ValueError) as error:
            fail(f"{folder} is no bundle ({error}); give the folder that tune printed")
        if self.manifest["target"]["kind"] != "cuda":
            fail(f"{folder} is not for a GPU; scripts/bench cpu compares bundles for CPUs")
        if self.manifest["workload"]["epilogue"] != "none":
            fail(f"{folder} has the epilogue {self.manifest['workload']['epilogue']}, which cuBLAS alone has not; tune one without")
        try:
            self.operator = module.Operator(folder)
        except module.TesseraError as error:
            fail(str(error))
        self.workload = self.manifest["workload"]
        operands = self.workload.get("operands")
        axes = operands[1]["axes"] if operands else FORMER_AXES[self.workload["operator"]]
        self.second_is_nk, self.batched = axes[-1] == "k", "b" in axes
        taken = self.workload["dtype"]
        self.types = getattr(torch, taken), getattr(torch, self.workload.get("output") or taken)
        self.tf32 = self.workload.get("precision") == "tf32"
        self.emulated = self.workload.get("precision") == "float32-emulated"
        try:
            self.tolerance = tolerance.Tolerance(self.manifest["tolerance"])
        except ValueError as error:
            fail(f"{folder}: {error}")

    def extents(self, values):
        assignment = dict(zip(self.workload["variables"], values))
        return tuple(evaluate(self.workload["extents"].get(axis, "1"), assignment) for axis in ("b", "m", "n", "k"))

    def measured(self):
        """The shapes that the dispatcher was trained on, with what each weighs; empty where Parquet cannot be read."""
        try:
            import pyarrow.parquet
        except ImportError:
            return {}
        table = pyarrow.parquet.read_table(os.path.join(self.folder, "timings.parquet"))
        return {tuple(shape): weight for shape, weight in zip(table.column("shape").to_pylist(), table.column("weight").to_pylist())}

    def instances(self, count):
        """Shapes over the range of what was timed: half of them, where there are such, were never measured in tuning."""
        known = bench_shapes.tuned(self.measured(), self.manifest)
        if len(self.workload["variables"]) != 1:
            expected = [tuple(entry["shape"]) for entry in self.manifest["expected"]]
            return [shape for shape in expected if shape in set(known)][:count] or spread(known, count)
        low, high = known[0][0], known[-1][0]
        unknown = [(v,) for v in range(low, high + 1) if (v,) not in set(known)]
        half = [spread(unknown, count // 2), spread(known, count - min(len(unknown), count // 2))]
        return sorted(set(half[0] + half[1]))

    def beyond(self, count):
        """Shapes beyond the range that it was tuned for."""
        if len(self.workload["variables"]) != 1:
            fail(f"{self.folder} has {len(self.workload['variables'])} shape variables; --beyond takes bundles with one")
        return [(length,) for length in bench_shapes.beyond([shape[0] for shape in bench_shapes.tuned(self.measured(), self.manifest)], count)]


class Captured:
    """A graph of so many calls that it lasts for a block, by what a first graph takes: calls from Python last longer than they compute."""

    def __init__(self, function, sets):
        self.start, self.stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        self.stream = torch.cuda.Stream()
        torch.cuda.synchronize()
        with torch.cuda.stream(self.stream):
            function(*sets[0])
        self.stream.synchronize()
        self.capture(function, sets, FIRST_CALLS)
        self.capture(function, sets, int(BLOCK_MICROSECONDS / max(1.0, self.microseconds())))

    def capture(self, function, sets, calls):
        self.calls = max(min(calls, MOST_CALLS), min(len(sets), MOST_CALLS), 1)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=self.stream):
            for i in range(self.calls):
                function(*sets[i % len(sets)])
        self.graph.replay()

    def microseconds(self):
        self.start.record()
        self.graph.replay()
        self.stop.record()
        self.stop.synchronize()
        return 1000 * self.start.elapsed_time(self.stop) / self.calls


def operands(b, m, n, k, second_is_nk, batched, types):
    lead = (b,) if batched else ()
    taken, made = types
    device = torch.device("cuda", torch.cuda.current_device())
    rotate = ROTATE_CACHES * torch.cuda.get_device_properties(device).L2_cache_size
    count = int(max(1, min(MOST_SETS, 1 + rotate // (b * (taken.itemsize * (m + n) * k + made.itemsize * m * n)))))
    return [
        (torch.randn(lead + (m, k), device=device).to(taken), torch.randn(lead + ((n, k) if second_is_nk else (k, n)), device=device).to(taken),
         torch.full(lead + (m, n), math.nan, device=device, dtype=made))
        for _ in range(count)
    ]


def error(function, x, w, y, second_is_nk):
    """Relative error of a poisoned output against float64, by Frobenius norms."""
    y.fill_(math.nan)
    function(x, w, y)
    exact = product(x.double(), w.double(), second_is_nk)
    return ((y.double() - exact).norm() / exact.norm()).item()


def product(x, w, second_is_nk):
    return x @ (w.transpose(-1, -2) if second_is_nk else w)


def excess(bundle, function, x, w, y, second_is_nk):
    """The largest error of a poisoned output's elements, as a share of what is allowed; not a number where one was not written."""
    y.fill_(math.nan)
    function(x, w, y)
    x, w = x.double(), w.double()
    exact = product(x, w, second_is_nk)
    allowed = bundle.tolerance.allowed(x.shape[-1], product(x.abs(), w.abs(), second_is_nk), exact)
    return ((y.double() - exact).abs() / allowed).max().item()


def compare(bundle, values, rounds, tools, prepare):
    b, m, n, k = bundle.extents(values)
    second_is_nk = bundle.second_is_nk
    sets = operands(b, m, n, k, second_is_nk, bundle.batched, bundle.types)
    torch.backends.cuda.matmul.allow_tf32 = bundle.tf32

    prepared = {w.data_ptr(): bundle.operator.prepare(w) for _, w, _ in sets} if prepare else {}

    def ours(x, w, y):
        bundle.operator(x, prepared.get(w.data_ptr(), w), out=y, shape=values)

    functions = {"tessera": [ours], **tools.functions((b, m, n, k), second_is_nk, bundle.types, bundle.tf32)}
    errors = {name: max(error(f, *sets[0], second_is_nk) for f in some[:1]) for name, some in functions.items()}
    share = excess(bundle, ours, *sets[0], second_is_nk)
    if not share <= 1:
        fail(f"{bundle.folder} is wrong on {values}: an element is {share:.3g} times as far from the exact result as its tolerance allows")
    graphs = {}
    for name, some in functions.items():
        captured = list(captured_of(some, sets))
        if not captured:
            continue
        graphs[name] = min(captured, key=lambda graph: min(graph.microseconds() for _ in range(2)))
    times = {name: [] for name in graphs}
    for _ in range(rounds):
        for name, graph in graphs.items():
            times[name].append(graph.microseconds())
    row = {"values": values, "shape": [b, m, n, k], "kernel": bundle.operator.select(*values), "error": errors}
    for name in graphs:
        row[name] = statistics.median(times[name])
        if name != "tessera":
            row["ratio_" + name] = statistics.median(p / o for p, o in zip(times[name], times["tessera"]))
    return row


def captured_of(functions, sets):
    """Those of some functions that run: cuBLASLt's list has algorithms that refuse a problem in the end."""
    for function in functions:
        try:
            yield Captured(function, sets)
        except RuntimeError as problem:
            if len(functions) == 1:
                raise
            torch.cuda.synchronize()
            print(f"  left out one of {len(functions)}: {problem}")


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


class Figures:
    """What is printed in the end, as records that scripts/figures renders."""

    def __init__(self):
        self.records = []
        self.command = " ".join(["scripts/bench", "cuda"] + sys.argv[1:])
        self.device = torch.cuda.get_device_name()
        self.driver = f"{driver()}, CUDA {torch.version.cuda}"
        self.cpu = cpu()

    def add(self, what, value, peer):
        words = re.sub("[^a-z0-9.]+", "-", f"gpu {what}".lower()).strip("-")
        self.records.append({
            "id": words, "what": what, "value": round(value, 3), "unit": f"times as fast as {peer}", "command": self.command,
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(), "device": self.device, "driver": self.driver,
            "commit": os.environ.get("TESSERA_COMMIT", "unknown"), "cpu": self.cpu})

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"title": "bench cuda", "about": [], "records": self.records}, file, indent=2)
            file.write("\n")


def driver():
    try:
        query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        return subprocess.run(query, capture_output=True, check=True, text=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def cpu():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown"


def summary(rows, names, what, figures):
    for name in names:
        ratios = [row["ratio_" + name] for row in rows if "ratio_" + name in row]
        if ratios:
            print(f"{what}: against {name} geometric mean {geometric_mean(ratios):.3f}x, worst {min(ratios):.3f}x, {len(ratios)} shapes")
            figures.add(f"{what}, {len(ratios)} shapes, geometric mean against {name}", geometric_mean(ratios), name)
            figures.add(f"{what}, {len(ratios)} shapes, worst against {name}", min(ratios), name)


def weighted(rows, names, what, figures):
    """Time of all calls of the workload, where its shapes do not weigh alike."""
    known = [row for row in rows if row["weight"] > 0]
    if len({round(row["weight"], 9) for row in known}) < 3:
        return
    for name in names:
        both = [row for row in known if name in row]
        if both:
            ratio = sum(row["weight"] * row[name] for row in both) / sum(row["weight"] * row["tessera"] for row in both)
            print(f"{what}: against {name} {ratio:.3f}x of the time of its {len(both)} weighted shapes")
            figures.add(f"{what}, time of {len(both)} weighted shapes against {name}", ratio, name)


def main():
    given = GIVEN
    names = given.peers.split(",")
    unknown = set(names) - set(bench_peers.NAMES)
    if unknown:
        fail(f"--peers takes cublas, cublaslt and triton, not {', '.join(sorted(unknown))}")
    if not torch.cuda.is_available():
        fail("PyTorch sees no GPU; see whether nvidia-smi lists one and whether this PyTorch was built with CUDA")
    torch.manual_seed(int.from_bytes(os.urandom(4), "little"))
    tools = bench_peers.Peers(names)
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}")
    rows, figures = [], Figures()
    beyond = ", beyond the tuned range" if given.beyond else ""
    for folder in given.bundle:
        bundle = Bundle(folder)
        if given.overlap:
            bundle.operator.set_overlap(True)
        measured = bundle.measured()
        if given.beyond:
            values = bundle.beyond(given.beyond)
        else:
            values = [(v,) for v in given.values] if given.values else bundle.instances(given.instances)
        print(f"{bundle.manifest['name']}: " + ", ".join(bundle.workload["variables"]))
        own = []
        for value in values:
            row = compare(bundle, value, given.rounds, tools, given.prepare)
            row["bundle"], row["measured_in_tuning"], row["weight"] = folder, value in measured, measured.get(value, 0)
            own.append(row)
            ratios = "  ".join(f"{name} {row[name]:8.2f} us {row['ratio_' + name]:5.2f}x" for name in names if name in row)
            accuracy = f"error {row['error']['tessera'] / row['error']['cublas']:4.2f}  " if bundle.emulated and "cublas" in row["error"] else ""
            new = "" if value in measured else "new"
            print(f"{' '.join(map(str, value)):>14} {new:>4} {row['tessera']:8.2f} us  {ratios}  {accuracy}{row['kernel']}", flush=True)
        summary(own, names, bundle.manifest["name"] + beyond, figures)
        weighted(own, names, bundle.manifest["name"], figures)
        rows += own
    summary(rows, names, "all" + beyond, figures)
    summary([row for row in rows if not row["measured_in_tuning"]], names, "never measured in tuning", figures)
    summary([row for row in rows if row["shape"][0] == 1 and row["shape"][1] <= 128], names, "m <= 128", figures)
    if given.json:
        figures.write(given.json)
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            json.dump({"device": torch.cuda.get_device_name(), "torch": torch.__version__, "rows": rows}, file, indent=1)


main()
