"""Strength of the loss correction, entry by entry, without any check.

Spec: _reference.gamma.

The caller vouches for shapes, contiguity, n >= 1 and for a known rule.
"""
from cython cimport floating
from libc.math cimport asinh, fmax, fmin, log, pow, sinh, sqrt

cdef enum:
    FAST
    SLOW
    RELATIVE
    ABSOLUTE
    POWER
    ORTHOGONAL
    MIXED

cdef enum:
    # The authors' number of values of p on the log scale (tabular.py, kd.py).
    POINTS = 10
    # Halvings: a bracket of width 500 shrinks below one unit in the last place of 1.
    HALVINGS = 62

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


cdef double _slope_prob(double g, double p0, double lo, double hi) noexcept nogil:
    """Danskin derivative in g of max over p of (g-1)^2 (p-p0)^2 + g^2 p(1-p)."""
    cdef double here = (g - 1.0) * (g - 1.0), there = g * g, p, best, at
    best = here * (lo - p0) * (lo - p0) + there * lo * (1.0 - lo)
    p = lo
    at = here * (hi - p0) * (hi - p0) + there * hi * (1.0 - hi)
    if at > best:
        best = at
        p = hi
    if g > 0.5:   # only then concave in p, with its maximum inside
        at = (there - 2.0 * p0 * here) / (2.0 * (2.0 * g - 1.0))
        if lo < at < hi:
            p = at
    return (g - 1.0) * (p - p0) * (p - p0) + g * p * (1.0 - p)


cdef double _minimax_prob(double p0, double lo, double hi) noexcept nogil:
    # The slope is <= 0 at 0 and >= 0 at 1 for every p, so the minimum is in [0, 1].
    cdef double left = 0.0, right = 1.0, middle
    cdef int _step
    for _step in range(HALVINGS):
        middle = 0.5 * (left + right)
        if _slope_prob(middle, p0, lo, hi) >= 0.0:
            right = middle
        else:
            left = middle
    return 0.5 * (left + right)


cdef double _minimax_log(double p0, double lo, double hi) noexcept nogil:
    """Minimise over g the max over ten p of (g a - b)^2 + g^2 v."""
    cdef double a[POINTS]
    cdef double b[POINTS]
    cdef double v[POINTS]
    cdef double p, own, left = 0.0, right = 0.0, middle, gap, worst, at, slope = 0.0
    cdef int i, _step
    for i in range(POINTS):
        p = lo + (hi - lo) * i / (POINTS - 1)
        a[i] = p - p0
        b[i] = log(p / p0)
        v[i] = p * (1.0 - p)
        # All parabolas fall before the first own minimum and rise after the last.
        own = a[i] * a[i] + v[i]
        own = a[i] * b[i] / own if own > 0.0 else 0.0
        left = own if i == 0 else fmin(left, own)
        right = fmax(right, own)
    for _step in range(HALVINGS):
        middle = 0.5 * (left + right)
        worst = -1.0
        for i in range(POINTS):
            gap = middle * a[i] - b[i]
            at = gap * gap + middle * middle * v[i]
            if at > worst:
                worst = at
                slope = gap * a[i] + middle * v[i]
        if slope >= 0.0:
            right = middle
        else:
            left = middle
    return 0.5 * (left + right)


cdef double _entry(
    double p,          # teacher probability, IN [0, 1]
    double e2,         # variance of the label given the teacher, >= 0
    int rule,
    double c,          # strength
    bint on_log,
    double floor,      # smallest probability under a logarithm
) noexcept nogil:
    cdef double r = 1.0, lo, hi, p0 = p
    if on_log:
        p0 = fmax(p, floor)
        r = 1.0 / p0
    if rule == MIXED:
        return c
    if rule == ORTHOGONAL:
        return r
    if rule == FAST:
        return r * c / (c + e2)
    if rule == SLOW:
        return _slow(e2, c, r)
    if rule == RELATIVE:
        lo = p0 / (1.0 + c)
        hi = p0 * (1.0 + c)
    elif rule == ABSOLUTE:
        lo = p0 - c
        hi = p0 + c
    else:
        hi = pow(p0, 1.0 / c)
        lo = fmin(p0, hi)
        hi = fmax(p0, hi)
    # Half the floor is the authors' 1e-3 at their floor of 1/500, and never above p0.
    lo = fmax(lo, 0.5 * floor if on_log else 0.0)
    hi = fmin(hi, 1.0)
    return _minimax_log(p0, lo, hi) if on_log else _minimax_prob(p0, lo, hi)


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
