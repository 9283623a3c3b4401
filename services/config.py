"""Where things are and how the portal runs: environment > secrets > settings table > default.

Nothing here touches a disk; `services.places` checks the folders. Services never read secrets.toml themselves: the
page layer and manage.py hand in what it says.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.finding import Finding, Severity

ROOT = Path(__file__).resolve().parent.parent
Mode = Literal["durable", "demo"]


@dataclass(frozen=True, slots=True)
class DemoAdmin:
    """Who administers a demo portal: a login and either a bcrypt hash or a password, from secrets."""

    login: str
    password: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The portal's settings, all understood. `findings` name every value that was not, with where it came from."""

    workbook: Path
    state_dir: Path
    company_dir: Path
    mode: Mode = "durable"
    timezone: str = "Asia/Shanghai"
    language: str = "zh"
    session_hours: int = 8
    idle_minutes: int = 30
    keep_days: int = 7
    demo_admin: DemoAdmin | None = None
    fixed: frozenset[str] = frozenset()
    """Names the environment or the secrets decided: what is set in the portal does not change them."""
    findings: tuple[Finding, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)

    @classmethod
    def read(
        cls,
        environ: Mapping[str, str],
        secrets: Mapping[str, Any],
        settings: Mapping[str, str],
        *,
        base: Path = ROOT,
    ) -> Config:
        """The settings from their three sources; relative paths count from `base`.

        environ: PORTAL_<NAME>. secrets: the whole mapping; its [portal] section is read. settings: the settings
        table as far as it is known. A value that cannot be used is left out for the default and reported.
        """
        portal = _section(secrets)
        findings = [*_find_unknown(portal)]
        mode, problem = _value("mode", "demo" if is_community_cloud(environ) else "durable", environ, portal, settings)
        findings += problem
        values: dict[str, Any] = {"mode": mode}
        defaults = _DEFAULTS | (_demo_places() if mode == "demo" else {})
        for name, default in defaults.items():
            values[name], problem = _value(name, default, environ, portal, settings)
            findings += problem
        for name in _PATHS:
            values[name] = base / Path(values[name]).expanduser()
        admin, problem = _demo_admin(environ, portal)
        fixed = frozenset(name for name in values if environ.get(f"PORTAL_{name.upper()}") or name in portal)
        return cls(**values, demo_admin=admin, fixed=fixed, findings=(*findings, *problem))


def is_community_cloud(environ: Mapping[str, str], *, exists: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether this is Streamlit Community Cloud, which runs apps as `appuser` from /mount/src on a passing disk."""
    return environ.get("HOME") == "/home/appuser" and exists(Path("/mount/src"))


@cache
def _demo_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="portal-demo-", ignore_cleanup_errors=True)


def _demo_places() -> dict[str, str]:
    """A folder of this process, gone with it: a demo never touches a real workbook unless told where it is."""
    folder = Path(_demo_folder().name)
    return {"workbook": str(folder / "portal.xlsx"), "state_dir": str(folder / "state")}


_PATHS = ("workbook", "state_dir", "company_dir")
_DEFAULTS: dict[str, Any] = {
    "workbook": "data/portal.xlsx",
    "state_dir": "data/state",
    "company_dir": "data/company",
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "session_hours": 8,
    "idle_minutes": 30,
    "keep_days": 7,
}
_CHOICES: dict[str, tuple[str, ...]] = {"mode": ("durable", "demo"), "language": ("zh", "en")}
_RANGES: dict[str, tuple[int, int]] = {"session_hours": (1, 24), "idle_minutes": (5, 1440), "keep_days": (1, 30)}
_ADMIN = ("admin_login", "admin_password", "admin_password_hash")
_KNOWN = ("mode", *_DEFAULTS, *_ADMIN)
_NOT_IN_SETTINGS = ("state_dir",)
"""The settings table lives in the state folder, so it cannot say where that is."""


def _section(secrets: Mapping[str, Any]) -> Mapping[str, Any]:
    portal = secrets.get("portal", {})
    return cast(Mapping[str, Any], portal) if isinstance(portal, Mapping) else {}


def _find_unknown(portal: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding(
            "C001",
            params={"setting": str(name), "near": next(iter(get_close_matches(str(name), _KNOWN)), "")},
            severity=Severity.WARNING,
        )
        for name in portal
        if name not in _KNOWN
    ]


def _value(
    name: str, default: Any, environ: Mapping[str, str], portal: Mapping[str, Any], settings: Mapping[str, str]
) -> tuple[Any, list[Finding]]:
    """The first source that names the setting decides, even where its value cannot be used."""
    sources = [(environ, f"PORTAL_{name.upper()}", f"PORTAL_{name.upper()}"), (portal, name, f"[portal] {name}")]
    if name not in _NOT_IN_SETTINGS:
        sources.append((settings, name, f"settings: {name}"))
    for mapping, key, source in sources:
        text = str(mapping.get(key, "")).strip()
        if text:
            return _understood(name, text, source, default)
    return default, []


def _understood(name: str, text: str, source: str, default: Any) -> tuple[Any, list[Finding]]:
    where = {"setting": name, "value": text, "source": source}
    if name in _CHOICES:
        if text.lower() in _CHOICES[name]:
            return text.lower(), []
        return default, [Finding("C002", params={**where, "choices": _CHOICES[name]})]
    if name in _RANGES:
        low, high = _RANGES[name]
        if text.isdecimal() and low <= int(text) <= high:
            return int(text), []
        return default, [Finding("C003", params={**where, "low": low, "high": high})]
    if name == "timezone" and not _is_zone(text):
        return default, [Finding("C004", params=where)]
    if name == "workbook" and not text.lower().endswith((".xlsx", ".xlsm")):
        return default, [Finding("C005", params=where)]
    return text, []


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _demo_admin(environ: Mapping[str, str], portal: Mapping[str, Any]) -> tuple[DemoAdmin | None, list[Finding]]:
    login, password, hashed = (_value(name, "", environ, portal, {})[0] for name in _ADMIN)
    if not login and not password and not hashed:
        return None, []
    if not login or not (password or hashed):
        return None, [Finding("C006", params={"setting": "admin_login" if not login else "admin_password_hash"})]
    return DemoAdmin(login, password, hashed), []


def setting_names() -> tuple[str, ...]:
    """Every setting the portal knows, for the reference and its test."""
    known = {item.name for item in fields(Config)} - {"demo_admin", "fixed", "findings"}
    return tuple(name for name in _KNOWN if name in known or name in _ADMIN)
