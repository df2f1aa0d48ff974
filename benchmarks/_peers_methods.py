"""Ways of distilling of ``peers.py``: each package as its own documentation uses it.

A way is a function of a :class:`Case` that yields :class:`Fitted`, one a student, after
a fit that it timed. Packages are imported in their own function, so that each can live
in an environment of its own.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.multioutput import MultiOutputRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier

LEAVES, TREES, ROUNDS = 32, 10, 20
#: Name: the student as a classifier and as a regressor, otherwise at their defaults.
STUDENTS = {
    "tree": (
        DecisionTreeClassifier(max_leaf_nodes=LEAVES),
        DecisionTreeRegressor(max_leaf_nodes=LEAVES),
    ),
    "forest": (RandomForestClassifier(TREES), RandomForestRegressor(TREES)),
    "booster": (
        HistGradientBoostingClassifier(max_iter=ROUNDS),
        HistGradientBoostingRegressor(max_iter=ROUNDS),
    ),
}
TEACHERS = {
    "forest": RandomForestClassifier(),
    "smooth forest": RandomForestClassifier(min_samples_leaf=5),
}


@dataclass
class Case:
    """A split of a data set, and what is measured on it."""

    X: np.ndarray
    y: np.ndarray
    categorical: list
    teacher_name: str
    students: list
    seed: int
    time_limit: float
    classes: np.ndarray = field(init=False)

    def __post_init__(self):
        self.classes = np.unique(self.y)

    @property
    def teacher(self):
        return TEACHERS[self.teacher_name]

    def seeded(self, model):
        """Return a clone with this case's seed."""
        return clone(model).set_params(random_state=self.seed)

    def frame(self, X, *, categories):
        """Return rows as a frame; the codes of categories as such, or as numbers."""
        frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
        if categories:
            names = [f"x{j}" for j in self.categorical]
            frame = frame.astype(dict.fromkeys(names, int))
            frame = frame.astype(dict.fromkeys(names, "category"))
        return frame


@dataclass
class Fitted:
    """A fitted student: its way, processor seconds of all it needed, probabilities."""

    student: str
    method: str
    seconds: float
    proba: Callable


@contextmanager
def clock():
    """Yield a list that holds the processor seconds of the block after it."""
    seconds, started = [], time.process_time()
    yield seconds
    seconds.append(time.process_time() - started)


def two_columns(values):
    """Return a regressor's output as one column a class."""
    values = np.asarray(values)
    return np.column_stack([1 - values, values]) if values.ndim == 1 else values


def fit_regressor(case, regressor, proba):
    """Fit a regressor to probabilities; two classes are one column."""
    regressor = case.seeded(regressor)
    if proba.shape[1] == 2:
        return regressor.fit(case.X, proba[:, 1])
    if isinstance(regressor, HistGradientBoostingRegressor):
        regressor = MultiOutputRegressor(regressor)
    return regressor.fit(case.X, proba)


def by_hand(case):
    """Labels, and a regressor on the teacher's probabilities, as one writes them."""
    with clock() as teacher_seconds:
        teacher = case.seeded(case.teacher).fit(case.X, case.y)
    yield Fitted("", "teacher", *teacher_seconds, teacher.predict_proba)
    with clock() as seen_seconds:
        seen = teacher.predict_proba(case.X)
    folds = StratifiedKFold(5, shuffle=True, random_state=case.seed)
    with clock() as folds_seconds:
        out_of_fold = cross_val_predict(
            case.seeded(case.teacher), case.X, case.y, cv=folds, method="predict_proba"
        )
    for name in case.students:
        classifier, regressor = STUDENTS[name]
        with clock() as seconds:
            fitted = case.seeded(classifier).fit(case.X, case.y)
        yield Fitted(name, "labels", *seconds, fitted.predict_proba)
        for method, proba, shared in (
            ("by hand, in sample", seen, teacher_seconds[0] + seen_seconds[0]),
            ("by hand, out of fold", out_of_fold, folds_seconds[0]),
        ):
            with clock() as seconds:
                fitted = fit_regressor(case, regressor, proba)
            predict = fitted.predict
            yield Fitted(
                name,
                method,
                seconds[0] + shared,
                lambda X, predict=predict: two_columns(predict(X)),
            )


