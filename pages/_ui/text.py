"""Text is data: what a person typed or a cell holds is shown letter by letter, never as Markdown or HTML."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~:$<&@=\"'^])")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """`text` for a place that reads Markdown (labels, buttons, messages), so that it stands there literally.

    Line breaks and runs of spaces become one space; text of several lines belongs in `st.text`.
    """
    return _SPECIAL.sub(r"\\\1", _SPACE.sub(" ", text).strip())
