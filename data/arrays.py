"""Names for the arrays that are passed around."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Half = NDArray[np.float16]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
