/* Soft cross-entropy of linear logits, with the gradient, in one pass over the rows.
 * What is computed: _reference.linear_ce. */
#ifndef SKD_LINEAR_CE_H
#define SKD_LINEAR_CE_H
#include <stddef.h>

#include "soft_ce.h"

typedef struct {
  ptrdiff_t n, d, k;       /* rows, features, classes: all at least 1, k at least 2 */
  ptrdiff_t columns;       /* of logits: k, or 1 for two classes with logits (0, z) */
  int is_64;               /* rows and targets: double, or float */
  const void *rows;        /* (n, d) IN, one row after the other */
  const void *target;      /* (n, k) IN */
  const double *weight;    /* (n,) IN, or NULL: all 1 */
  const double *coef;      /* (columns, d + 1) IN, intercepts last */
  double *gradient;        /* (columns, d + 1) IN/OUT, added to */
  double tau, alpha;
} skd_linear_ce_task;

/* Most rows of a block. Fewer where that many do not fit the first cache. */
#define SKD_BLOCK 256

/* Bytes of scratch that one call needs; every thread needs its own. */
static inline size_t skd_linear_ce_scratch(ptrdiff_t d, ptrdiff_t k) {
  /* Weights in panels, 16 columns for a narrow block, logits, losses. The softmax
   * has its own; both are aligned. */
  const size_t panels = (size_t)(k + 31) / 32 * 32;
  return 8 * ((size_t)(d + 1) * panels + SKD_BLOCK * (16 + (size_t)k + 1)) +
         skd_soft_ce_scratch(k) + 128;
}

/* Returns the sum of the losses in `*loss`. */
SKD_DISPATCH(skd_linear_ce,
             (const skd_linear_ce_task *task, void *scratch, double *loss),
             (task, scratch, loss))

#endif
