"""Which shapes bench_cuda.py compares on, by the lengths that a bundle was tuned for."""
import math
from functools import reduce

LEAST_BEYOND, MOST_BEYOND = 1.02, 2.0


def spread(values, count):
    """As many of some values, evenly spaced, the first and the last among them."""
    if count <= 0 or not values:
        return []
    if count >= len(values):
        return list(values)
    return [values[round(i * (len(values) - 1) / max(1, count - 1))] for i in range(count)]


def tuned(measured, manifest):
    """Shapes of the range that was asked for, of those that were timed: beyond it they have no weight, which manifests state since version 6."""
    weighs = manifest["schemaVersion"] >= 6
    known = {shape for shape, weight in measured.items() if weight > 0}
    known |= {tuple(entry["shape"]) for entry in manifest["expected"] if not weighs or entry["weight"] > 0}
    return sorted(known)


def beyond(lengths, count):
    """So many lengths, 1.02 to 2 times the greatest of some, by even factors, in the steps that all of these have; fewer where they would be the same."""
    greatest = max(lengths)
    step = reduce(math.gcd, (length - lengths[0] for length in lengths)) or 1
    factors = [LEAST_BEYOND * (MOST_BEYOND / LEAST_BEYOND) ** (i / max(1, count - 1)) for i in range(count)]
    steps = {min(max(1, math.ceil((factor - 1) * greatest / step - 1e-9)), max(1, greatest // step)) for factor in factors}
    return [greatest + up * step for up in sorted(steps)]
