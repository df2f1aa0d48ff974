/* The minimax rules for the strength of the correction.  Spec: _reference.gamma. */
#ifndef SKD_MINIMAX_H
#define SKD_MINIMAX_H
#include <stddef.h>

#include "cpu.h"

/* For every entry the g that minimises, over p in [lo, hi], the largest
 * (g (p - p0) - s)^2 + g^2 p (1 - p), where s is p - p0 or, on the log scale,
 * log(p / p0) for ten values of p. */
SKD_DISPATCH(skd_minimax,
             (ptrdiff_t n, const double *p0, const double *lo, const double *hi,
              double *out, int on_log),
             (n, p0, lo, hi, out, on_log))

#endif
