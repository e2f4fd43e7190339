/* How far an element may be from the float64 result of the same operands: for C and CUDA, which define TESSERA_ALLOWED as what a function is
 * declared with. Tolerance.java makes the numbers, and says why. */
typedef struct {
  double of_terms;  /* times the sum of the terms' magnitudes */
  double of_result; /* times the result's magnitude */
  double least;
} tessera_bound;

TESSERA_ALLOWED double allowed_error(tessera_bound bound, double magnitude, double result) {
  return bound.of_terms * magnitude + bound.of_result * fabs(result) + bound.least;
}
