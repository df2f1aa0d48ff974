"""Strength of the loss correction, entry by entry, without any check.

Spec: _reference.gamma.

The caller vouches for shapes, contiguity, n >= 1 and for a known rule.
"""
from cython cimport floating
from libc.math cimport asinh, fmax, fmin, pow, sinh, sqrt

from . import _cpu

cdef extern from "c/minimax.h":
    void skd_minimax(
        int level, Py_ssize_t n, const double* p0, const double* lo, const double* hi,
        double* out, int on_log,
    ) noexcept nogil

cdef enum:
    FAST
    SLOW
    RELATIVE
    ABSOLUTE
    POWER
    ORTHOGONAL
    MIXED

cdef enum:
    # Entries whose bounds wait for the search, which runs on vectors of them.
    BLOCK = 128

cdef int _level = _cpu.LEVEL

RULES = {
    "fast": FAST,
    "slow": SLOW,
    "relative": RELATIVE,
    "absolute": ABSOLUTE,
    "power": POWER,
    "orthogonal": ORTHOGONAL,
    "mixed": MIXED,
}


cdef double _slow(double e2, double c, double r) noexcept nogil:
    """Minimise e2 g^2 + c (g - r)^4: the real root u = r - g of u^3 + a u = a r."""
    cdef double a = e2 / (2.0 * c), u
    if not a > 1e-50:
        return r   # u < (a r)^(1/3) is lost in rounding, and u^3 would underflow
    u = 2.0 * sqrt(a / 3.0) * sinh(asinh(1.5 * r * sqrt(3.0 / a)) / 3.0)
    u -= (u * (u * u + a) - a * r) / (3.0 * u * u + a)   # one Newton step
    # g = u^3 / a and not r - u, which cancels when u is nearly r.
    return fmin(u * u * u / a, r)


cdef double _entry(
    double p,          # teacher probability, IN [0, 1]
    double e2,         # variance of the label given the teacher, >= 0
    int rule,          # no minimax rule
    double c,          # strength
    bint on_log,
    double floor,      # smallest probability under a logarithm
) noexcept nogil:
    cdef double r = 1.0 / fmax(p, floor) if on_log else 1.0
    if rule == MIXED:
        return c
    if rule == ORTHOGONAL:
        return r
    if rule == FAST:
        return r * c / (c + e2)
    return _slow(e2, c, r)


cdef void _bounds(
    double p,
    int rule,          # a minimax rule
    double c,
    bint on_log,
    double floor,
    double* p0,        # OUT
    double* lo,        # OUT, the values of p that are considered
    double* hi,        # OUT
) noexcept nogil:
    p0[0] = fmax(p, floor) if on_log else p
    if rule == RELATIVE:
        lo[0] = p0[0] / (1.0 + c)
        hi[0] = p0[0] * (1.0 + c)
    elif rule == ABSOLUTE:
        lo[0] = p0[0] - c
        hi[0] = p0[0] + c
    else:
        hi[0] = pow(p0[0], 1.0 / c)
        lo[0] = fmin(p0[0], hi[0])
        hi[0] = fmax(p0[0], hi[0])
    # Half the floor is the authors' 1e-3 at their floor of 1/500, and never above p0.
    lo[0] = fmax(lo[0], 0.5 * floor if on_log else 0.0)
    hi[0] = fmin(hi[0], 1.0)


cdef void _minimax(
    const floating* proba,   # (n,) IN [0, 1]
    floating* out,           # (n,) OUT
    Py_ssize_t n,
    int rule,
    double c,
    bint on_log,
    double floor,
) noexcept nogil:
    cdef double[4 * BLOCK] kept
    cdef double* p0 = kept
    cdef double* lo = p0 + BLOCK
    cdef double* hi = lo + BLOCK
    cdef double* found = hi + BLOCK
    cdef Py_ssize_t i = 0, j, size
    while i < n:
        size = min(<Py_ssize_t> BLOCK, n - i)
        for j in range(size):
            _bounds(proba[i + j], rule, c, on_log, floor, p0 + j, lo + j, hi + j)
        skd_minimax(_level, size, p0, lo, hi, found, on_log)
        for j in range(size):
            out[i + j] = <floating> found[j]
        i += BLOCK


def use_level(int level):
    """Take the copy for this level from now on: for tests."""
    global _level
    _level = level


def gamma(
    const floating[:, ::1] proba,      # (n, k) IN [0, 1]
    const Py_ssize_t[::1] labels,      # (n,) IN 0..k-1, or None: plug-in variance
    int rule,
    double strength,
    bint on_log,
    double floor,
    floating[:, ::1] out,              # (n, k) OUT
):
    """Write the correction strength of every entry; releases the GIL."""
    cdef Py_ssize_t i, j
    cdef bint observed = labels is not None
    cdef double p, residual, e2
    if rule in (RELATIVE, ABSOLUTE, POWER):
        with nogil:
            _minimax(
                &proba[0, 0], &out[0, 0], proba.shape[0] * proba.shape[1],
                rule, strength, on_log, floor,
            )
        return
    with nogil:
        for i in range(proba.shape[0]):
            for j in range(proba.shape[1]):
                p = proba[i, j]
                if observed:
                    residual = (1.0 if labels[i] == j else 0.0) - p
                    e2 = residual * residual
                else:
                    e2 = p * (1.0 - p)
                out[i, j] = <floating> _entry(p, e2, rule, strength, on_log, floor)
