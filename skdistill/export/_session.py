"""onnxruntime: a model loaded and run."""

from typing import Any

from skdistill.export._libraries import library


def session(data: bytes) -> Any:
    """Load a model on the processor, one thread an operator.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    onnxruntime.InferenceSession
    """
    runtime = library("onnxruntime", "Running ONNX models")
    options = runtime.SessionOptions()
    # Small models lose more by handing work to threads than they gain.
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
