/* Soft cross-entropy of rows of logits.  What is computed: _reference.soft_ce. */
#ifndef SKD_SOFT_CE_H
#define SKD_SOFT_CE_H
#include <math.h>
#include <stddef.h>

#include "cpu.h"

typedef struct {
  ptrdiff_t n, k;        /* rows, classes: both at least 1 */
  ptrdiff_t row, column; /* steps of all four arrays, in entries: (k, 1), or (1, any) */
  const void *target, *logit; /* IN */
  void *grad, *hess;          /* OUT, or NULL; grad may be logit itself */
  double *loss;               /* (n,) OUT, or NULL */
  const double *weight;       /* (n,) IN, or NULL: all 1 */
  int target_64, logit_64, out_64; /* double, or float */
  double tau, alpha;
  double floor; /* of the Hessian where the weight is not 0; -INFINITY: none */
} skd_soft_ce_task;

/* Bytes of scratch that one call needs; every thread needs its own. */
static inline size_t skd_soft_ce_scratch(ptrdiff_t k) {
  /* Three tiles of k vectors, or two exponentials of a batch of rows. */
  return 64 + 3 * 64 * (size_t)(k < 256 ? 256 : k);
}

/* In float throughout if the three arrays are float and there is no loss, else in
 * double: a loss is exact to double whatever the arrays hold. */
SKD_DISPATCH(skd_soft_ce, (const skd_soft_ce_task *task, void *scratch), (task, scratch))

/* Rows one after the other, of one type; for other kernels in C or Cython, whose
 * extension links the same copies (NEEDS in setup.py). `level` is _cpu.LEVEL, `scratch`
 * has skd_soft_ce_scratch(k) bytes. loss, weight and hess may be NULL, and grad too if
 * hess is; grad may be logit itself. Neither locks nor allocates. */
static inline void skd_soft_ce_rows_any(int level, int is_64, ptrdiff_t n, ptrdiff_t k,
                                        const void *target, const void *logit,
                                        const double *weight, double tau, double alpha,
                                        double *loss, void *grad, void *hess,
                                        void *scratch) {
  skd_soft_ce_task task = {0};
  task.n = n, task.k = k, task.row = k, task.column = 1;
  task.target = target, task.logit = logit, task.weight = weight;
  task.loss = loss, task.grad = grad, task.hess = hess;
  task.target_64 = task.logit_64 = task.out_64 = is_64;
  task.tau = tau, task.alpha = alpha, task.floor = -INFINITY;
  if (n > 0) skd_soft_ce(level, &task, scratch);
}

static inline void skd_soft_ce_rows_f32(int level, ptrdiff_t n, ptrdiff_t k,
                                        const float *target, const float *logit,
                                        const double *weight, double tau, double alpha,
                                        double *loss, float *grad, float *hess,
                                        void *scratch) {
  skd_soft_ce_rows_any(level, 0, n, k, target, logit, weight, tau, alpha, loss, grad,
                       hess, scratch);
}

static inline void skd_soft_ce_rows_f64(int level, ptrdiff_t n, ptrdiff_t k,
                                        const double *target, const double *logit,
                                        const double *weight, double tau, double alpha,
                                        double *loss, double *grad, double *hess,
                                        void *scratch) {
  skd_soft_ce_rows_any(level, 1, n, k, target, logit, weight, tau, alpha, loss, grad,
                       hess, scratch);
}

/* The building blocks, number by number: for the tests of their accuracy. */
enum { SKD_EXP_32, SKD_EXP_64, SKD_LOG1P_64 };
SKD_DISPATCH(skd_math, (ptrdiff_t n, const void *in, void *out, int what),
             (n, in, out, what))
SKD_DISPATCH(skd_move,
             (ptrdiff_t bytes, const void *a, const void *b, void *c, void *d),
             (bytes, a, b, c, d))

#endif
