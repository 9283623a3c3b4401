"""The folders the portal needs: local and writable, or a finding that says what to change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from services.config import Config
from services.places import find_place_problems, is_on_network

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /srv tmpfs rw 0 0
//nas/office /srv/office cifs rw 0 0
server:/export /srv/office\\040old nfs4 rw 0 0
/dev/sdb1 /srv/office/local xfs rw 0 0
C:\\134 /mnt/c drvfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/portal/state", False),
        ("/srv/state", False),
        ("/srv/office/state", True),
        ("/srv/office old/state", True),
        ("/srv/office/local/state", False),
        ("/srv/officers/state", False),
        ("/mnt/c/portal", True),
        ("\\\\nas\\office\\state", True),
        ("//nas/office/state", True),
    ],
    ids=["root disk", "tmpfs", "samba", "nfs with a space", "disk inside a share", "only alike", "wsl", "unc", "unc/"],
)
def test_a_network_drive_is_told_by_its_innermost_mount(path: str, expected: bool) -> None:
    assert is_on_network(Path(path), mounts=MOUNTS) is expected


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path / "books" / "portal.xlsx", tmp_path / "state", tmp_path / "company")


def test_absent_folders_are_made(config: Config) -> None:
    assert find_place_problems(config, mounts="") == ()
    assert config.state_dir.is_dir()
    assert list(config.workbook.parent.iterdir()) == []


def test_a_state_folder_on_a_share_is_refused_before_anything_is_made(config: Config, tmp_path: Path) -> None:
    (finding,) = find_place_problems(config, mounts=f"//nas/x {tmp_path} cifs rw 0 0")
    assert (finding.code, finding.params["setting"]) == ("C010", "state_dir")
    assert not config.state_dir.exists()


def test_a_folder_that_cannot_be_made_says_which_setting_and_why(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    (finding,) = find_place_problems(replace(config, state_dir=tmp_path / "file" / "state"), mounts="")
    assert finding.code == "C011"
    assert finding.params["setting"] == "state_dir"
    assert finding.params["reason"] == "Not a directory"
