"""Printed forms read back: the Excel sheet by openpyxl, the PDF by pypdf."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from schemas.finding import Finding
from schemas.record import Actor, Record
from services.app import App
from services.attachments import File
from services.slip_fonts import small_font, system_fonts
from services.slip_pdf import write_slip_pdf
from services.slips import SignatureBlock, Slip, pieces_of
from tests.services.print_samples import BOX, NECKLACE, READER, VALUES, add_form, gift


@pytest.fixture
def few_forms(few_forms: Path) -> Path:
    add_form(few_forms)
    return few_forms


@pytest.fixture
def record(portal: App, admin: Actor) -> Record:
    return gift(portal, admin, NECKLACE, BOX, **VALUES)


def printed(portal: App, record: Record, actor: Actor, kind: str, language: str = "zh") -> bytes:
    made = portal.prints.record("gifts", record.record_id, actor, kind=kind, language=language)  # type: ignore[arg-type]
    assert isinstance(made, File), made
    return made.data


def sheet_of(data: bytes) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def rows_of(data: bytes) -> list[list[object]]:
    rows = [[cell for cell in row if cell is not None] for row in sheet_of(data).iter_rows(values_only=True)]
    return [row for row in rows if row]


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def test_the_excel_form_reads_as_the_paper_one(portal: App, admin: Actor, record: Record) -> None:
    assert rows_of(printed(portal, record, admin, "xlsx")) == [
        ["明达科技"],
        ["礼品馈赠申请表"],
        ["编号：LP001", "填表日期：2026-11-21"],
        ["申请"],
        ["申请单号", "LP001", "申请人", "孙丽"],
        ["馈赠日期", dt.datetime(2026, 11, 20), "预算（元）", 1200],  # noqa: DTZ001 - a cell has no zone
        ["对象"],
        ["收受人", "王女士", "电话", "13912345678"],
        ["境外", "否"],
        ["其他"],
        ["成本", 800],
        ["备注", "第一行\n第二行"],
        ["合计金额", 317],
        ["礼品"],
        ["礼品名称", "数量", "单价", "金额"],
        ["18K金项链", 2, 128.5, 257],
        ["礼盒", 3, 20, 60],
        ["合计", 5, 317],
        ["申请人", "部门经理"],
        ["孙丽"],
        ["日期：　　　年　　月　　日"] * 2,
    ]


def test_the_excel_form_prints_on_one_a4_page_across_with_its_heading_on_every_page(
    portal: App, admin: Actor, record: Record
) -> None:
    sheet = sheet_of(printed(portal, record, admin, "xlsx"))
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation == "portrait"
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$3"
    assert str(sheet.print_area).endswith(f"$A$1:$X${sheet.max_row}")
    assert sheet.oddFooter.right.text == "第 &P 页 / 共 &N 页"


def test_an_empty_question_keeps_its_box_and_one_that_does_not_apply_has_none(portal: App, admin: Actor) -> None:
    words = [cell for row in rows_of(printed(portal, gift(portal, admin), admin, "xlsx")) for cell in row]
    assert {"馈赠日期", "备注", "礼品名称"} <= set(words)
    assert "国家" not in words


def test_text_in_a_form_is_never_a_formula(portal: App, admin: Actor) -> None:
    nasty = '=HYPERLINK("http://x","y")'
    data = printed(portal, gift(portal, admin, {**BOX, "gift": "+1"}, remark=nasty, receiver="@SUM(1)"), admin, "xlsx")
    cells = [cell for row in sheet_of(data).iter_rows() for cell in row if cell.value is not None]
    assert {cell.value for cell in cells} >= {nasty, "+1", "@SUM(1)"}
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_a_pdf_says_the_same_on_a4(portal: App, admin: Actor, record: Record) -> None:
    data = printed(portal, record, admin, "pdf")
    text = text_of(data)
    for words in ("明达科技", "礼品馈赠申请表", "编号：LP001", "馈赠日期", "2026-11-20", "¥1,200.00",
                  "13912345678", "18K金项链", "¥317.00", "部门经理",
                  "孙丽 打印于 2026-11-21 12:00", "第 1 页 / 共 1 页"):  # fmt: skip
        assert words in text, words
    [page] = pypdf.PdfReader(io.BytesIO(data)).pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


def test_an_english_form_has_english_labels_and_choices(portal: App, admin: Actor, record: Record) -> None:
    text = text_of(printed(portal, record, admin, "pdf", "en"))
    assert "Gift request" in text
    assert "Page 1 of 1" in text
    assert "馈赠" not in text


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_what_one_may_not_see_is_not_printed(portal: App, admin: Actor, record: Record, kind: str) -> None:
    data = printed(portal, record, READER, kind)
    text = text_of(data) if kind == "pdf" else str(rows_of(data))
    assert "139****5678" in text
    assert "13912345678" not in text
    assert "王女士" not in text
    assert "成本" not in text


def test_a_record_of_somebody_else_cannot_be_printed(portal: App, admin: Actor, record: Record) -> None:
    stranger = Actor("a7", "S007", "周九", frozenset({"sales_rep"}))
    refused = portal.prints.record("gifts", record.record_id, stranger, kind="pdf", language="zh")
    assert isinstance(refused, Finding)
    assert refused.code == "P002"


def test_printing_stands_in_the_access_log(portal: App, admin: Actor, record: Record, access_log) -> None:
    printed(portal, record, admin, "xlsx")
    [line] = [line for line in access_log(portal) if line.action == "print"]
    assert (line.actor, line.template, line.detail) == ("S001 孙丽", "gifts", f"xlsx {record.record_id}")


def test_forty_lines_go_over_pages_and_each_says_which(portal: App, admin: Actor) -> None:
    lines = [{"gift": f"礼品{number:02}", "pieces": "1", "price": "10"} for number in range(1, 61)]
    text = text_of(printed(portal, gift(portal, admin, *lines), admin, "pdf"))
    assert "第 2 页 / 共" in text
    assert text.count("礼品名称") == text.count("礼品馈赠申请表"), "the table's heading stands on every page"
    assert all(f"礼品{number:02}" in text for number in range(1, 61))


def test_an_answer_longer_than_a_page_is_printed_whole(portal: App, admin: Actor) -> None:
    record = gift(portal, admin, {**BOX, "gift": "长" * 900}, remark="鹤翔碧霄山，" * 400)
    for kind in ("pdf", "xlsx"):
        data = printed(portal, record, admin, kind)
        text = text_of(data) if kind == "pdf" else "".join(str(cell) for row in rows_of(data) for cell in row)
        assert {letter: text.count(letter) for letter in "鹤翔碧霄山"} == dict.fromkeys("鹤翔碧霄山", 400), kind
        assert text.count("长") == 900, kind


NASTY = "<b>粗</b> & &amp; 😀 \u200b \u3000 ﷽ 𠮷 \ue000 \u202e"


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_markup_emoji_and_rare_letters_are_text(portal: App, admin: Actor, kind: str) -> None:
    data = printed(portal, gift(portal, admin, remark=NASTY), admin, kind)
    text = text_of(data) if kind == "pdf" else str(rows_of(data))
    assert "<b>粗</b> & &amp;" in text


def test_two_forms_one_after_the_other_have_each_their_own_letters(portal: App, admin: Actor) -> None:
    first, second = (gift(portal, admin, remark=word) for word in ("春江潮水", "海上明月"))
    assert "春江潮水" in text_of(printed(portal, first, admin, "pdf"))
    assert "海上明月" in text_of(printed(portal, second, admin, "pdf"))


SLIP = Slip(
    "公司😀", "表", "编号", "", "已作废", (), (SignatureBlock("经理", "张三"),), "日期", "打印", "{page}/{pages}"
)


def test_without_a_chinese_font_the_reader_s_own_is_named() -> None:
    document = pypdf.PdfReader(io.BytesIO(write_slip_pdf(SLIP, fonts=())))
    fonts = document.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert "STSong-Light" in str({name: font.get_object() for name, font in fonts.items()})
    assert "经理" in document.pages[0].extract_text()


def test_a_file_that_is_no_font_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttc"
    broken.write_bytes(b"ttcf nothing of the kind")
    assert small_font("字", [broken, tmp_path / "absent.ttf"]) is None


@pytest.mark.parametrize("path", system_fonts(), ids=lambda path: path.name)
def test_a_font_of_this_machine_gives_its_letters(path: Path) -> None:
    from fontTools.ttLib import TTFont

    made = small_font("春江", [path])
    assert made is not None
    font = TTFont(io.BytesIO(made))
    assert {ord(letter) for letter in "春江"} <= font.getBestCmap().keys()
    assert font["glyf"][font.getBestCmap()[ord("春")]].numberOfContours > 0
    assert len(made) < 20_000


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("", 6, [""]),
        ("一行字", 6, ["一行字"]),
        ("一\n二", 6, ["一\n二"]),
        ("一二三四五六七", 6, ["一二三", "四五六", "七"]),
        ("aaaaa\nbbbb", 6, ["aaaaa", "bbbb"]),
    ],
    ids=["empty", "one line", "two short lines", "too long a line", "cut at the line's end"],
)
def test_a_text_is_cut_where_its_box_ends(text: str, size: int, expected: list[str]) -> None:
    assert pieces_of(text, size) == expected


@given(text=st.text(alphabet="a字\n", max_size=200), size=st.integers(2, 40))
def test_cutting_loses_nothing_but_line_ends(text: str, size: int) -> None:
    assert "".join(pieces_of(text, size)).replace("\n", "") == text.replace("\n", "")
