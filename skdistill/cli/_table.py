"""The comparison as a table of plain text."""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdistill.cli._demo import Result

_HEADINGS = ("model", "trained on", "AUC", "log-loss", "accuracy", "bytes", "us/row")
_N_TEXT_COLUMNS = 2


def format_table(results: "Sequence[Result]") -> str:
    """Lay the results out, one line a model, the teacher first.

    Parameters
    ----------
    results : sequence of Result
        Consecutive results of one model form a group.

    Returns
    -------
    str
        Columns separated by two spaces. AUC, log-loss (nats) and accuracy on the test
        rows; bytes of the pickled model; microseconds per row, one thread, all test
        rows in one call.
    """
    rows = [_HEADINGS, *map(_cells, results)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(_HEADINGS))]
    lines = [_line(rows[0], widths), "  ".join("-" * width for width in widths)]
    previous = ""
    for result, row in zip(results, rows[1:], strict=True):
        same = result.model == previous
        if previous and not same:
            lines.append("")
        lines.append(_line(("", *row[1:]) if same else row, widths, result.chosen))
        previous = result.model
    lines.append("")
    lines.append(
        "AUC, log-loss, accuracy on the test rows; bytes of the pickled model; "
        "us/row on one thread."
    )
    if any(isnan(result.measures.auc) for result in results):
        lines.append("No AUC: it is a mean over classes, and one has no test row.")
    return "\n".join(lines)


def _cells(result: "Result") -> tuple[str, ...]:
    measures = result.measures
    return (
        result.model,
        result.method,
        "-" if isnan(measures.auc) else f"{measures.auc:.4f}",
        f"{measures.log_loss:.4f}",
        f"{measures.accuracy:.4f}",
        f"{measures.n_bytes:,}",
        f"{measures.microseconds_per_row:.2f}",
    )


def _line(row: Sequence[str], widths: Sequence[int], note: str = "") -> str:
    cells = [
        cell.ljust(width) if j < _N_TEXT_COLUMNS else cell.rjust(width)
        for j, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells + [note] * bool(note)).rstrip()
