"""The sentence under the table: which student gained, and whether it is noise."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from skdistill.cli._demo import Result

# A difference counts when it exceeds this many standard errors.
_N_ERRORS = 2.0


def format_verdict(results: "list[Result]") -> str:
    """Compare each distilled student with the same student trained on labels.

    The difference of log-losses is taken row by row on the test rows, so that what
    makes a row hard for both cancels; its standard error says whether other test rows
    could have shown the opposite. It does not cover the draw of the training rows.

    Parameters
    ----------
    results : list of Result
        The teacher first, then the students, four methods each.

    Returns
    -------
    str
        A heading and one line a student.
    """
    by_student: dict[str, list[Result]] = {}
    for result in results[1:]:
        by_student.setdefault(result.model, []).append(result)
    lines = [
        "Log-loss on the test rows, cross-fitted and chosen minus trained on labels "
        f"(+- {_N_ERRORS:g} standard errors):"
    ]
    for name, ways in by_student.items():
        # To the digits of the table: what was left on labels differs by rounding alone.
        best = min(ways, key=lambda result: round(result.measures.log_loss, 4))
        lines.append(
            f"  {name}: {compare(ways[-1], ways[0])} Lowest of the four: {best.method}."
        )
    return "\n".join(lines)


def compare(distilled: "Result", labels: "Result") -> str:
    """Return the difference in log-loss, its error, and what to make of them.

    Parameters
    ----------
    distilled, labels : Result
        Two models measured on the same rows.

    Returns
    -------
    str
    """
    difference = distilled.row_loss - labels.row_loss
    mean = float(difference.mean())
    error = _N_ERRORS * float(difference.std()) / np.sqrt(len(difference))
    auc = distilled.measures.auc - labels.measures.auc
    if mean < -error:
        verdict = "distilling helped"
    elif mean > error:
        verdict = "distilling hurt, train it on labels"
    else:
        verdict = "no difference beyond noise, train it on labels"
    if auc < 0 and mean < -error:
        verdict += ", though not the AUC"
    shown = "" if np.isnan(auc) else f", AUC {auc:+.4f}"
    return f"{mean:+.4f} +- {error:.4f}{shown}: {verdict}."
