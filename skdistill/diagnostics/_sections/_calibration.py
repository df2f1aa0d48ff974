"""Whether the models are as sure as they are right."""

from skdistill.diagnostics._evidence import DISTILLED, LABELS, Evidence
from skdistill.diagnostics._reliability import reliability
from skdistill.diagnostics._sections._parts import Drawing, Section, Table
from skdistill.diagnostics.displays import ReliabilityDisplay

__all__ = ["calibration"]


def calibration(evidence: Evidence) -> Section:
    """Show the calibration error before (labels) and after (distilled)."""
    curves = {
        name: reliability(proba, evidence.codes)
        for name, proba in evidence.proba.items()
    }
    rows = []
    for name, proba in evidence.proba.items():
        sure = float(proba.max(axis=1).mean())
        right = float((proba.argmax(axis=1) == evidence.codes).mean())
        rows.append(
            (
                name,
                f"{curves[name].ece:.4f}",
                f"{sure:.4f}",
                f"{right:.4f}",
                f"{sure - right:+.4f}",
            )
        )
    errors = "; ".join(f"{name} {curve.ece:.3f}" for name, curve in curves.items())
    findings = [f"Expected calibration error, 15 bins: {errors}."]
    if LABELS in curves and not evidence.is_same_as(LABELS):
        before, after = curves[LABELS].ece, curves[DISTILLED].ece
        change = "fell" if after < before else "did not fall"
        findings = [
            f"The calibration error {change} by distilling: {before:.3f} on labels, "
            f"{after:.3f} distilled."
        ]
    return Section(
        "Calibration",
        tuple(findings),
        (
            Table(
                "Calibration on the held-out rows, of the most probable class",
                (
                    "model",
                    "calibration error (ECE)",
                    "mean confidence",
                    "accuracy",
                    "confidence minus accuracy",
                ),
                tuple(rows),
            ),
        ),
        (
            Drawing(
                ReliabilityDisplay(curves, n_classes=len(evidence.distiller.classes_)),
                "Reliability: below the dashed line a model is surer than it should be",
                "Share of rows predicted rightly against confidence. Expected "
                f"calibration errors: {errors}.",
            ),
        ),
    )
