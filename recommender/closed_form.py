"""The one matrix inverse that closed forms rest on."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

Dense = TypeVar("Dense", NDArray[np.float32], NDArray[np.float64])

_MIRRORED = 1_000


def inverse(gram: Dense) -> Dense:
    """Inverse of a symmetric positive definite matrix, in the memory of its argument.

    Args:
        gram: (n, n) C-ordered, float32 or float64; its memory is used up.

    Raises:
        ValueError: It is not positive definite.
    """
    single = gram.dtype == np.float32
    potrf, potri = (lapack.spotrf, lapack.spotri) if single else (lapack.dpotrf, lapack.dpotri)
    # The transpose of a symmetric C array is the Fortran array that LAPACK can work in.
    factor, failed = potrf(gram.T, lower=1, overwrite_a=1, clean=0)
    if not failed:
        factor, failed = potri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError(f"gram must be positive definite, LAPACK says {failed}")
    found = np.asarray(factor).T  # now its upper triangle is filled, the lower one is not
    for start in range(0, len(found), _MIRRORED):
        rows = slice(start, start + _MIRRORED)
        found[start + _MIRRORED :, rows] = found[rows, start + _MIRRORED :].T
        block = found[rows, rows]
        block[:] = np.triu(block) + np.triu(block, 1).T
    return found
