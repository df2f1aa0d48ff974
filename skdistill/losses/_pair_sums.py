r"""Sums over all pairs of rows of a function of their score difference.

For :math:`\varphi(u) = \log(1 + e^{-u})` and its derivatives, and for the squared
hinge, :math:`\sum_j w_j \varphi(f_i - f_j)` is needed for every row i. Both are had for
all n rows without visiting the n^2 pairs.

The squared hinge is a polynomial where it is not 0: scores are sorted and sums of
``w``, ``w f`` and ``w f^2`` accumulated.

The logistic function is analytic within pi of the real axis. So scores are put into
panels of width 2, and between two panels it is, to rounding, a polynomial in both
scores: the weights of a panel enter as Chebyshev moments, the pair of panels as one
small matrix. Panels further apart than 40 see a straight line, for beyond it
:math:`\log(1 + e^{-u})` is :math:`\max(0, -u)` in double precision.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

__all__ = ["PairSums", "hinge_sums", "logistic_sums"]

Array = npt.NDArray[np.float64]

#: Width of a panel, in units of the score.
_WIDTH = 2.0

#: Chebyshev points a panel. The error falls as 6.4**-points: from 20 it is rounding.
_POINTS = 22

#: Panels on either side that are near; the next ones are at least 40 away.
_NEAR = 20

#: Rows at once: their Chebyshev polynomials take 1.4 MiB, near the processor.
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class PairSums:
    """Sums over j of ``w_j phi(f_i - f_j)`` and its derivatives, for each row i.

    Attributes
    ----------
    value, slope, curvature : ndarray of shape (n_samples,)
        Of phi, of minus its first derivative, and of its second.
    """

    value: Array
    slope: Array
    curvature: Array


def _softplus_of_minus(u: Array) -> Array:
    return np.asarray(np.logaddexp(0, -u))


def _sigmoid_of_minus(u: Array) -> Array:
    return np.asarray(expit(-u))


def _curvature(u: Array) -> Array:
    return np.asarray(expit(u) * expit(-u))


_KERNELS: tuple[Callable[[Array], Array], ...] = (
    _softplus_of_minus,
    _sigmoid_of_minus,
    _curvature,
)


def logistic_sums(f: Array, weights: Array) -> PairSums:
    """Sum the logistic function over all pairs, to about 1e-14 of the largest sum.

    Parameters
    ----------
    f : ndarray of shape (n_samples,), float64, finite
    weights : ndarray of shape (n_samples,), float64

    Returns
    -------
    PairSums
    """
    height = f - f.min()
    panels, panel = np.unique(np.floor(height / _WIDTH), return_inverse=True)
    order = np.argsort(panel, kind="stable")
    # In [-1, 1] within the panel.
    local = (2 * (height / _WIDTH - panels[panel]) - 1)[order]
    ranked = panel[order]
    coefs = _near(panels, _moments(local, ranked, weights[order], len(panels)))
    sums = np.empty((len(_KERNELS), len(f)))
    sums[:, order] = _evaluate(local, ranked, coefs)
    far, mass = _far(height, panel, panels, weights)
    sums[0] += far
    sums[1] += mass
    return PairSums(*sums)


def hinge_sums(f: Array, weights: Array) -> PairSums:
    """Sum ``max(0, 1 - u)**2`` over all pairs.

    Parameters and result are those of :func:`logistic_sums`. Exact up to the rounding
    of squares of scores, which are taken from their mean.
    """
    f = f - f.mean()
    order = np.argsort(f, kind="stable")
    ranked = f[order]
    # Rows from `first` on have 1 - (f_i - f_j) > 0.
    first = np.searchsorted(ranked, f - 1, side="right")
    powers = []
    for power in range(3):
        below = np.concatenate([[0.0], np.cumsum(weights[order] * ranked**power)])
        powers.append(below[-1] - below[first])
    gap = 1 - f
    value = gap**2 * powers[0] + 2 * gap * powers[1] + powers[2]
    slope = 2 * (gap * powers[0] + powers[1])
    return PairSums(value, slope, 2 * powers[0])


@cache
def _matrices() -> Array:
    """Coefficients that make coefficients of moments: (kernel, offset, p, p).

    Entry (q, r) of the matrix of two panels is the coefficient of T_q(x) T_r(y) in the
    interpolant of the kernel at x - y.
    """
    k = np.arange(_POINTS)
    angles = np.pi * (k + 0.5) / _POINTS
    nodes = np.cos(angles)
    transform = np.cos(np.outer(k, angles)) * 2 / _POINTS
    transform[0] /= 2
    inside = _WIDTH / 2 * (nodes[:, None] - nodes[None, :])
    offsets = _WIDTH * np.arange(-_NEAR, _NEAR + 1)
    return np.array(
        [
            [transform @ kernel(inside - offset) @ transform.T for offset in offsets]
            for kernel in _KERNELS
        ]
    )


def _chebyshev(local: Array) -> Array:
    """T_q of every row, (p, n): a polynomial is contiguous, which is 8 times faster."""
    table = np.empty((_POINTS, len(local)))
    table[0] = 1
    table[1] = local
    double = 2 * local
    for q in range(2, _POINTS):
        np.multiply(double, table[q - 1], out=table[q])
        table[q] -= table[q - 2]
    return table


def _moments(local: Array, panel: Any, weights: Array, n_panels: int) -> Array:
    """Sum weight times polynomial over a panel: (panels, p). Rows in panel order."""
    moments = np.zeros((n_panels, _POINTS))
    for start in range(0, len(local), _BLOCK):
        rows = slice(start, start + _BLOCK)
        table = _chebyshev(local[rows])
        table *= weights[rows]
        present, firsts = np.unique(panel[rows], return_index=True)
        moments[present] += np.add.reduceat(table, firsts, axis=1).T
    return moments


def _near(panels: Array, moments: Array) -> Array:
    """Coefficients of the sums in each panel: (kernel, panels, p)."""
    coefs = np.zeros((len(_KERNELS), *moments.shape))
    for i, offset in enumerate(range(-_NEAR, _NEAR + 1)):
        sources = np.searchsorted(panels, panels + offset)
        sources = np.minimum(sources, len(panels) - 1)
        here = panels[sources] == panels + offset
        for kernel, matrix in zip(coefs, _matrices()[:, i], strict=True):
            kernel[here] += moments[sources[here]] @ matrix.T
    return coefs


def _evaluate(local: Array, panel: Any, coefs: Array) -> Array:
    """Polynomials of each row's panel at the row: (kernel, n). Rows in panel order."""
    sums = np.empty((len(coefs), len(local)))
    for start in range(0, len(local), _BLOCK):
        table = _chebyshev(local[start : start + _BLOCK])
        present, firsts = np.unique(panel[start : start + _BLOCK], return_index=True)
        ends = np.append(firsts[1:], table.shape[1])
        for one, first, end in zip(present, firsts, ends, strict=True):
            part = slice(start + first, start + end)
            np.matmul(coefs[:, one], table[:, first:end], out=sums[:, part])
    return sums


def _far(f: Array, panel: Any, panels: Array, weights: Array) -> tuple[Array, Array]:
    """Value and slope that the scores far above add: ``f_j - f_i`` and 1."""
    size = len(panels) + 1
    sums = [np.bincount(panel, one, minlength=size) for one in (weights, weights * f)]
    # Of this panel and all above it.
    mass, total = (one[::-1].cumsum()[::-1] for one in sums)
    first = np.searchsorted(panels, panels + _NEAR, side="right")[panel]
    return total[first] - f * mass[first], mass[first]
