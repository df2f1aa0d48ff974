"""Soft-target cross-entropy on rows of logits, without any check.

Spec: _reference.soft_ce.

The caller vouches for shapes, for contiguity and for n >= 1 and k >= 1.
"""
from cython cimport floating
from libc.math cimport INFINITY, exp, log1p


cdef double _row(
    const floating* target,   # (k,) IN, any sign
    const floating* logit,    # (k,) IN, may hold -inf; NaN spoils this row only
    floating* grad,           # (k,) OUT, or NULL: value only
    floating* hess,           # (k,) OUT, or NULL: no Hessian
    double* first,            # (k,) SCRATCH, exponentials at `tau`
    double* second,           # (k,) SCRATCH, exponentials at 1, or NULL: one softmax
    Py_ssize_t k,
    double tau,               # temperature of `first`
    double alpha,             # weight of `first`; 1 when `second` is NULL
    double weight,
) noexcept nogil:
    cdef Py_ssize_t j, best = 0
    cdef double inv_tau = 1.0 / tau, scale = alpha * tau + 1.0 - alpha
    cdef double top, shifted, tempered, plain, share, other
    cdef double rest_first, rest_second, dot = 0.0, mass = 0.0
    for j in range(1, k):
        if logit[j] > logit[best]:
            best = j
    top = logit[best]
    rest_first = rest_second = top - top   # 0, or NaN where the row has no maximum
    for j in range(k):
        shifted = <double> logit[j] - top
        first[j] = exp(shifted * inv_tau)
        # The largest term is exactly 1: log1p of the others keeps a tiny loss exact.
        if j != best:
            rest_first += first[j]
        if second != NULL:
            second[j] = exp(shifted)
            if j != best:
                rest_second += second[j]
        mass += target[j]
        # A class that is impossible for target and logit alike costs nothing.
        if shifted != -INFINITY or target[j] != 0:
            dot += target[j] * shifted
    if grad != NULL:
        tempered = alpha * tau * mass / (1.0 + rest_first)
        plain = (1.0 - alpha) * mass / (1.0 + rest_second)
        for j in range(k):
            other = plain * second[j] if second != NULL else 0.0
            other += tempered * first[j] - scale * target[j]
            grad[j] = <floating> (weight * other)
    if hess != NULL:
        tempered = 1.0 / (1.0 + rest_first)
        plain = 1.0 / (1.0 + rest_second)
        for j in range(k):
            share = first[j] * tempered
            other = 0.0
            if second != NULL:
                other = second[j] * plain
                other *= (1.0 - alpha) * (1.0 - other)
            other += alpha * share * (1.0 - share)
            hess[j] = <floating> (weight * mass * other)
    other = (1.0 - alpha) * log1p(rest_second) if second != NULL else 0.0
    other += alpha * tau * tau * log1p(rest_first)
    return weight * (mass * other - scale * dot)


def soft_ce(
    const floating[:, ::1] target,   # (n, k) IN
    const floating[:, ::1] logit,    # (n, k) IN
    double temperature,
    double alpha,
    const double[::1] weight,        # (n,) IN, or None
    double[::1] loss,                # (n,) OUT
    floating[:, ::1] grad,           # (n, k) OUT, or None
    floating[:, ::1] hess,           # (n, k) OUT, or None
    double[:, ::1] scratch,          # (2, k), this call's own
):
    """Write loss, gradient and Hessian diagonal of every row; releases the GIL."""
    cdef Py_ssize_t i, n = logit.shape[0], k = logit.shape[1]
    cdef double share = alpha
    cdef double* first = &scratch[0, 0]
    cdef double* second = &scratch[1, 0]
    cdef const double* w = NULL
    cdef floating* g = NULL
    cdef floating* h = NULL
    if weight is not None:
        w = &weight[0]
    if grad is not None:
        g = &grad[0, 0]
    if hess is not None:
        h = &hess[0, 0]
    # One softmax is enough when the two terms agree or the plain one is absent.
    if temperature == 1.0 or alpha == 1.0:
        share = 1.0
        second = NULL
    with nogil:
        for i in range(n):
            loss[i] = _row(
                &target[i, 0], &logit[i, 0],
                g + i * k if g != NULL else NULL,
                h + i * k if h != NULL else NULL,
                first, second, k, temperature, share, w[i] if w != NULL else 1.0,
            )
