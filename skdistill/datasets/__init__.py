"""Data: a real problem shipped with the package, a known one, and your own table."""

from skdistill.datasets._known_bayes import make_known_bayes
from skdistill.datasets._magic import load_magic
from skdistill.datasets._relevance import RelevanceProblem, make_relevance
from skdistill.datasets._tables import read_table

__all__ = [
    "RelevanceProblem",
    "load_magic",
    "make_known_bayes",
    "make_relevance",
    "read_table",
]
