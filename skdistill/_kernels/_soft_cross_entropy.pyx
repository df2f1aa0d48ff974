"""Soft-target cross-entropy on rows of logits, without any check.

Spec: _reference.soft_ce.  The work is done in c/soft_ce_tiles.inc and soft_ce_rows.inc.

The caller vouches for shapes, for n >= 1 and k >= 1, for float32 or float64, and for
one order of memory, C or Fortran, of all arrays with classes.
"""
from cpython.buffer cimport (
    PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from libc.stdlib cimport free, malloc

from . import _cpu

cdef extern from "c/soft_ce.h":
    ctypedef struct skd_soft_ce_task:
        Py_ssize_t n, k, row, column
        const void* target
        const void* logit
        void* grad
        void* hess
        double* loss
        const double* weight
        int target_64, logit_64, out_64
        double tau, alpha, floor
    size_t skd_soft_ce_scratch(Py_ssize_t k) noexcept nogil
    void skd_soft_ce(
        int level, const skd_soft_ce_task* task, void* scratch
    ) noexcept nogil

cdef int _level = _cpu.LEVEL


def use_level(int level):
    """Take the copy for this level from now on: for tests."""
    global _level
    _level = level


cdef void* _memory(object array, bint writable, int* is_64) except? NULL:
    """First entry of an array that the caller keeps alive; NULL for None."""
    cdef Py_buffer view
    if array is None:
        return NULL
    PyObject_GetBuffer(
        array, &view, PyBUF_STRIDES | (PyBUF_WRITABLE if writable else 0)
    )
    is_64[0] = view.itemsize == 8
    cdef void* start = view.buf
    PyBuffer_Release(&view)
    return start


def soft_ce(
    target,              # (n, k) IN, any sign
    logit,               # (n, k) IN, may hold -inf; NaN spoils its row only
    double temperature,
    double alpha,
    weight,              # (n,) float64 IN, or None
    loss,                # (n,) float64 OUT, or None: float32 arithmetic will do
    grad,                # (n, k) OUT, or None
    hess,                # (n, k) OUT, of the type of `grad`, or None
    double floor,        # of the Hessian of rows of a weight; -inf: none
    Py_ssize_t column,   # entries from a class to the next; 1 for C order
):
    """Write loss, gradient and Hessian diagonal of every row; releases the GIL."""
    cdef skd_soft_ce_task task
    cdef int is_64 = 0
    task.n, task.k = logit.shape
    task.row, task.column = task.k if column == 1 else 1, column
    task.target = _memory(target, False, &task.target_64)
    task.logit = _memory(logit, False, &task.logit_64)
    task.weight = <const double*> _memory(weight, False, &is_64)
    task.loss = <double*> _memory(loss, True, &is_64)
    task.out_64 = task.logit_64
    task.grad = _memory(grad, True, &task.out_64)
    task.hess = _memory(hess, True, &is_64)
    task.tau, task.alpha, task.floor = temperature, alpha, floor
    cdef void* scratch = malloc(skd_soft_ce_scratch(task.k))
    if scratch == NULL:
        raise MemoryError
    with nogil:
        skd_soft_ce(_level, &task, scratch)
    free(scratch)
