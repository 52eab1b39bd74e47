"""Retrieval figures: recall at 1 and mean average precision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from metaextract_extractor.reading.insights.hashing import phash
from metaextract_extractor.reading.operations.embedding import vector
from metaextract_extractor.reading.operations.pdq import pdq

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Described:
    """One picture as each method sees it: rows that are compared by dot product."""

    embedding: NDArray[np.float64]
    phash: NDArray[np.float64]
    pdq: NDArray[np.float64]


METHODS = ("embedding", "phash", "pdq")


def described(picture: Image.Image) -> Described:
    """Describe a picture. Hashes become vectors of -1 and 1: their dot product falls with the distance."""
    return Described(vector(picture), _signs(phash(picture), 64), _signs(pdq(picture)[0], 256))


def likenesses(queries: Sequence[Described], others: Sequence[Described], method: str) -> Matrix:
    """Return how alike each query and each other picture are."""
    rows = [np.array([getattr(one, method) for one in side]) for side in (queries, others)]
    return np.asarray(rows[0] @ rows[1].T)


def recall_at_1(found: Matrix) -> float:
    """Return the share of queries whose own picture (same index) is nearer than every other, without ties."""
    own = np.diag(found)[:, None]
    return float(((found >= own - 1e-12).sum(1) == 1).mean())


def mean_average_precision(found: Matrix, wanted: NDArray[Any]) -> float:
    """Return the mean over queries of the mean precision at each wanted picture. `wanted`: booleans.

    Among equally near ones the wanted come last.
    """
    precisions = []
    for row, mask in zip(found, wanted, strict=True):
        order = np.lexsort((mask, -np.round(row, 12)))
        hits = mask[order]
        ranks = np.flatnonzero(hits) + 1
        precisions.append(float((np.arange(1, len(ranks) + 1) / ranks).mean()))
    return float(np.mean(precisions))


def _signs(digits: str, bits: int) -> NDArray[np.float64]:
    return np.array([1.0 if one == "1" else -1.0 for one in f"{int(digits, 16):0{bits}b}"])
