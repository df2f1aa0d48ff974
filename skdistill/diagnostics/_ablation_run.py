"""The students of a knowledge ablation: one set of probabilities, all targets."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, column_or_1d

from skdistill._sklearn_compat import caller_level, n_rows, take_rows
from skdistill._validation import check_positive, check_unit
from skdistill.diagnostics import _ablation as table
from skdistill.diagnostics._ablation import KnowledgeAblation
from skdistill.diagnostics._measure import held_out_losses
from skdistill.estimators import CrossFitDistiller, DistilledClassifier
from skdistill.targets import (
    ClassSimilarity,
    LabelSmoothing,
    PartialTeacher,
    Temperature,
    TopK,
    make_targets,
)

__all__ = ["knowledge_ablation"]

Array = npt.NDArray[Any]
Rules = dict[str, list[Any]]
#: Log-loss and hits of each row that judges.
Scores = dict[str, tuple[Array, Array]]


def knowledge_ablation(
    teacher: Any,
    student: Any,
    X: Any,
    y: npt.ArrayLike,
    *,
    cv: Any = 5,
    X_test: Any = None,
    y_test: npt.ArrayLike | None = None,
    test_size: float | None = 0.25,
    temperature: float = 1.0,
    eps: float | None = None,
    similarity: ClassSimilarity | None = None,
    top_k: int | float = 0.25,
    teacher_proba: npt.ArrayLike | None = None,
    n_jobs: int | None = None,
    random_state: Any = None,
) -> KnowledgeAblation:
    """Say what kind of a teacher's knowledge a student gains from.

    The student learns labels, smoothed labels, the teacher's confidence in each row
    (pt), its class relations (sim), both, its largest probabilities (top-k) and all of
    them (full KD), from one set of out-of-fold probabilities. The gain of full KD over
    labels is split into "universe" (smoothing), "domain" (class relations) and
    "instance" (confidence in each row), and a rest.

    Parameters
    ----------
    teacher : estimator or list of them
        As in :class:`skdistill.CrossFitDistiller`; fitted once a fold.
    student : estimator
    X : container with n_samples rows
    y : array-like of shape (n_samples,)
    cv : int, splitter or iterable of splits, default=5
        Folds of the teacher.
    X_test, y_test : like `X` and `y`, default=None
        Rows that judge the students.
    test_size : float or None, default=0.25
        Without test rows, the share of the rows, in (0, 1), that judges and that
        neither teacher nor student sees. None judges on the folds of the teacher,
        with all rows, but flatters it: the teachers of the training rows of a fold
        saw the labels that judge.
    temperature : float, default=1.0
        Of the teacher's probabilities, before all rules; in (0, inf).
    eps : float, default=None
        Of the smoothing, in [0, 1]. None gives labels the mean confidence that the
        teacher has in them, so that pt differs from smoothing by its rows alone.
    similarity : ClassSimilarity, default=None
        The rule of "sim", whose similarities "pt+sim" takes too. With None labels keep
        what smoothing leaves them, and the rest goes by the default similarities: the
        `mix` of the rule could not give labels so little where classes are distinct.
    top_k : int or float, default=0.25
        As in :class:`skdistill.targets.TopK`.
    teacher_proba : array-like of shape (n_samples, n_classes), default=None
        Out-of-fold probabilities at hand, columns in ``np.unique(y)`` order; then no
        teacher is fitted.
    n_jobs : int, default=None
        Folds of the teacher at a time.
    random_state : int, RandomState instance or None, default=None
        Seeds the held-out rows, the folds, teacher and student.

    Returns
    -------
    KnowledgeAblation

    Raises
    ------
    TypeError, ValueError
        If a parameter or the data are refused; before any teacher is fitted.

    References
    ----------
    .. [1] J. Tang et al., "Understanding and Improving Knowledge Distillation",
       2020. :doi:`10.48550/arXiv.2002.03532`

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.diagnostics import knowledge_ablation
    >>> X, y = load_digits(return_X_y=True)
    >>> found = knowledge_ablation(
    ...     RandomForestClassifier(20), DecisionTreeClassifier(max_depth=6), X, y,
    ...     cv=3, random_state=0,
    ... )
    >>> [row.name for row in found.rows]
    ['labels', 'smoothing', 'pt', 'sim', 'pt+sim', 'top-k', 'full KD']
    >>> found.n_teacher_fits
    3
    """
    _check(student, cv, eps, similarity, test_size, X_test)
    softened = check_positive("temperature", temperature) != 1
    temper = [Temperature(temperature)] if softened else []
    top = TopK(top_k)
    seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=2)
    y = np.asarray(column_or_1d(y))
    _check_rows(X, y, X_test, y_test)
    n_classes = len(np.unique(y))
    # On nothing yet: rules that do not fit the classes are refused before teachers are.
    blank = np.full((n_classes, n_classes), 0.5 / n_classes) + 0.5 * np.eye(n_classes)
    tried = _rules(blank, np.arange(n_classes), temper, eps, similarity, top)
    for chain in tried.values():
        make_targets(blank, np.arange(n_classes), rules=chain)
    judges = _judges(X, y, X_test, y_test, test_size, int(seeds[0]))
    n_samples = len(y)
    X, y = take_rows(X, judges.train), y[judges.train]
    if teacher_proba is not None:
        if judges.X is None:
            raise ValueError(
                "test_size must be a number with teacher_proba, which has no folds to "
                "judge on, got None."
            )
        if n_rows(teacher_proba) != n_samples:
            raise ValueError(
                f"teacher_proba must have a row for each row of X, {n_samples}, got "
                f"{n_rows(teacher_proba)}."
            )
        teacher_proba = take_rows(teacher_proba, judges.train)
    distiller = CrossFitDistiller(
        teacher,
        student,
        cv=cv,
        alpha=1.0,
        correction=None,
        n_jobs=n_jobs,
        random_state=int(seeds[1]),
    )

    def run() -> tuple[Rules, Scores]:
        distiller.fit(X, y, teacher_proba=teacher_proba)
        codes = np.searchsorted(distiller.classes_, y)
        proba = distiller.teacher_proba_
        rules = _rules(proba, codes, temper, eps, similarity, top)
        if judges.X is None:
            return rules, _out_of_fold(distiller, rules, X, y)
        return rules, _scores(distiller, rules, judges.X, judges.y)

    rules, scores = _warning_once(run)
    record = distiller.crossfit_
    return table.summarise(
        rules,
        losses={name: losses for name, (losses, _) in scores.items()},
        hits={name: hits for name, (_, hits) in scores.items()},
        n_teacher_fits=len(record.fit_seconds),
        scored_on=judges.name,
        proba=record.proba,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Judges:
    """Rows to learn from, and those that judge (X None: the folds do)."""

    name: str
    train: Array
    X: Any
    y: Any


def _judges(
    X: Any, y: Array, X_test: Any, y_test: Any, test_size: float | None, seed: int
) -> _Judges:
    if (X_test is None) is not (y_test is None):
        raise ValueError("X_test and y_test must be given both or not at all.")
    rows = np.arange(n_rows(X))
    if X_test is not None:
        return _Judges("test rows", rows, X_test, np.asarray(column_or_1d(y_test)))
    if test_size is None:
        return _Judges("out-of-fold rows", rows, None, None)
    counts = np.unique(y, return_counts=True)[1]
    rows, test = train_test_split(
        rows,
        test_size=test_size,
        stratify=y if counts.min() > 1 else None,
        random_state=seed,
    )
    test = np.sort(test)
    return _Judges("held-out rows", np.sort(rows), take_rows(X, test), y[test])


def _check(
    student: Any, cv: Any, eps: Any, similarity: Any, test_size: Any, X_test: Any
) -> None:
    if isinstance(student, list | tuple):
        raise TypeError(
            f"student must be one estimator, got a list of {len(student)}: targets "
            "would be compared on different students."
        )
    if isinstance(cv, str) and test_size is None and X_test is None:
        raise ValueError(
            f"cv must have folds with test_size=None, got {cv!r}. Use test_size=0.25."
        )
    if eps is not None:
        check_unit("eps", eps)
    if similarity is not None and not isinstance(similarity, ClassSimilarity):
        raise TypeError(
            f"similarity must be None or a ClassSimilarity, got {similarity!r}."
        )
    if test_size is not None and not 0 < check_unit("test_size", test_size) < 1:
        raise ValueError(f"test_size must be None or in (0, 1), got {test_size!r}.")


def _check_rows(X: Any, y: Array, X_test: Any, y_test: Any) -> None:
    if n_rows(X) != len(y):
        raise ValueError(
            f"y must have a label for each row of X, {n_rows(X)}, got {len(y)}."
        )
    if X_test is None or y_test is None:
        return
    labels = np.asarray(column_or_1d(y_test))
    if not len(labels) or n_rows(X_test) != len(labels):
        raise ValueError(
            "y_test must have a label for each row of X_test, at least one, got "
            f"{len(labels)} for {n_rows(X_test)}."
        )
    unknown = ~np.isin(labels, y)
    if unknown.any():
        raise ValueError(
            f"y_test must hold labels of y, got '{labels[unknown][0]}' in "
            f"{int(unknown.sum())} rows."
        )


def _rules(
    proba: Array,
    codes: Array,
    temper: list[Any],
    eps: float | None,
    similarity: ClassSimilarity | None,
    top: TopK,
) -> Rules:
    """Rules of each target but the labels, with the teacher's mean confidence."""
    known = ~np.isnan(proba[:, 0])
    proba, codes = proba[known], codes[known]
    for rule in temper:
        proba = rule(proba)
    n_classes = proba.shape[1]
    doubt = 1 - proba[np.arange(len(codes)), codes].mean()
    if eps is None:
        eps = float(min(doubt * n_classes / (n_classes - 1), 1))
    smoothing = LabelSmoothing(eps)
    if similarity is None:
        similarity = ClassSimilarity()
        vectors = similarity.vectors_of(proba, codes)
        fixed = ClassSimilarity(similarity.temperature, vectors=vectors)
        similar = [smoothing, PartialTeacher(spread=fixed)]
    else:
        similar = [*temper, similarity]
    return {
        table.SMOOTHING: [smoothing],
        table.PT: [*temper, PartialTeacher()],
        table.SIM: similar,
        table.PT_SIM: [*temper, PartialTeacher(spread=similarity)],
        table.TOP: [*temper, top],
        table.FULL: temper,
    }


