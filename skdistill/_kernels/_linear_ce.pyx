"""Soft cross-entropy of linear logits over rows, without any check.

Spec: _reference.linear_ce.

The caller vouches for shapes, for contiguity, for n, d >= 1 and k >= 2.
"""
from cython cimport floating

cdef extern from "c/linear_ce.h":
    int SKD_VECTORS
    ctypedef struct skd_linear_ce_task:
        Py_ssize_t n, d, k, columns
        bint is_64
        const void* rows
        const void* target
        const double* weight
        const double* coef
        double* gradient
        double tau, alpha
    size_t skd_linear_ce_scratch(Py_ssize_t d, Py_ssize_t k) noexcept nogil
    void skd_linear_ce(
        int level, const skd_linear_ce_task* task, void* scratch, double* loss
    ) noexcept nogil


#: Whether the compiler had vectors: without them BLAS is faster.
HAS_VECTORS = bool(SKD_VECTORS)


def scratch_size(Py_ssize_t d, Py_ssize_t k):
    """Bytes that a call needs for itself."""
    return skd_linear_ce_scratch(d, k)


def linear_ce(
    const floating[:, ::1] rows,     # (n, d) IN
    const floating[:, ::1] target,   # (n, k) IN
    const double[::1] weight,        # (n,) IN, or None
    const double[:, ::1] coef,       # (k, d + 1) IN, (1, d + 1) for two classes
    double temperature,
    double alpha,
    double[:, ::1] gradient,         # as `coef`, IN/OUT, added to
    unsigned char[::1] scratch,      # scratch_size(d, k), this call's own
    int level,
):
    """Add to the gradient and return the sum of the losses; releases the GIL."""
    cdef skd_linear_ce_task task
    cdef double loss = 0.0
    task.n = rows.shape[0]
    task.d = rows.shape[1]
    task.k = target.shape[1]
    task.columns = coef.shape[0]
    task.is_64 = floating is double
    task.rows = &rows[0, 0]
    task.target = &target[0, 0]
    task.weight = NULL
    if weight is not None:
        task.weight = &weight[0]
    task.coef = &coef[0, 0]
    task.gradient = &gradient[0, 0]
    task.tau = temperature
    task.alpha = alpha
    with nogil:
        skd_linear_ce(level, &task, &scratch[0], &loss)
    return loss
