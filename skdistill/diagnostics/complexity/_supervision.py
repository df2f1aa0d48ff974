"""Supervision complexity: how hard targets are for a student, before it is fitted."""

from typing import Any

import numpy.typing as npt

from skdistill.diagnostics.complexity._measure import measure
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._solve import Approximation

__all__ = ["supervision_complexity"]


def supervision_complexity(
    kernel: Any,
    targets: npt.ArrayLike,
    *,
    jitter: float = 1e-6,
    method: str = "auto",
    center: bool = False,
    n_components: int = 500,
    tol: float = 1e-2,
    max_iter: int = 500,
    random_state: Any = None,
) -> SupervisionComplexity:
    """Measure how hard `targets` are for a student with the given kernel.

    The squared norm of the simplest function of the kernel that passes through the
    targets, ``t' K^-1 t`` [1]_. A student whose kernel this is learns simple targets
    from few rows and complex ones hardly; so teachers, temperatures, stages and
    corrected targets can be ranked before a student is fitted. The paper's claim is
    about wide networks; for a forest or a booster the kernel is a proposal.

    Parameters
    ----------
    kernel : array-like of shape (n_samples, n_samples), or kernel object
        Kernel matrix of the student on the rows of the targets, or an object with
        ``gram(rows, cols)`` (see `student_kernel`). For matrix-valued kernels of shape
        (n_samples * n_outputs, n_samples * n_outputs), with consecutive rows for the
        outputs of one sample, targets are stacked likewise.
    targets : array-like of shape (n_samples,) or (n_samples, n_columns)
        What the student is asked to match; logits, probabilities, coded labels. The
        columns are summed, which is the matrix-valued complexity for ``K`` times the
        identity.
    jitter : float, default=1e-6
        Added to the diagonal of the kernel, as a share of the mean of the diagonal.
        The number depends on it wherever the kernel is nearly singular.
    method : {"auto", "cholesky", "nystroem", "cg"}, default="auto"
        "cholesky" is exact and holds one matrix of 8 n^2 bytes. "nystroem" takes
        `n_components` landmarks and reads the kernel once; "cg" refines it by
        conjugate gradients until `tol` is reached, and keeps the matrix up to 2 GiB
        (16,384 rows), beyond which it is made again for every product. Both hold
        16 n `n_components` bytes besides and report a bound on their error. "auto" is
        "cholesky" up to 8000 rows of the matrix, then "cg"; where memory allows
        "cholesky" is the better choice beyond too.
    center : bool, default=False
        Whether to code labels or probabilities by `center_targets` first.
    n_components : int, default=500
        Landmarks: rows of the matrix, randomly drawn; whole samples of a matrix-valued
        kernel.
    tol : float, default=0.01
        Relative error of "cg".
    max_iter : int, default=500
        Products with the kernel matrix that "cg" may take.
    random_state : int, RandomState instance or None, default=None
        Draws the landmarks.

    Returns
    -------
    SupervisionComplexity
        Complexities are compared with ``<``; see there when that is refused.

    Raises
    ------
    TypeError
        If kernel or targets are not real numbers.
    ValueError
        If the kernel is not square, symmetric, finite and positive definite; targets
        have another length, a NaN or a single value; `jitter` is not positive; or
        `method` is unknown.

    Warns
    -----
    ComplexityWarning
        If the bounds of an approximate method leave a relative error above 0.1.

    References
    ----------
    .. [1] H. Harutyunyan et al., "Supervision Complexity and its Role in Knowledge
       Distillation", ICLR 2023.

    Examples
    --------
    >>> from sklearn.metrics.pairwise import rbf_kernel
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import supervision_complexity
    >>> X, y, proba = make_known_bayes(200, random_state=0)
    >>> K = rbf_kernel(X, gamma=0.1)
    >>> labels = supervision_complexity(K, y, center=True)
    >>> soft = supervision_complexity(K, proba, center=True)
    >>> soft < labels, labels.method, labels.relative_error
    (True, 'cholesky', 0.0)
    """
    measured = measure(
        kernel,
        {"targets": targets},
        jitter=jitter,
        method=method,
        center=center,
        settings=Approximation(n_components, tol, max_iter, random_state),
    )
    return measured.records["targets"]
