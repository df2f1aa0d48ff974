"""The model card: what it says is what was measured."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.export import model_card


def test_the_card_says_what_the_report_measured(toy, tmp_path):
    X, y = toy
    distiller = CrossFitDistiller(
        RandomForestClassifier(10, random_state=0),
        DecisionTreeClassifier(max_depth=3),
        random_state=0,
    ).fit(X[:120], y[:120])
    file = tmp_path / "README.md"
    card = model_card(distiller, X[120:], y[120:], file, random_state=0)
    text = file.read_text(encoding="utf-8")
    report = distiller.report(X[120:], y[120:], random_state=0)
    assert text.startswith("\n# DecisionTreeClassifier, distilled\n")
    assert report.verdict in text
    for section in ("Measures", "Student", "Teacher and targets", "Limits", "Versions"):
        assert f"\n## {section}\n" in text
    measured = report.models[0]
    assert f"| {measured.log_loss:.4f} ± " in text
    assert f" {measured.n_bytes:,} " in text
    assert "Its probabilities are out of fold" in text
    assert f"(alpha): {distiller.alpha_:g}" in text
    assert "Classes: `'0'`, `'1'`, `'2'`" in text
    card.add(**{"Licence": "BSD-3-Clause"})
    assert "\n# Licence\n" in card.render()


def test_a_distiller_without_folds_says_so(toy):
    X, y = toy
    distiller = DistilledClassifier(
        RandomForestClassifier(5, random_state=0), DecisionTreeClassifier(max_depth=3)
    ).fit(X[:120], y[:120])
    text = model_card(distiller, X[120:], y[120:], random_state=0).render()
    assert "Its probabilities are those of rows it was fitted on" in text


def test_a_distiller_must_be_fitted(toy):
    with pytest.raises(NotFittedError):
        model_card(CrossFitDistiller(), *toy)


def test_labels_are_shown_as_they_are(toy):
    X, y = toy
    names = np.array(["<b>x</b>", "`c`", "a|b"])[y.astype(int)]
    student = DecisionTreeClassifier(max_depth=2)
    distiller = DistilledClassifier(GaussianNB(), student, random_state=0)
    text = model_card(distiller.fit(X[::2], names[::2]), X[1::2], names[1::2]).render()
    assert "Classes: `'<b>x</b>'`, ``'`c`'``, `'a|b'`" in text
