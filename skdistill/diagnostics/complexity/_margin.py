"""The margin bound of Harutyunyan et al. (2023), term by term."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skdistill._validation import check_positive
from skdistill.diagnostics.complexity._measure import measure
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._solve import Approximation
from skdistill.diagnostics.complexity._targets import center_targets, check_targets

__all__ = ["MarginBound", "margin_bound"]

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class MarginBound:
    """What the bound on a student's error consists of. No certificate: it exceeds 1.

    Attributes
    ----------
    teacher_error : float
        Share of the rows whose label the teacher gets wrong, in [0, 1].
    margin_share : float
        Share of the rows where the student follows the teacher by less than the
        margin, in [0, 1].
    capacity : float
        ``(2 sqrt(raw) + 2) sqrt(trace) / (margin n)``: the complexity of the targets.
    confidence : float
        ``3 sqrt(log(2 M0 / delta) / (2 n))``.
    total : float
        Their sum, as a rule far above 1.
    margin, delta : float
        The bound would hold with probability ``1 - delta``.
    complexity : SupervisionComplexity
        Of the teacher's values.
    """

    teacher_error: float
    margin_share: float
    capacity: float
    confidence: float
    total: float
    margin: float
    delta: float
    complexity: SupervisionComplexity

    @property
    def vacuous(self) -> bool:
        """Whether the bound says nothing: an error is never above 1."""
        return self.total >= 1


def margin_bound(
    kernel: Any,
    teacher: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    margin: float = 0.5,
    delta: float = 0.05,
    jitter: float = 1e-6,
    method: str = "auto",
    n_components: int = 500,
    tol: float = 1e-2,
    max_iter: int = 500,
    random_state: Any = None,
) -> MarginBound:
    """Show the terms of the margin bound [1]_ for a student of two classes.

    **It is vacuous as a certificate, and its constants are unverified**: they were not
    checked against the paper, and the sum is usually above 1, often by far. Use it to
    see which of three levers differs between teachers: how right the teacher is, by
    what margin the student follows, and how complex its values are.

    The student is the function of least norm that fits the teacher's values with the
    jitter as ridge; it is not fitted by a learner.

    Parameters
    ----------
    kernel : array-like of shape (n_samples, n_samples), or kernel object
        As in `supervision_complexity`, with one output.
    teacher : array-like of shape (n_samples,) or (n_samples, 2)
        Values that are positive for the second class, or probabilities of both. The
        teacher should not have seen the rows.
    y : array-like of shape (n_samples,)
        Labels, of two classes.
    margin : float, default=0.5
        In units of the teacher's values; of probabilities the value is ``2 p - 1``.
    delta : float, default=0.05
        In (0, 1).
    jitter, method, n_components, tol, max_iter, random_state
        As in `supervision_complexity`.

    Returns
    -------
    MarginBound

    Raises
    ------
    ValueError
        If there are not two classes, `delta` is not in (0, 1), or as in
        `supervision_complexity`.

    References
    ----------
    .. [1] H. Harutyunyan et al., "Supervision Complexity and its Role in Knowledge
       Distillation", ICLR 2023.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import margin_bound, student_kernel
    >>> X, y, proba = make_known_bayes(200, random_state=0)
    >>> bound = margin_bound(student_kernel(SVC(gamma=0.1), X), proba, y)
    >>> bound.vacuous
    True
    """
    margin = check_positive("margin", margin)
    if not 0 < check_positive("delta", delta) < 1:
        raise ValueError(f"delta must be a number in (0, 1), got {delta!r}.")
    values = np.asarray(teacher)
    if values.ndim == 2:
        values = center_targets(values)
    values = check_targets("teacher", values)
    signs = center_targets(np.unique(np.asarray(y), return_inverse=True)[1])
    if signs.ndim != 1 or values.shape != (len(signs), 1):
        raise ValueError(
            "teacher and y must be of two classes and as many rows, got shapes "
            f"{values.shape} and {signs.shape}."
        )
    measured = measure(
        kernel,
        {"teacher": values},
        jitter=jitter,
        method=method,
        center=False,
        settings=Approximation(n_components, tol, max_iter, random_state),
        label="{}",
    )
    record = measured.records["teacher"]
    return _terms(measured, record, values[:, 0], signs, margin, delta)


def _terms(
    measured: Any,
    record: SupervisionComplexity,
    values: Array,
    signs: Array,
    margin: float,
    delta: float,
) -> MarginBound:
    n = record.n_samples
    student = values - measured.ridge * measured.x[:, 0]  # K x, as (K + ridge) x = g
    trace = float((measured.diagonal + measured.ridge).sum())
    largest = float((measured.diagonal + measured.ridge).max())
    n_margins = np.ceil(margin * np.sqrt(n) / (2 * np.sqrt(largest)))
    parts = {
        "teacher_error": float((signs * values <= 0).mean()),
        "margin_share": float((np.sign(values) * student <= margin).mean()),
        "capacity": float(
            (2 * np.sqrt(record.raw) + 2) * np.sqrt(trace) / (margin * n)
        ),
        "confidence": float(3 * np.sqrt(np.log(2 * n_margins / delta) / (2 * n))),
    }
    return MarginBound(
        **parts,
        total=sum(parts.values()),
        margin=margin,
        delta=delta,
        complexity=record,
    )
