/* Soft cross-entropy of rows of logits.  What is computed: _reference.soft_ce. */
#ifndef SKD_SOFT_CE_H
#define SKD_SOFT_CE_H
#include <stddef.h>

#include "cpu.h"

/* The building blocks, number by number: for the tests of their accuracy. */
enum { SKD_EXP_32, SKD_EXP_64, SKD_LOG1P_64 };
SKD_DISPATCH(skd_math, (ptrdiff_t n, const void *in, void *out, int what),
             (n, in, out, what))

#endif
