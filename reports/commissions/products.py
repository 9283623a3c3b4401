"""Which products earn commission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.frames import Frames
from schemas.commission_rules import ProductFilter


@dataclass(frozen=True, slots=True)
class ProductStates:
    """For each deal: its product earns nothing, is not in the register, or is not named. Otherwise it earns."""

    excluded: np.ndarray
    unknown: np.ndarray
    missing: np.ndarray


def product_states(frames: Frames, only: ProductFilter, skus: pd.Series) -> ProductStates:
    """The products' own answer (是否计提成), else the plan's categories. Source: 002 §四 (只有珠宝); domain.md T09."""
    earns = _earns_by_sku(frames.get("product"), only)
    found = skus.map(earns)
    missing = (skus == "").to_numpy(dtype=bool)
    unknown = found.isna().to_numpy() & ~missing
    return ProductStates((found == False).to_numpy(dtype=bool), unknown, missing)  # noqa: E712


def _earns_by_sku(products: pd.DataFrame | None, only: ProductFilter) -> dict[str, bool]:
    if products is None:
        return {}
    earns: dict[str, bool] = {}
    for sku, answer, category in zip(products["sku"], products["commissionable"], products["category"], strict=True):
        fits = not only.category or category in only.category
        earns[sku] = fits if pd.isna(answer) else bool(answer)
    return earns
