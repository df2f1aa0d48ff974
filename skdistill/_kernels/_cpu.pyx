"""Which copy of the compiled kernels runs: the best this processor has.

``SKDISTILL_CPU`` in the environment, read once at import, asks for a lesser one.
"""
import os

cdef extern from "c/cpu.h":
    int skd_cpu_best() noexcept nogil

LEVELS = ("baseline", "avx2", "avx512")
BEST = skd_cpu_best()


def chosen(asked):
    """Number of the level that `asked` (None: the best) names, or ImportError."""
    if asked is None or asked == "":
        return BEST
    known = ", ".join(LEVELS[: BEST + 1])
    if asked not in LEVELS:
        raise ImportError(
            f"SKDISTILL_CPU must be one of {known}, got {asked!r}. "
            "Without it the best one is taken."
        )
    if LEVELS.index(asked) > BEST:
        raise ImportError(
            f"SKDISTILL_CPU must name what this processor has ({known}), "
            f"got {asked!r}. Without it the best one is taken."
        )
    return LEVELS.index(asked)


LEVEL = chosen(os.environ.get("SKDISTILL_CPU"))
