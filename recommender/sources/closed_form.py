"""The matrix inverse of the closed forms."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

Dense = TypeVar("Dense", NDArray[np.float32], NDArray[np.float64])

SINGLE = 1e5
"""Bound of the condition number up to which single precision is enough: links within 1e-4."""
_MIRRORED = 1_000


def precision(products: sparse.csr_array, ridge: float, *, more: float = 0.0) -> type[np.floating]:
    """The least precise type that is enough for the inverse of products (n, n) plus a ridge.

    `more` bounds the largest eigenvalue of other terms that are added.
    """
    largest = float(np.max(products.sum(axis=1), initial=0.0)) + more
    return np.float32 if largest <= SINGLE * ridge else np.float64


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
