"""Names of the students of a list."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier as Tree

from skdistill.estimators._names import tell_apart


@pytest.mark.parametrize(
    ("students", "names"),
    [
        ([Tree(max_depth=2), LogisticRegression()], "Tree LogisticRegression"),
        (
            [Tree(max_depth=2), Tree(max_depth=None)],
            "Tree(max_depth=2) Tree(max_depth=None)",
        ),
        # Seeds make no other student, so that there is nothing to tell.
        ([Tree(random_state=0), Tree(random_state=1)], "Tree-1 Tree-2"),
        ([make_pipeline(StandardScaler(), LogisticRegression())], "LogisticRegression"),
        (
            [
                LogisticRegression(),
                make_pipeline(StandardScaler(), LogisticRegression()),
            ],
            "LogisticRegression-1 LogisticRegression-2",
        ),
        (
            [Tree(max_depth=1), Tree(max_depth=2), Tree(max_depth=2)],
            "Tree(max_depth=1) Tree(max_depth=2)-1 Tree(max_depth=2)-2",
        ),
        # A long list of differences is no name.
        (
            [
                Tree(),
                Tree(
                    max_depth=2,
                    criterion="entropy",
                    min_samples_leaf=3,
                    min_samples_split=4,
                ),
            ],
            "Tree-1 Tree-2",
        ),
    ],
)
def test_names_tell_students_apart(students, names):
    wanted = names.replace("Tree", "DecisionTreeClassifier").split()
    assert tell_apart(students) == wanted
