"""Where the student does worst, in words."""

from skdistill.diagnostics._evidence import DISTILLED, Evidence
from skdistill.diagnostics._sections._parts import Section, Table
from skdistill.diagnostics._segments import Segment

__all__ = ["segments"]


def segments(evidence: Evidence) -> Section:
    """Tables of segments far from the teacher, and far from the labels."""
    title = "Worst segments"
    if not evidence.has_columns:
        return Section(
            title, ("No segments: the rows have no columns to say them in.",)
        )
    parts = (
        ("from the teacher", "squared distance", evidence.from_teacher),
        ("from the labels", "Brier score", evidence.from_labels),
    )
    found = [part for part in parts if part[2]]
    if not found:
        return Section(
            title,
            (
                f"No segments: {len(evidence.codes):,} held-out rows are too few to "
                "find and to confirm any, or the student does equally well everywhere.",
            ),
        )
    return Section(
        title,
        tuple(_finding(*part) for part in found),
        tuple(_table(evidence, *part) for part in found),
    )


def _finding(where: str, unit: str, some: tuple[Segment, ...]) -> str:
    confirmed = [one for one in some if one.is_worse]
    if not confirmed:
        return (
            f"No segment is confirmed to be farther {where} than the rest: those "
            "found on one half of the rows were noise on the other."
        )
    worst = confirmed[0]
    return (
        f"The student is farthest {where} where {worst.words} ({len(worst.rows):,} "
        f"rows, {worst.share:.0%}): {unit} {worst.inside:.4f} against "
        f"{worst.outside:.4f} elsewhere."
    )


def _table(
    evidence: Evidence, where: str, unit: str, some: tuple[Segment, ...]
) -> Table:
    others = [name for name in evidence.losses if name != DISTILLED]
    # Far from the labels may be all anyone can do: the other models tell.
    shown = others if where == "from the labels" else [DISTILLED, *others]
    return Table(
        f"Segments farthest {where}: found by a tree on half of the held-out rows, "
        "measured on the other half; log-loss of each model in the segment",
        (
            "segment",
            "rows",
            unit,
            "elsewhere",
            "beyond noise",
            *(f"log-loss, {name}" for name in shown),
        ),
        tuple(
            (
                one.words,
                f"{len(one.rows):,} ({one.share:.0%})",
                f"{one.inside:.4f}",
                f"{one.outside:.4f}",
                "yes" if one.is_worse else "no",
                *(f"{evidence.losses[name][one.rows].mean():.4f}" for name in shown),
            )
            for one in some
        ),
    )
