"""Rows of real numbers made into probabilities, one pass.  Spec: _reference.py.

The caller vouches for shapes and contiguity.
"""


def two_columns(
    const double[::1] second,   # (n,) IN, probability of the second class, unclipped
    double[:, ::1] proba,       # (n, 2) OUT
):
    cdef Py_ssize_t i
    cdef double p
    with nogil:
        for i in range(second.shape[0]):
            p = second[i]
            # Comparisons, not min and max: a NaN stays one.
            if p < 0.0:
                p = 0.0
            elif p > 1.0:
                p = 1.0
            proba[i, 0] = 1.0 - p
            proba[i, 1] = p


def project_rows(
    const double[:, ::1] raw,   # (n, k) IN
    double[:, ::1] proba,       # (n, k) OUT, may be `raw` itself
):
    cdef Py_ssize_t i, j, k = raw.shape[1]
    cdef double p, total, scale
    with nogil:
        for i in range(raw.shape[0]):
            total = 0.0
            for j in range(k):
                p = raw[i, j]
                if p < 0.0:
                    p = 0.0
                proba[i, j] = p
                total += p
            if total == 0.0:
                for j in range(k):
                    proba[i, j] = 1.0 / k
            else:
                scale = 1.0 / total
                for j in range(k):
                    proba[i, j] *= scale
