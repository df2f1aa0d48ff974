"""Which route takes soft targets to a learner, and what that costs against labels.

The first table: every learner fitted by its route to the probabilities of a teacher
that did not see the rows, over the same learner's own fit on the labels of the same
rows; a regressor's labels are 0 and 1, one column a class. 20 columns. No requirement.
The list below it: learners that no route serves, and what they are told.

Both fits run in turn in one process, the one that begins changes every round, and a
number is the ratio of medians of processor times, BLAS and OpenMP limited to one
thread. Small models, so that overheads count; empty where 10 classes would be slow.

Libraries that are not installed are left out.
"""

import argparse
import sys
import time
import warnings
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from _common import announce, interleaved, print_table, teacher_targets
from sklearn.base import clone, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import (
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
)
from threadpoolctl import threadpool_limits

from skdistill.students import SoftLogisticRegression, find_route, fit_student
from skdistill.targets import Targets

LIBRARIES = ("xgboost", "lightgbm", "catboost", "imodels")
TREE = DecisionTreeClassifier(random_state=0)
EPOCHS = {"max_iter": 10, "n_iter_no_change": 10, "random_state": 0}

#: Learners whose fit on 10 classes takes long.
SLOW = (
    "GradientBoostingClassifier",
    "BaggingClassifier",
    "SVR",
    "MLPClassifier",
    "FIGSClassifier",
    "CalibratedClassifierCV",
    "XGBRFClassifier",
)


def sklearn_learners():
    return [
        LogisticRegression(),
        SoftLogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        LogisticRegression(l1_ratio=1, solver="saga", max_iter=20),
        TREE,
        ExtraTreeClassifier(random_state=0),
        RandomForestClassifier(20, random_state=0),
        ExtraTreesClassifier(20, random_state=0),
        DecisionTreeClassifier(criterion="entropy", random_state=0),
        RandomForestClassifier(20, criterion="entropy", random_state=0),
        HistGradientBoostingClassifier(max_iter=20, random_state=0),
        GradientBoostingClassifier(n_estimators=10, random_state=0),
        AdaBoostClassifier(n_estimators=20, random_state=0),
        BaggingClassifier(random_state=0),
        MLPClassifier(**EPOCHS),
        SGDClassifier(loss="log_loss", random_state=0),
        CalibratedClassifierCV(LinearSVC(max_iter=100)),
        GaussianNB(),
        BernoulliNB(),
        make_pipeline(MinMaxScaler(), MultinomialNB()),
        DecisionTreeRegressor(random_state=0),
        RandomForestRegressor(20, random_state=0),
        BaggingRegressor(random_state=0),
        Ridge(),
        KNeighborsRegressor(),
        MLPRegressor(**EPOCHS),
        GradientBoostingRegressor(n_estimators=20, random_state=0),
        HistGradientBoostingRegressor(max_iter=20, random_state=0),
        LinearSVR(max_iter=100, random_state=0),
        SVR(),
    ]


def other_learners(installed):
    found = []
    if "xgboost" in installed:
        xgboost = import_module("xgboost")
        found += [
            xgboost.XGBClassifier(n_estimators=20, n_jobs=1),
            xgboost.XGBRFClassifier(n_estimators=20, n_jobs=1),
        ]
    if "lightgbm" in installed:
        lightgbm = import_module("lightgbm")
        found.append(lightgbm.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1))
    if "catboost" in installed:
        catboost = import_module("catboost")
        quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
        found.append(catboost.CatBoostClassifier(iterations=20, **quiet))
    if "imodels" in installed:
        imodels = import_module("imodels")
        found += [
            imodels.FIGSClassifier(max_rules=6),
            imodels.GreedyTreeClassifier(random_state=0),
            imodels.HSTreeClassifier(random_state=0),
            imodels.FIGSRegressor(max_rules=6),
        ]
    return found


def refused_learners(installed):
    pair = [("tree", TREE), ("bayes", GaussianNB())]
    found = [
        KNeighborsClassifier(),
        LinearDiscriminantAnalysis(),
        QuadraticDiscriminantAnalysis(),
        GaussianProcessClassifier(),
        LinearSVC(),
        RidgeClassifier(),
        SVC(),
        SVC(probability=True),
        OneVsRestClassifier(LogisticRegression()),
        VotingClassifier(pair, voting="soft"),
        StackingClassifier(pair),
        GridSearchCV(TREE, {"max_depth": [2, 3]}),
    ]
    if "imodels" in installed:
        imodels = import_module("imodels")
        found += [
            imodels.RuleFitClassifier(),
            imodels.BoostedRulesClassifier(),
            imodels.HSTreeClassifierCV(),
            imodels.SkopeRulesClassifier(),
            imodels.GreedyRuleListClassifier(),
        ]
    return found


def name_of(learner):
    """Return the constructor call, with what matters to the route alone."""
    if hasattr(learner, "steps"):
        return " + ".join(name_of(step) for _, step in learner.steps)
    if isinstance(learner, CalibratedClassifierCV):
        return f"CalibratedClassifierCV({name_of(learner.estimator)})"
    params = learner.get_params(deep=False)
    told = {"criterion": "entropy", "loss": "log_loss", "l1_ratio": 1}
    told["probability"] = True
    shown = [
        f"{name}={value!r}"
        for name, value in told.items()
        if params.get(name) == value and name in repr(learner)
    ]
    return f"{type(learner).__name__}({', '.join(shown)})"


def cost(learner, data, repeats):
    """Ratio of the fit by the route to the fit on labels."""
    if is_regressor(learner):
        columns = Targets(np.eye(len(data.classes))[data.codes])
        base = partial(fit_soft, learner, replace(data, targets=columns))
    else:
        base = partial(fit_labels, learner, data)
    contenders = {"base": base, "soft": partial(fit_soft, learner, data)}
    seconds = interleaved(contenders, repeats, warmup=1, clock=time.process_time)
    return f"{np.median(seconds['soft']) / np.median(seconds['base']):.1f}"


def fit_soft(learner, data):
    return fit_student(clone(learner), data)


def fit_labels(learner, data):
    return clone(learner).fit(data.X, data.labels)


def reason(learner):
    try:
        find_route(learner)
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{learner!r} is served.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--classes", type=int, nargs="+", default=[3, 10])
    parser.add_argument("--only", default="", help="learners whose name begins so")
    args = parser.parse_args()
    installed = [name for name in LIBRARIES if find_spec(name)]
    announce(*installed)
    problems = [teacher_targets(args.rows, k) for k in args.classes]
    rows = []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fits cut short do not converge
        for learner in sklearn_learners() + other_learners(installed):
            name = name_of(learner)
            if not name.startswith(args.only):
                continue
            costs = [
                ""
                if len(data.classes) > 5 and name.startswith(SLOW)
                else cost(learner, data, args.repeats)
                for data in problems
            ]
            rows.append((name, find_route(learner).name, *costs))
            print(rows[-1], file=sys.stderr, flush=True)
    print_table(("learner", "route", *(f"{k} classes" for k in args.classes)), rows)
    for learner in refused_learners(installed):
        print(f"* `{name_of(learner)}`: {reason(learner)}")


if __name__ == "__main__":
    main()
