"""Ship the student: ONNX, skops, a model card, and what each form costs."""

from skdistill.export._check import OnnxCheck, check_onnx
from skdistill.export._predictor import OnnxPredictor
from skdistill.export._save import load, save, trusted_types
from skdistill.export._to_onnx import to_onnx

__all__ = [
    "OnnxCheck",
    "OnnxPredictor",
    "check_onnx",
    "load",
    "save",
    "to_onnx",
    "trusted_types",
]
