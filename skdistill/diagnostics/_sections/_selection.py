"""What "auto" chose among."""

from skdistill.diagnostics._evidence import Evidence
from skdistill.diagnostics._sections._parts import Drawing, Section, Table, number
from skdistill.diagnostics.displays import SelectionDisplay

__all__ = ["selection"]


def selection(evidence: Evidence) -> Section | None:
    """All candidates, with the one taken."""
    tried = evidence.distiller.selection_
    if not tried:
        return None
    display = SelectionDisplay.of(evidence.distiller)
    taken = "none of them" if display.chosen is None else str(tried[display.chosen])
    rows = tuple(
        (
            str(one) + (" (chosen)" if i == display.chosen else ""),
            number(one.log_loss),
            number(one.standard_error),
            number(one.penalty),
            number(one.gain, "+.4f"),
            number(one.gain_error),
        )
        for i, one in enumerate(tried)
    )
    return Section(
        "What was chosen",
        (f"Of {len(tried)} candidates, cross-validated on labels: {taken}.",),
        (
            Table(
                "Candidates: log-loss of their students on held-out labels, in nats",
                (
                    "candidate",
                    "log-loss",
                    "standard error",
                    "penalty",
                    "gain on labels",
                    "standard error of the gain",
                ),
                rows,
            ),
        ),
        (
            Drawing(
                display,
                "Candidates of “auto”; differences are known better than the bars "
                "suggest, since candidates are compared on the same rows",
                f"Log-loss of {len(tried)} candidates with bars of two standard "
                f"errors; chosen: {taken}.",
                size=display.size,
            ),
        ),
    )