def ours(case):
    """Distil with the default, into a classifier and a regressor, and plainly."""
    for name in case.students:
        classifier, regressor = STUDENTS[name]
        ways = {
            "skdistill": CrossFitDistiller(case.teacher, classifier),
            "skdistill, in sample": DistilledClassifier(case.teacher, classifier),
        }
        if name == "forest":  # its regressor tries all features at a split
            ways["skdistill, regressor"] = CrossFitDistiller(case.teacher, regressor)
        for method, distiller in ways.items():
            with clock() as seconds:
                fitted = case.seeded(distiller).fit(case.X, case.y)
            yield Fitted(name, method, *seconds, fitted.predict_proba)


def imodels(case):
    """``DistilledRegressor``, which knows two classes."""
    from imodels import DistilledRegressor  # noqa: PLC0415  # may not be installed

    if len(case.classes) > 2:
        return
    for name in case.students:
        teacher, student = case.seeded(case.teacher), case.seeded(STUDENTS[name][1])
        with clock() as seconds:
            fitted = DistilledRegressor(teacher, student).fit(case.X, case.y)
        yield Fitted(
            name,
            "imodels",
            *seconds,
            lambda X, fitted=fitted: two_columns(fitted.predict(X)),
        )


#: The same students in AutoGluon's words; its boosting takes the rounds that its early
#: stopping chooses.
AUTOGLUON_STUDENTS = {
    "tree": {
        "RF": {
            "n_estimators": 1,
            "bootstrap": False,
            "max_features": 1.0,
            "max_leaf_nodes": LEAVES,
        }
    },
    "forest": {"RF": {"n_estimators": TREES}},
    "booster": {"GBM": {}},
}


def autogluon(case):
    """``TabularPredictor.distill``: its own teacher, and students of the same sizes."""
    from autogluon.tabular import TabularPredictor  # noqa: PLC0415

    train = case.frame(case.X, categories=True).assign(target=case.y)
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            "target", path=folder, eval_metric="log_loss", verbosity=0
        )
        with clock() as teacher:
            predictor.fit(train, time_limit=case.time_limit, num_cpus=1)

        def proba_of(model):
            predictor.persist([model])
            return lambda X: predictor.predict_proba(
                case.frame(X, categories=True), model=model
            ).to_numpy()

        yield Fitted(
            "", "AutoGluon's teacher", *teacher, proba_of(predictor.model_best)
        )
        for name in case.students:
            for method, augment in (
                ("AutoGluon", "spunge"),
                ("AutoGluon, no augmentation", None),
            ):
                with clock() as seconds:
                    made = predictor.distill(
                        hyperparameters=AUTOGLUON_STUDENTS[name],
                        augment_method=augment,
                        models_name_suffix=f"{name}_{augment}",
                        time_limit=case.time_limit / 3,
                    )
                (model,) = (one for one in made if "Ensemble" not in one)
                yield Fitted(name, method, seconds[0] + teacher[0], proba_of(model))


def tabtune(case):
    """``TabDistiller``: our forest, which has to be fitted, and its own xRFM by name.

    A fitted teacher needs ``n_folds=1``; it labels the rows it was fitted on. xRFM is
    the one teacher by name that is trained here and not downloaded. Students: LightGBM
    of our size, and as TabTune has it. Both see categories as numbers: its students
    drop other columns.
    """
    from tabtune.distillation import TabDistiller  # noqa: PLC0415

    if "booster" not in case.students:
        return
    train, labels = case.frame(case.X, categories=False), pd.Series(case.y)
    small = {"n_estimators": ROUNDS, "learning_rate": 0.1}

    def proba_of(fitted):
        return lambda X: fitted.predict_proba(case.frame(X, categories=False))

    with clock() as seconds:
        teacher = case.seeded(case.teacher).fit(train, labels)
        fitted = TabDistiller(
            [teacher],
            "lgbm",
            n_folds=1,
            student_params=small,
            random_state=case.seed,
        ).fit(train, labels)
    yield Fitted("booster", "TabTune, our teacher", *seconds, proba_of(fitted))
    with clock() as seconds:
        fitted = TabDistiller("XRFM", "lgbm", random_state=case.seed).fit(train, labels)
    (teacher,) = fitted.teacher_pipelines_
    yield Fitted("", "TabTune's xRFM", np.nan, proba_of(teacher))
    yield Fitted("booster", "TabTune, xRFM", *seconds, proba_of(fitted))


PACKAGES = {
    "hand": by_hand,
    "skdistill": ours,
    "imodels": imodels,
    "autogluon": autogluon,
    "tabtune": tabtune,
}
