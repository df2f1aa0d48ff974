"""Hypothesis strategy: probabilities with exact zeros and ties, and labels."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def labelled_rows(draw, max_classes=7):
    """Draw (n, K) probabilities and n labels; counts make ties and zeros common."""
    n, k = draw(st.integers(1, 6)), draw(st.integers(2, max_classes))
    counts = st.lists(st.integers(0, 4), min_size=n * k, max_size=n * k)
    rows = np.reshape(draw(counts), (n, k)).astype(float)
    rows[rows.sum(axis=1) == 0] = 1
    y = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    return rows / rows.sum(axis=1, keepdims=True), np.array(y)
