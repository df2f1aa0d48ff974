"""Steps 3 and 4 of five: how soft targets reach a learner, one route a file."""

from skdistill.students._data import StudentData
from skdistill.students._deployment import Latency, deployment_cost, latency, timed
from skdistill.students._online import Course, find_follower, follow
from skdistill.students._regression import averages
from skdistill.students._routes import (
    LOSSES,
    Route,
    any_sign,
    find_route,
    fit_student,
    student_proba,
)
from skdistill.students._soft_logistic import SoftLogisticRegression

__all__ = [
    "LOSSES",
    "Course",
    "Latency",
    "Route",
    "SoftLogisticRegression",
    "StudentData",
    "any_sign",
    "averages",
    "deployment_cost",
    "find_follower",
    "find_route",
    "fit_student",
    "follow",
    "latency",
    "student_proba",
    "timed",
]
