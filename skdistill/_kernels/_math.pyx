"""Parts of the kernels: for the tests of accuracy, and the floor of the benchmarks."""
from cython cimport floating

cdef extern from "c/soft_ce.h":
    enum: SKD_EXP_32, SKD_EXP_64, SKD_LOG1P_64
    void skd_math(
        int level, Py_ssize_t n, const void* in_, void* out, int what
    ) noexcept nogil
    void skd_move(
        int level, Py_ssize_t bytes, const void* a, const void* b, void* c, void* d
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


def move(
    const floating[:, ::1] target,
    const floating[:, ::1] logit,
    floating[:, ::1] grad,
    floating[:, ::1] hess,
    int level,
):
    """The memory traffic of soft cross-entropy and nothing else; releases the GIL."""
    cdef Py_ssize_t bytes = target.shape[0] * target.shape[1] * sizeof(floating)
    with nogil:
        skd_move(level, bytes, &target[0, 0], &logit[0, 0], &grad[0, 0], &hess[0, 0])
