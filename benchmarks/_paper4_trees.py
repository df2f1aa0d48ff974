"""D5 of paper 4: trees of growing depth as teachers, and their figure."""

import numpy as np
from _paper4_problem import distance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier

from skdistill import DistilledClassifier
from skdistill.datasets import make_known_bayes
from skdistill.diagnostics import rank_teachers

DEPTHS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, None)
N_TEACHER, N_STUDENT, N_FRESH = 4000, 600, 20_000


def quadratic_student():
    return make_pipeline(
        PolynomialFeatures(2, include_bias=False),
        LogisticRegression(C=1 / (1e-4 * N_STUDENT), max_iter=10_000),
    )


def tree_teachers(seed):
    """Return depth -> (distance, accuracy, student's AUC, Brier on fresh rows)."""
    X, y, truth = make_known_bayes(N_TEACHER + N_FRESH, n_features=6, random_state=seed)
    fresh, y_fresh = X[N_TEACHER:], y[N_TEACHER:]
    X, y = X[:N_TEACHER], y[:N_TEACHER]
    rows, labels, law = X[:N_STUDENT], y[:N_STUDENT], truth[:N_STUDENT]

    def taught(proba):
        model = DistilledClassifier(None, quadratic_student())
        model.fit(rows, labels, teacher_proba=proba)
        return roc_auc_score(y_fresh, model.predict_proba(fresh)[:, 1])

    nothing = np.nan, np.nan
    onehot = np.eye(2)[labels]
    found = {"labels": (*nothing, taught(onehot), np.nan)}
    found["truth"] = (*nothing, taught(law), np.nan)
    says = {}
    for depth in DEPTHS:
        tree = DecisionTreeClassifier(max_depth=depth, random_state=seed).fit(X, y)
        proba = tree.predict_proba(rows)
        says[str(depth)] = tree.predict_proba(fresh)
        found[depth] = (distance(proba, law), taught(proba))
    ranked = {
        one.name: one
        for one in rank_teachers(says, y_fresh, n_bootstrap=1, random_state=0).teachers
    }
    for depth in DEPTHS:
        gap, student_auc = found[depth]
        one = ranked[str(depth)]
        found[depth] = (gap, one.accuracy, student_auc, one.brier)
    # The last teacher is the unpruned one.
    found["unpruned is labels"] = float((proba == onehot).all(axis=1).mean())
    return found


def draw_figure(means, path):
    """Student and teacher against the teacher's depth, with two standard errors."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    places = np.arange(len(DEPTHS))
    panels = (
        (2, "AUC of the student", "#0072B2"),
        (1, "accuracy of the teacher", "#D55E00"),
        (0, "squared error of the teacher\nto the true probabilities", "#009E73"),
    )
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    for axis, (column, name, colour) in zip(axes, panels, strict=True):
        values = np.array([means[depth][:, column] for depth in DEPTHS])
        error = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        axis.errorbar(
            places, values.mean(axis=1), 2 * error, fmt="o-", color=colour, capsize=2
        )
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("depth of the teacher")
        axis.set_xticks(places, ["full" if d is None else str(d) for d in DEPTHS])
        axis.spines[["top", "right"]].set_visible(False)
    for key, style, label in (
        ("truth", "--", "true probabilities"),
        ("labels", ":", "labels alone"),
    ):
        level = means[key][:, 2].mean()
        axes[0].axhline(level, color="0.35", linestyle=style, linewidth=1)
        above = key == "truth"
        axes[0].annotate(
            label,
            (places[0], level),
            (0, 3 if above else -4),
            textcoords="offset points",
            ha="left",
            va="bottom" if above else "top",
            fontsize=8,
            color="0.35",
        )
    figure.savefig(path, dpi=150)
    plt.close(figure)
