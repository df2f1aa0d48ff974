"""Several targets of one student, from the simplest to the most complex."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy.typing as npt

from skdistill._frames import FrameHtml, as_frame
from skdistill.diagnostics.complexity._measure import measure
from skdistill.diagnostics.complexity._record import SupervisionComplexity
from skdistill.diagnostics.complexity._solve import Approximation

__all__ = ["SupervisionRanking", "rank_supervision"]

#: Share of the jitter from which a complexity says more about it than about targets.
_MOSTLY_JITTER = 0.5


@dataclass(frozen=True, slots=True)
class SupervisionRanking(FrameHtml):
    """Targets of one student, the simplest first.

    Attributes
    ----------
    names : tuple of str
        In the order of `normalized`.
    records : tuple of SupervisionComplexity
        In the same order.
    sentence : str
        The finding in words.
    """

    names: tuple[str, ...]
    records: tuple[SupervisionComplexity, ...]
    sentence: str

    def __getitem__(self, name: str) -> SupervisionComplexity:
        """Complexity of the targets of that name."""
        if name not in self.names:
            raise KeyError(f"name must be one of {list(self.names)}, got {name!r}.")
        return self.records[self.names.index(name)]

    def to_frame(self) -> Any:
        """Return a pandas data frame, one row per target, the simplest first.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        rows = [
            {"targets": name} | asdict(record)
            for name, record in zip(self.names, self.records, strict=True)
        ]
        return as_frame(rows, "targets")


def rank_supervision(
    kernel: Any,
    targets: Mapping[str, npt.ArrayLike],
    *,
    jitter: float = 1e-6,
    method: str = "auto",
    center: bool = True,
    n_components: int = 500,
    tol: float = 1e-2,
    max_iter: int = 500,
    random_state: Any = None,
) -> SupervisionRanking:
    """Rank teachers, temperatures, stages or corrected targets before fitting.

    All targets are measured on one kernel at the price of one factorisation, so that
    they can be compared.

    Parameters
    ----------
    kernel : array-like of shape (n_samples, n_samples), or kernel object
        As in `supervision_complexity`; see `student_kernel`.
    targets : mapping of str to array-like
        Each as in `supervision_complexity`: labels, probabilities of a teacher, ...
    jitter, method, n_components, tol, max_iter, random_state
        As in `supervision_complexity`.
    center : bool, default=True
        Whether labels and probabilities are coded by `center_targets`; False for
        logits and other values, which are taken as they are.

    Returns
    -------
    SupervisionRanking

    Raises
    ------
    TypeError, ValueError
        As `supervision_complexity`; the message names the targets.

    Notes
    -----
    Simple is not good: a teacher that knows nothing is the simplest of all, and the
    paper's claim is about teachers that are about equally right. Alone the number is a
    weak guide: over 14 teachers of one problem its rank correlation with the error of
    the student was 0.45, that of the teacher's Brier score (`teacher_quality`, on rows
    it did not see) 0.91 (``benchmarks/complexity.py``). Choose by that first.

    A temperature divides the logits and shrinks the targets with them. Once that is
    divided out it changes little (``benchmarks/complexity.py``): warming is no way to
    simple targets.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import rank_supervision, student_kernel
    >>> X, y, proba = make_known_bayes(200, random_state=0)
    >>> ranking = rank_supervision(
    ...     student_kernel(SVC(gamma=0.1), X), {"labels": y, "a perfect teacher": proba}
    ... )
    >>> ranking.names
    ('a perfect teacher', 'labels')
    """
    if not isinstance(targets, Mapping):
        raise TypeError(
            f"targets must map names to arrays, got {type(targets).__name__}."
        )
    if not targets:
        raise ValueError("targets must hold at least one array, got none.")
    measured = measure(
        kernel,
        {str(name): values for name, values in targets.items()},
        jitter=jitter,
        method=method,
        center=center,
        settings=Approximation(n_components, tol, max_iter, random_state),
        label="targets[{!r}]",
    )
    found = sorted(measured.records.items(), key=lambda item: item[1].normalized)
    return SupervisionRanking(
        names=tuple(name for name, _ in found),
        records=tuple(record for _, record in found),
        sentence=_sentence(found),
    )


def _sentence(found: list[tuple[str, SupervisionComplexity]]) -> str:
    (simplest, low), (hardest, high) = found[0], found[-1]
    scale = f"for {low.kernel} on {low.n_samples} rows, with jitter {low.jitter:g}"
    said = f"The complexity of {simplest!r} is {low.normalized:.3g} {scale}."
    if len(found) > 1:
        said = (
            f"Simplest of {len(found)} targets is {simplest!r} with a complexity of "
            f"{low.normalized:.3g}, most complex is {hardest!r} with "
            f"{high.normalized:.3g}, {high.times(low):.3g} times as much, {scale}. "
            "Simple targets are learned from fewer rows; whether they are right the "
            "teacher's log-loss says."
        )
    ties = [
        f"{a!r} and {b!r}" for (a, one), (b, two) in pairwise(found) if _tied(one, two)
    ]
    if ties:
        said += f" The method cannot tell apart {'; '.join(ties)}."
    if all(record.jitter_share > _MOSTLY_JITTER for _, record in found):
        said += (
            " Most of every complexity is the jitter: this kernel can represent none "
            "of the targets. Take a jitter like the student's own ridge, or a richer "
            "kernel."
        )
    return said


def _tied(low: SupervisionComplexity, high: SupervisionComplexity) -> bool:
    """Whether the bounds overlap; the normalized has the root of the raw's factor."""
    reach = (1 + low.relative_error) * (1 + high.relative_error)
    return bool(high.times(low) < reach**0.5)
