"""Derivatives of the soft cross-entropy of two classes in one margin, any strides.

Spec: _reference.margin_derivatives.

The caller vouches for shapes.
"""
from libc.math cimport exp, fabs

ctypedef fused out_t:
    float
    double

ctypedef fused margin_t:
    float
    double


def margin_derivatives(
    const out_t[:, :] target,     # (n, 2) IN, >= 0
    const margin_t[:] margin,     # (n,) IN, logit of the second class
    double tau,
    double alpha,
    double curvature,             # factor of the Hessian
    double floor,                 # least entry of the Hessian
    out_t[:] grad,                # (n,) OUT
    out_t[:] hess,                # (n,) OUT
):
    """Write both; releases the GIL."""
    cdef Py_ssize_t i
    cdef double f, small, first, second, slope, bend, least
    cdef double inv_tau = 1.0 / tau
    cdef bint tempered = tau != 1.0, plain = tau == 1.0 or alpha != 1.0
    cdef double weight = 1.0 if tau == 1.0 else 1.0 - alpha
    with nogil:
        for i in range(margin.shape[0]):
            f = margin[i]
            first = target[i, 0]
            second = target[i, 1]
            slope = bend = 0.0
            # t0 s1 - t1 s0 and not m s1 - t1: no digits are lost in a confident row.
            if plain:
                small = exp(-fabs(f))
                least = 1.0 / (1.0 + small)
                bend = weight * small * least * least
                slope = weight * least * (
                    first - second * small if f >= 0.0 else first * small - second
                )
            if tempered:
                small = exp(-fabs(f) * inv_tau)
                least = 1.0 / (1.0 + small)
                bend += alpha * small * least * least
                slope += alpha * tau * least * (
                    first - second * small if f >= 0.0 else first * small - second
                )
            bend *= curvature * (first + second)
            if bend < floor:
                bend = floor
            grad[i] = <out_t> slope
            hess[i] = <out_t> bend
