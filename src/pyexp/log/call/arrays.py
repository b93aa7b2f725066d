"""Arrays and tensors of any library as NumPy's: off the graph, off the device, in a type that NumPy calculates with.

Owns that conversion. Imports no library of tensors.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pyexp._optional import import_extra

# bfloat16 and the floats of 8 bits and less, as PyTorch calls them.
_NARROW_FLOATS: Final = re.compile(r"torch\.(b?float(16|8|4|6)\w*)$")
_NUMPYS: Final = "torch.float16"


def on_host(values: Any) -> Any:
    """Return a tensor in this machine's memory, without its gradient, and anything else as it is.

    A tensor of floats that NumPy does not have, such as bfloat16, becomes one of 32 bits.
    """
    if not hasattr(values, "detach"):
        return values
    tensor = values.detach().cpu()
    kind = str(getattr(tensor, "dtype", ""))
    return tensor.float() if kind != _NUMPYS and _NARROW_FLOATS.match(kind) else tensor


def to_array(values: Any, purpose: str) -> Any:
    """Return *values* as an array of numbers, bfloat16 and its like as floats of 32 bits.

    Args:
        values: An array, a tensor, or nested lists.
        purpose: What NumPy is needed for.

    Raises:
        MissingExtraError: NumPy is not installed.
    """
    array = import_extra("numpy", "analysis", purpose).asarray(on_host(values))
    is_foreign = array.dtype.kind == "V" and array.dtype.names is None  # a type of another library, as of JAX
    return array.astype("float32") if is_foreign else array