def _scores(distiller: Any, rules: Rules, X: Any, y: Array) -> Scores:
    """Log-loss and hits of each row, target by target; the distiller is refitted."""
    settings: dict[str, dict[str, Any]] = {table.LABELS: {"alpha": 0.0}}
    settings |= {name: {"alpha": 1.0, "target": one} for name, one in rules.items()}
    scores = {}
    for name, params in settings.items():
        distiller.refit_student(**params)
        proba = distiller.predict_proba(X)
        hits = distiller.classes_[proba.argmax(axis=1)] == y
        scores[name] = held_out_losses(proba, y, distiller.classes_), hits
    return scores


def _out_of_fold(
    distiller: CrossFitDistiller, rules: Rules, X: Any, y: Array
) -> Scores:
    """Score on the folds of the teacher, its probabilities held fixed."""
    proba, parts = distiller.teacher_proba_, []
    known = ~np.isnan(proba[:, 0])
    for outside, test in distiller.crossfit_.splits:
        train = outside[known[outside]]
        if len(np.unique(y[train])) < len(distiller.classes_):
            raise ValueError(
                "cv must leave labelled rows of every class outside each fold to judge "
                "on folds, got a fold that does not. Use test_size=0.25."
            )
        fold = DistilledClassifier(
            None, clone(distiller.student), random_state=distiller.random_state
        )
        fold.fit(take_rows(X, train), y[train], teacher_proba=proba[train])
        parts.append(_scores(fold, rules, take_rows(X, test), y[test]))
    return {
        name: (
            np.concatenate([part[name][0] for part in parts]),
            np.concatenate([part[name][1] for part in parts]),
        )
        for name in parts[0]
    }


def _warning_once(run: Callable[[], Any]) -> Any:
    """Run, and raise each warning that came up once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run()
    for category, message in dict.fromkeys(
        (one.category, str(one.message)) for one in caught
    ):
        warnings.warn(message, category, stacklevel=caller_level())
    return result
