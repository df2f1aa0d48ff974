"""Coordinate descent on a quadratic model plus absolute values, without any check.

Spec: _reference.lasso_model.

The caller vouches for shapes, for contiguity and for a positive diagonal.
"""
from libc.math cimport fabs


def lasso_model(
    const double[::1] gradient,   # (p,) IN
    const double[::1] at,         # (p,) IN, the point of the model
    const double[::1] lasso,      # (p,) IN, >= 0
    double scale,                 # > 0
    const double[:, ::1] left,    # (p, r) IN
    const double[:, ::1] right,   # (p, r) IN; the Hessian is scale I - left right^T
    double tol,
    Py_ssize_t max_sweeps,
    double[::1] move,             # (p,) OUT
    double[::1] product,          # (r,) SCRATCH, right^T move
):
    """Write the minimum over `move`; releases the GIL.

    Stops when the largest entry of the slope a sweep removed is at most `tol`.
    """
    cdef Py_ssize_t p = at.shape[0], r = left.shape[1], i, j, _sweep
    cdef double slope, diagonal, old, new, change, removed, z
    cdef const double* a
    cdef const double* b
    with nogil:
        for i in range(p):
            move[i] = 0.0
        for j in range(r):
            product[j] = 0.0
        for _sweep in range(max_sweeps):
            removed = 0.0
            for i in range(p):
                slope = gradient[i] + scale * move[i]
                diagonal = scale
                if r:
                    a = &left[i, 0]
                    b = &right[i, 0]
                    for j in range(r):
                        slope -= a[j] * product[j]
                        diagonal -= a[j] * b[j]
                # Rounding of nearly dependent pairs: a curvature is never negative.
                if diagonal < 1e-10 * scale:
                    diagonal = 1e-10 * scale
                old = at[i] + move[i]
                z = old - slope / diagonal
                new = fabs(z) - lasso[i] / diagonal
                if new <= 0.0:
                    new = 0.0
                elif z < 0.0:
                    new = -new
                change = new - old
                if change == 0.0:
                    continue
                # at + move must be 0 to the last bit where the minimum is 0.
                move[i] = -at[i] if new == 0.0 else move[i] + change
                for j in range(r):
                    product[j] += b[j] * change
                if fabs(change) * diagonal > removed:
                    removed = fabs(change) * diagonal
            if removed <= tol:
                break
