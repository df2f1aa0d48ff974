"""Code of no library is known by what it does, wherever it was typed."""

import functools
import subprocess
import sys
import types

import numpy as np
import sklearn
from counting import Counting
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skdistill
from skdistill.crossfit._provenance import provenance


def typed(code, name="cell"):
    """Run code that is in no file, as a notebook does, as the module __main__."""
    module = types.ModuleType("__main__")
    exec(compile(code, f"<{name}>", "exec"), module.__dict__)
    return module


CLASS = """
from sklearn.naive_bayes import GaussianNB

__version__ = "1"


class Base(GaussianNB):
    scale = {scale}

    def predict_proba(self, X):
        return super().predict_proba(X){order}


class Mine(Base):
    pass
"""


def known(**changes):
    code = CLASS.format(**{"scale": 1, "order": "", **changes})
    return provenance(typed(code).Mine())


def test_a_class_of_a_notebook_counts_by_its_code_and_that_of_its_bases():
    assert known() == known()
    assert known(order="[:, ::-1]") != known()
    assert known(scale=2) != known()


def test_where_the_code_stands_does_not_matter():
    code = CLASS.format(scale=1, order="")
    below = typed("\n\n\n" + code, "another cell").Mine
    assert provenance(below()) == provenance(typed(code).Mine())


def test_the_line_that_python_notes_in_a_class_does_not_matter():
    noted = "\n    __firstlineno__ = {line}\n    __static_attributes__ = {names}\n"
    code = CLASS.format(scale=1, order="") + noted  # as Python 3.13 does by itself
    one = typed(code.format(line=3, names=("a", "b"))).Mine
    other = typed(code.format(line=9, names=("b", "a"))).Mine
    assert provenance(one()) == provenance(other())


def test_functions_and_classes_among_the_parameters_count():
    def pipeline(body):
        feature = typed(f"def feature(X, power={body}): return X ** power").feature
        return make_pipeline(FunctionTransformer(feature), GaussianNB())

    assert provenance(pipeline("1")) == provenance(pipeline("1"))
    assert provenance(pipeline("1")) != provenance(pipeline("2"))
    wrapped = [
        make_pipeline(FunctionTransformer(functools.partial(typed(code).f, 1)))
        for code in ("def f(a, X): return X", "def f(a, X): return -X")
    ]
    assert provenance(wrapped[0]) != provenance(wrapped[1])
    kinds = [typed(CLASS.format(scale=scale, order="")).Mine for scale in (1, 2)]
    assert provenance(_Holder(kinds[0])) != provenance(_Holder(kinds[1]))


class _Holder(GaussianNB):
    """Takes a class, as the networks of skorch do."""

    def __init__(self, module=None):
        super().__init__()
        self.module = module

    def get_params(self, deep=True):
        return {"module": self.module}


def test_libraries_count_by_their_version():
    found = provenance(make_pipeline(FunctionTransformer(np.log1p), Counting()))
    assert found["numpy"] == np.__version__
    assert found["sklearn"] == sklearn.__version__
    assert found["skdistill"] == skdistill.__version__
    assert not [name for name in found if name.startswith(("sklearn.", "numpy."))]
    assert "counting.Counting.fit" in found


def test_it_is_the_same_in_every_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from counting import Counting\n"
        "from skdistill.crossfit._provenance import provenance\n"
        "def vowel(X): return X in {'a', 'e', 'i', 'o', 'u'}\n"
        "from sklearn.preprocessing import FunctionTransformer\n"
        "print(sorted(provenance(Counting()).items()))\n"
        "print(provenance(FunctionTransformer(vowel)))\n"
    )
    here = str(sys.modules["counting"].__file__).rpartition("/")[0]
    said = {
        subprocess.run(
            [sys.executable, "-c", code, here],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
