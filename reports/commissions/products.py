"""Which products earn commission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.frames import Frames, is_unread
from schemas.commission_rules import ProductFilter


@dataclass(frozen=True, slots=True)
class ProductStates:
    """For each deal: its product earns nothing, is not known to earn or not, or is not named. Otherwise it earns."""

    excluded: np.ndarray
    unknown: np.ndarray
    missing: np.ndarray


def product_states(frames: Frames, only: ProductFilter, skus: pd.Series) -> ProductStates:
    """The products' own answer (是否计提成), else the plan's categories. Source: 002 §四 (只有珠宝); domain.md T09.

    Unknown: not in the register, or with neither an answer nor a category that can be read.
    """
    earns = _earns_by_sku(frames.get("product"), only)
    found = skus.map(earns)
    missing = (skus == "").to_numpy(dtype=bool)
    unknown = found.isna().to_numpy() & ~missing
    return ProductStates((found == False).to_numpy(dtype=bool), unknown, missing)  # noqa: E712


def _earns_by_sku(products: pd.DataFrame | None, only: ProductFilter) -> dict[str, bool]:
    if products is None:
        return {}
    earns: dict[str, bool] = {}
    unsure = is_unread(products, "commissionable")
    columns = (products[name] for name in ("sku", "commissionable", "category"))
    for at, (sku, answer, category) in enumerate(zip(*columns, strict=True)):
        if not pd.isna(answer):
            earns[sku] = bool(answer)
        elif not unsure[at] and (category or not only.category):
            earns[sku] = not only.category or category in only.category
    return earns
