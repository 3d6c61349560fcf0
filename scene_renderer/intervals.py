"""How sure a share is: Wilson's interval."""

import math

Z_95 = 1.959963984540054


def wilson(k: int, n: int) -> tuple[float, float]:
    """Returns Wilson's 95 % score interval of `k` of `n`; (0, 1) if n is 0.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927).
    """
    if n == 0:
        return 0.0, 1.0
    share, spread = k / n, Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if k == 0 else max(0.0, middle - half)
    high = 1.0 if k == n else min(1.0, middle + half)
    return low, high
