/* Stochastic steps of a linear model with very many labels, of which a row sees its
 * listed labels and a sample of the others.  Spec: _reference.sampled_rows. */
#ifndef SKD_SAMPLED_ROWS_H
#define SKD_SAMPLED_ROWS_H
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#define SKD_DECOUPLED 0
#define SKD_PAIRWISE 1
#define SKD_SOFTMAX 2

#define SKD_UNIFORM 0
#define SKD_FREQUENCY 1
#define SKD_STUDENT 2
#define SKD_LISTED 3

typedef struct {
  /* Rows of X: all entries in turn where `row_start` is NULL. */
  ptrdiff_t n_features;
  const int64_t *row_start; /* (n + 1,) */
  const int32_t *feature;   /* (nnz,), or (n_features,): 0, 1, ... */
  const float *value;
  /* Listed labels of each row, increasing, with their weights. */
  const int64_t *list_start; /* (n + 1,) */
  const int32_t *label;
  const float *positive, *negative;
  const float *rest;    /* (n,): negative weight of each label that is not listed */
  const float *weight;  /* (n,), or NULL: of the row */
} skd_sampled_data;

typedef struct {
  ptrdiff_t n_labels, width; /* width: n_labels, or that of the bottleneck */
  float *coef;               /* (n_features, width), times `scale` */
  float *embedding;          /* (n_labels, width), times `scale`, or NULL */
  float *coef_sum;           /* (n_features,): squared gradients of a row */
  /* (n_labels,) each, `stride` apart: side by side they share a line of cache. */
  float *bias, *bias_sum, *embedding_sum;
  ptrdiff_t stride;
  float scale;
} skd_sampled_model;

typedef struct {
  int form, negatives;
  ptrdiff_t n_sampled, n_candidates;
  /* Alias table of the draws by frequency, and their probabilities. */
  const float *keep;
  const int32_t *alias;
  const float *chance;
  uint64_t seed;
} skd_sampled_rule;

typedef struct {
  ptrdiff_t n;
  const int64_t *order; /* (n,): rows to visit */
  float rate, rate_end; /* step size, first and last */
  float coef_rate;      /* the step of `coef` over that of the others */
} skd_sampled_steps;

/* One support: listed labels first, then the others. Of one call, or to be read. */
typedef struct {
  ptrdiff_t capacity, size, listed;
  int32_t *label;    /* (capacity,) */
  float *positive, *negative, *score, *gradient;  /* (capacity,), padded by 16 */
  float *hidden, *back; /* (width,) each, with a bottleneck */
} skd_support;

/* Steps in order; with `only_look` none: the support of the last row stays. */
SKD_DISPATCH(skd_sampled_rows,
             (const skd_sampled_data *data, skd_sampled_model *model,
              const skd_sampled_rule *rule, const skd_sampled_steps *steps,
              skd_support *support, int only_look),
             (data, model, rule, steps, support, only_look))

#endif
