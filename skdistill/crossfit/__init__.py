"""Step 1 of five: where the teacher's opinion of each row comes from."""

from skdistill.crossfit._aggregate import held_out_log_loss, label_losses
from skdistill.crossfit._alignment import (
    align,
    checked_proba,
    constant_proba,
    known_classes,
    match_columns,
    raw_proba,
)
from skdistill.crossfit._cross_fit import cross_fit, cross_fit_proba
from skdistill.crossfit._digest import digest
from skdistill.crossfit._door import check_engine, warn_about
from skdistill.crossfit._engine import Engine, run
from skdistill.crossfit._ensemble import average, merge, stacking_weights
from skdistill.crossfit._in_sample import in_sample_probas
from skdistill.crossfit._jobs import Batch, Job, draw_seeds, slice_params
from skdistill.crossfit._labels import check_labels
from skdistill.crossfit._parallel import run_parallel
from skdistill.crossfit._plan import check_cv, make_splits
from skdistill.crossfit._record import NO_TEACHER, CrossFit
from skdistill.crossfit._request import Request, Rows, draw_up, votes_are_honest
from skdistill.crossfit._schedule import check_stages, units_within
from skdistill.crossfit._store import check_memory
from skdistill.crossfit._synthetic import (
    MOST,
    Synthetic,
    can_swap,
    make_synthetic,
    swap_features,
)
from skdistill.crossfit._teacher import (
    check_refittable,
    check_teacher,
    is_fitted,
    seeded,
    weight_params,
)
from skdistill.crossfit._trained import (
    advance,
    epochs,
    length_name,
    stopping_callback,
    warm,
)
from skdistill.crossfit._trajectory import (
    Trajectory,
    check_stage_engine,
    cross_fit_stages,
    trajectory_of,
)

__all__ = [
    "MOST",
    "NO_TEACHER",
    "Batch",
    "CrossFit",
    "Engine",
    "Job",
    "Request",
    "Rows",
    "Synthetic",
    "Trajectory",
    "advance",
    "align",
    "average",
    "can_swap",
    "check_cv",
    "check_engine",
    "check_labels",
    "check_memory",
    "check_refittable",
    "check_stage_engine",
    "check_stages",
    "check_teacher",
    "checked_proba",
    "constant_proba",
    "cross_fit",
    "cross_fit_proba",
    "cross_fit_stages",
    "digest",
    "draw_seeds",
    "draw_up",
    "epochs",
    "held_out_log_loss",
    "in_sample_probas",
    "is_fitted",
    "known_classes",
    "label_losses",
    "length_name",
    "make_splits",
    "make_synthetic",
    "match_columns",
    "merge",
    "raw_proba",
    "run",
    "run_parallel",
    "seeded",
    "slice_params",
    "stacking_weights",
    "stopping_callback",
    "swap_features",
    "trajectory_of",
    "units_within",
    "votes_are_honest",
    "warm",
    "warn_about",
    "weight_params",
]
