"""Ship the student: ONNX, skops, a model card, and what each form costs."""

from skdistill.export._card import model_card
from skdistill.export._check import OnnxCheck, check_onnx
from skdistill.export._deployment import (
    Deployment,
    DeploymentTable,
    deployment_table,
)
from skdistill.export._predictor import OnnxPredictor
from skdistill.export._save import load, save, trusted_types
from skdistill.export._to_onnx import to_onnx

__all__ = [
    "Deployment",
    "DeploymentTable",
    "OnnxCheck",
    "OnnxPredictor",
    "check_onnx",
    "deployment_table",
    "load",
    "model_card",
    "save",
    "to_onnx",
    "trusted_types",
]
