"""What a complexity is, and when two of them may be compared."""

from dataclasses import dataclass

__all__ = ["SupervisionComplexity"]

#: What two complexities must share, and its name in a message.
_SHARED = {
    "n_samples": "n_samples",
    "fingerprint": "kernel",
    "jitter": "jitter",
    "method": "method",
}


@dataclass(frozen=True, slots=True)
class SupervisionComplexity:
    """How hard targets are for a student with a given kernel.

    ``a < b`` says that the targets of `a` are simpler, by `normalized`. It is refused
    unless both were measured on the same kernel and rows, with the same jitter, by the
    same method: the numbers are no units that carry over. ``==`` compares the fields.

    Attributes
    ----------
    raw : float
        ``t' (K + jitter * mean(diag K) * I)^-1 t``, summed over the columns of the
        targets: the squared length of the simplest function through them.
    adjusted : float
        ``sqrt(raw * trace) / n_samples``, with the trace of the same matrix (per output
        for a matrix-valued kernel): the capacity term of the margin bound. The kernel's
        scale cancels.
    normalized : float
        `adjusted` over the root mean square length of the targets' rows: 1 for
        ``K = I``. The one to compare temperatures or soft with hard targets by.
    jitter : float
        Added to the diagonal, as a share of its mean.
    jitter_share : float
        Share of `raw` that the jitter alone causes, in [0, 1]. Near 1 the kernel cannot
        represent the targets at all, and `raw` is a distance from those it can, divided
        by the jitter: a linear kernel with fewer features than rows always does so.
    n_samples, n_targets : int
        Rows and columns of the targets.
    kernel : str
        Its name.
    fingerprint : str
        Equal for equal kernels on equal rows.
    method : {"cholesky", "nystroem", "cg"}
    relative_error : float
        Bound, not a guess: the exact value is within a factor of ``1 + relative_error``
        of `raw`. For "cg" it is not below `raw`, and as a rule much nearer than the
        bound says. 0 is exact up to rounding.
    """

    raw: float
    adjusted: float
    normalized: float
    jitter: float
    jitter_share: float
    n_samples: int
    n_targets: int
    kernel: str
    fingerprint: str
    method: str
    relative_error: float

    def times(self, other: "SupervisionComplexity") -> float:
        """How many times as complex as `other` these targets are, by `normalized`.

        Parameters
        ----------
        other : SupervisionComplexity

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If kernel, rows, jitter or method differ.

        Examples
        --------
        >>> import numpy as np
        >>> from skdistill.diagnostics import supervision_complexity
        >>> x = np.linspace(0, 1, 20)
        >>> kernel = np.exp(-np.subtract.outer(x, x) ** 2)
        >>> smooth = supervision_complexity(kernel, np.sin(x))
        >>> rough = supervision_complexity(kernel, np.sin(90 * x))
        >>> bool(rough.times(smooth) > 100)
        True
        """
        self._refuse_other_scale(other)
        return self.normalized / other.normalized

    def __lt__(self, other: object) -> bool:
        return self._ordered(other).normalized > self.normalized

    def __gt__(self, other: object) -> bool:
        return self._ordered(other).normalized < self.normalized

    def __le__(self, other: object) -> bool:
        return self._ordered(other).normalized >= self.normalized

    def __ge__(self, other: object) -> bool:
        return self._ordered(other).normalized <= self.normalized

    def _ordered(self, other: object) -> "SupervisionComplexity":
        if not isinstance(other, SupervisionComplexity):
            raise TypeError(
                "other must be a SupervisionComplexity, got "
                f"{type(other).__name__}. Compare .normalized with numbers."
            )
        self._refuse_other_scale(other)
        return other

    def _refuse_other_scale(self, other: "SupervisionComplexity") -> None:
        for field, name in _SHARED.items():
            mine, theirs = getattr(self, field), getattr(other, field)
            if mine == theirs:
                continue
            if field == "fingerprint":
                mine, theirs = (
                    f"{r.kernel!r} ({r.fingerprint:.6})" for r in (self, other)
                )
            raise ValueError(
                f"complexities must have the same {name} to be compared, got {mine} "
                f"and {theirs}. Measure both with one call of rank_supervision."
            )
