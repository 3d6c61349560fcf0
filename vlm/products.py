"""Products with a weight matrix, the fastest way that torch has for few rows.

oneDNN keeps the matrix in an order of its own, so that a product of few rows need not bring it
there. The result of a row does not depend on how many there are, bit for bit, where this was tried
(`tests/vlm/test_products.py`).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

PACKED_BYTES = 64 * 2**20
"""Larger matrices are not copied into that order: it would take their memory twice."""

Product = Callable[[Tensor], Tensor]
"""From vectors, shape (rows, inputs), to shape (rows, outputs)."""


@torch.no_grad()
def build_product(weight: Tensor, bias: Tensor | None) -> Product:
    """Returns what multiplies with a weight of shape (outputs, inputs), as it is now."""
    weight, bias = weight.detach(), None if bias is None else bias.detach()
    if not _can_pack(weight):
        return lambda vectors: functional.linear(vectors, weight, bias)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight)
    multiply = torch.ops.mkldnn._linear_pointwise.default
    return lambda vectors: multiply(vectors, packed, bias, "none", [], "")


def _can_pack(weight: Tensor) -> bool:
    is_plain = weight.device.type == "cpu" and weight.dtype == torch.float32
    small = weight.nbytes <= PACKED_BYTES
    return is_plain and small and torch.backends.mkldnn.is_available()
