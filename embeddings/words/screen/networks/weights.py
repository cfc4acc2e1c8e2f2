"""The two networks of RapidOCR's wheel: checked, opened with ONNX Runtime, nothing downloaded.

RapidOCR's own classes are not used: importing them takes a second, sets up a logger that writes to
standard error, and fetches what is missing. Its networks are, and a test compares what is found and
read with what RapidOCR found and read.
"""

from __future__ import annotations

import importlib
from typing import Any

from data.cores import cores
from data.errors import ReelwiseError
from embeddings.packages import PackagedFile

DETECTION = PackagedFile(
    package="rapidocr",
    file="models/PP-OCRv6_det_small.onnx",
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    size_bytes=9_929_594,
    distribution="rapidocr==3.10.0",
)
"""Where text is: PP-OCRv6, small (Apache-2.0)."""
RECOGNITION = PackagedFile(
    package="rapidocr",
    file="models/PP-OCRv6_rec_small.onnx",
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    size_bytes=21_234_383,
    distribution="rapidocr==3.10.0",
)
"""What one line of text says: PP-OCRv6, small (Apache-2.0)."""


def open_network(weights: PackagedFile) -> Any:
    """The network in a file, as an `onnxruntime.InferenceSession` on as many cores as there are.

    Raises:
        DamagedFile: The file holds other bytes than its publisher names.
        ReelwiseError: The file or the library is missing.
    """
    path = weights.path()
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ReelwiseError(
            f"onnxruntime is not installed ({error})", fix="pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
