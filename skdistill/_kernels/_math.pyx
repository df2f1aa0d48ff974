"""The exponential and the logarithm of the kernels, for the tests of their accuracy."""
from cython cimport floating

cdef extern from "c/soft_ce.h":
    enum: SKD_EXP_32, SKD_EXP_64, SKD_LOG1P_64
    void skd_math(
        int level, Py_ssize_t n, const void* in_, void* out, int what
    ) noexcept nogil


def exponential(const floating[::1] x, floating[::1] out, int level):
    """exp(x) for x <= 0."""
    skd_math(
        level, x.shape[0], &x[0], &out[0],
        SKD_EXP_32 if floating is float else SKD_EXP_64,
    )


def log_one_plus(const double[::1] x, double[::1] out, int level):
    """log(1 + x) for x >= 0."""
    skd_math(level, x.shape[0], &x[0], &out[0], SKD_LOG1P_64)
