"""A portal that is set up, for benchmarks of the running program."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from services.app import load_config, open_app
from services.setup import SetupAnswers

LOGIN = "zhangsan"


@dataclass(frozen=True)
class PortalFolder:
    """Its settings as environment variables, and a session cookie of its administrator."""

    environment: dict[str, str]
    cookie: str


def made_portal(folder: Path) -> PortalFolder:
    """Sets a portal up in an empty folder, writes its workbook, and signs its administrator in."""
    from pages._ui.cookies import cookie_name

    environment = {
        **os.environ,
        "PORTAL_WORKBOOK": str(folder / "portal.xlsx"),
        "PORTAL_STATE_DIR": str(folder / "state"),
        "PORTAL_COMPANY_DIR": str(folder / "company"),
        "PORTAL_MODE": "durable",
    }
    app = open_app(load_config(environment, {}), start_checkpointer=False)
    answers = SetupAnswers(company="晨光珠宝", admin_name="张三", login=LOGIN, password="chenguang-2026")
    findings = app.setup.run(answers, app.setup.code())
    assert not findings, findings
    app.sync.fold_now()
    account = app.accounts.by_login(LOGIN)
    assert account is not None
    token = app.sessions.open(account)
    cookie = f"{cookie_name(app.config.state_dir)}={token}"
    app.close()
    return PortalFolder(environment, cookie)
