"""How far an element may be from the exact result, as the manifest of a bundle says it."""
import math
import re

NUMBER = r"([0-9.]+(?:e[+-]?[0-9]+)?)"
TEXT = re.compile(
    rf"{NUMBER} \* \({NUMBER} \+ sqrt\(k\)(?: \+ k / {NUMBER})?\) \* sum of \|terms\|"
    rf"(?: \+ {NUMBER} \* sum of \|terms\|)?(?: \+ {NUMBER} \* \|result\|)?"
)


class Tolerance:
    """The tolerance that a manifest states in its field "tolerance", for an operator without an epilogue."""

    def __init__(self, text):
        found = TEXT.fullmatch(text)
        if not found:
            raise ValueError(f"the manifest's tolerance {text!r} has another form than this script reads")
        unit, few, cut, inputs, output = (float(number) if number else 0.0 for number in found.groups())
        self.unit, self.few, self.per_term, self.of_inputs, self.of_result = unit, few, 1 / cut if cut else 0.0, inputs, output

    def allowed(self, k, magnitude, result):
        """The largest error of an element: magnitude is the sum of its k terms' magnitudes; both may be tensors."""
        of_terms = self.unit * (self.few + math.sqrt(k) + self.per_term * k) + self.of_inputs
        return of_terms * magnitude + self.of_result * abs(result)
