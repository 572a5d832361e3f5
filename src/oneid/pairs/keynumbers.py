"""Which blocking key made a pair, in one byte; apart from all else, so that who only reads it waits for nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["ALIKE", "NO_KEY", "UNTOLD", "KeyNumbers"]

KeyNumbers = npt.NDArray[np.uint8]
"""By pair the number of the blocking rule that made it, :data:`NO_KEY` for equal records that no rule brought together,
:data:`UNTOLD` where it is not known; and :data:`ALIKE` more where the two agree in everything compared."""
UNTOLD, NO_KEY, ALIKE = 126, 127, 128
