"""Columns and cells: which column is which, what a cell means, and that what is written reads back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import Catalogue
from schemas.field_types import CellValue, ParseContext
from schemas.record import LIVE, VOID
from schemas.template import Template
from sheets_adapter.codec import RAW, RowWriter, Seen, cells_of, extra_cell, extra_kind, parts_of, text_of
from sheets_adapter.columns import find_header_row, map_columns, plan_catalogue, plan_tables
from sheets_adapter.contract import Row
from sheets_adapter.fold import design_of
from sheets_adapter.row_reading import RowReader
from sheets_adapter.xlsx.new_workbook import new_workbook
from sheets_adapter.xlsx.reader import SheetRows
from sheets_adapter.xlsx.sheet_edit import SheetEdit
from sheets_adapter.xlsx.workbook import Workbook
from tests.sheets_adapter.workbook_samples import CUSTOMERS, SHANGHAI, STAFF

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=SHANGHAI)


class People:
    """References to three people, two of one name."""

    names: ClassVar = {"S001": "张三", "S002": "李四", "S003": "李四"}

    def display(self, template: str, key: str) -> str | None:
        return self.names.get(key)

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        return (text,) if text in self.names else tuple(key for key, name in self.names.items() if name == text)

    def is_live(self, template: str, key: str) -> bool:
        return key in self.names


CONTEXT = ParseContext(now=NOW, references=People())
CATALOGUE = Catalogue((STAFF, CUSTOMERS))
PLAN, LINES = plan_tables(CUSTOMERS, CATALOGUE)


# --- columns


def test_columns_come_in_the_order_of_the_fields_with_keys_beside_names_and_system_columns_last() -> None:
    assert [one.header for one in PLAN.columns] == [
        "客户编号", "客户名称", "联系电话", "客户级别", "合作日期", "授信额度", "负责人", "负责人·编号", "备注",
        "两倍额度", "记录编号", "状态", "创建时间", "创建人", "提交时间", "审批时间", "作废原因", "更新时间", "更新人",
    ]  # fmt: skip
    assert [one.header for one in LINES.columns] == ["姓名", "手机", "记录编号", "行号", "状态", "行编号"]
    assert (PLAN.sheet, LINES.sheet) == ("客户信息", "客户信息明细")


def test_a_reference_whose_display_is_its_key_takes_one_column() -> None:
    plain = Template.model_validate({**STAFF.model_dump(by_alias=True), "display": "staff_id"})
    plan = plan_tables(CUSTOMERS, Catalogue((plain, CUSTOMERS)))[0]
    assert "负责人·编号" not in [one.header for one in plan.columns]


def test_a_template_is_read_after_those_it_refers_to() -> None:
    plans = plan_catalogue(Catalogue((CUSTOMERS, STAFF)))
    assert [plan.table for plan in plans] == ["staff", "customers", "customers.contacts"]


def test_a_new_sheet_offers_choices_hides_line_ids_and_marks_the_status_column() -> None:
    design = design_of(PLAN)
    columns = {column.header: column for column in design.columns}
    assert columns["客户级别"].choices == ("A级", "B级", "C级")
    assert columns["状态"].choices == (LIVE, VOID)
    assert columns["授信额度"].format == "money"
    assert columns["合作日期"].format == "date"
    assert columns["联系电话"].format == "text"
    assert design.columns[design.status_column or 0].header == "状态"
    assert next(one for one in design_of(LINES).columns if one.header == "行编号").hidden


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([["客户编号", "客户名称"]], 0),
        ([["某某公司客户表"], [], ["序号", "客户编号", "客户名称", "联系电话"]], 2),
        ([["客户名称"], ["客户编号", "客户名称"]], 1),
        ([["客户名称", "别的"]], None),
        ([["表"]] * 10 + [["客户编号", "客户名称"]], None),
        ([["公司名称", "联系 电话"]], 0),
    ],
    ids=[
        "at the top",
        "under a title",
        "the row with most labels",
        "one label is too few",
        "beyond ten rows",
        "aliases",
    ],
)
def test_the_header_is_the_row_among_the_first_ten_that_has_most_labels(
    rows: list[list[str]], found: int | None
) -> None:
    assert find_header_row(PLAN, rows) == found


def mapped(header: list[str], **identities: int) -> dict[str, int]:
    return dict(map_columns(PLAN, "客户信息", 1, header, identities).columns)


def test_a_column_is_known_by_its_label_wherever_it_stands() -> None:
    assert mapped(["备注", "客户名称"]) == {"note": 0, "name": 1}


def test_a_label_is_known_with_other_spaces_and_widths() -> None:
    assert mapped(["客户 名称", "联系电话 "]) == {"name": 0, "phone": 1}


def test_a_renamed_column_is_known_by_its_identity() -> None:
    assert mapped(["公司", "备注"], name=0) == {"name": 0, "note": 1}


def test_a_label_outweighs_an_identity_that_was_left_behind_when_a_column_was_inserted() -> None:
    assert mapped(["客户编号", "新插入", "客户名称"], name=1) == {"customer_id": 0, "name": 2}


def test_between_two_columns_of_one_label_the_identity_decides() -> None:
    assert mapped(["备注", "备注"], note=1) == {"note": 1}


def test_an_alias_is_known_when_neither_label_nor_identity_is() -> None:
    assert mapped(["公司名称"]) == {"name": 0}


def test_a_field_labelled_like_a_system_column_takes_the_left_one() -> None:
    template = Template.model_validate(
        {
            "key": "cases", "version": 1, "label": {"zh": "事项", "en": "Cases"},
            "fields": [
                {"key": "state", "type": "text", "label": {"zh": "状态", "en": "State"}},
                {"key": "title", "type": "text", "label": {"zh": "标题", "en": "Title"}},
            ],
            "list_view": {"columns": ["title"]},
        }
    )  # fmt: skip
    plan = plan_tables(template, Catalogue((template,)))[0]
    found = map_columns(plan, "事项", 1, ["状态", "标题", "记录编号", "状态"], {}).columns
    assert (found["state"], found["status"]) == (0, 3)


def test_columns_nobody_knows_are_kept_under_their_headers() -> None:
    found = map_columns(PLAN, "客户信息", 1, ["客户名称", "序号", None, "序号"], {})
    assert found.extras == {"序号": 1, "序号 (4)": 3}


# --- cells

HEADER = [one.header for one in PLAN.columns]


def read(row: dict[str, CellValue], seen: dict[str, Seen] | None = None) -> tuple[dict[str, str], list[str]]:
    """The cells of one row given by header, and the codes of findings."""
    reader = RowReader(PLAN, map_columns(PLAN, "客户信息", 1, HEADER, {}), seen or {}, CONTEXT)
    rows = SheetRows([HEADER, [row.get(header, "") for header in HEADER]], 1, {})
    decoded = list(reader.read(rows))
    assert len(decoded) == 1
    return dict(decoded[0].seen.cells), [finding.code for finding in decoded[0].findings]


def test_cells_are_read_by_the_field_s_type() -> None:
    cells, findings = read(
        {"客户编号": 1234.0, "联系电话": 13800000001.0, "合作日期": "2026年7月9日", "授信额度": 1.2, "客户级别": "B级"}
    )
    assert cells == {
        "customer_id": "1234", "phone": "13800000001", "since": "2026-07-09", "credit": "1.20", "level": "B级",
        "status": LIVE,
    }  # fmt: skip
    assert findings == []


def test_what_does_not_fit_is_kept_as_raw_text() -> None:
    cells, findings = read({"客户名称": "甲", "授信额度": "一大笔"})
    assert cells["credit"] == RAW + "一大笔"
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"负责人·编号": "S002"}, "S002"),
        ({"负责人": "张三"}, "S001"),
        ({"负责人": "S001"}, "S001"),
        ({"负责人": "别人", "负责人·编号": "S001"}, "S001"),
        ({"负责人": "李四"}, RAW + "李四"),
        ({"负责人": "没有这人"}, RAW + "没有这人"),
    ],
    ids=["by key", "by name", "key in the name column", "the key wins", "ambiguous name", "nobody"],
)
def test_a_reference_in_a_new_row_resolves_by_key_then_by_unique_name(
    cells: dict[str, CellValue], expected: str
) -> None:
    found, findings = read({"客户名称": "甲", **cells})
    assert found["keeper"] == expected
    assert bool(findings) == expected.startswith(RAW)


def test_an_ambiguous_name_lists_the_candidates() -> None:
    reader = RowReader(PLAN, map_columns(PLAN, "客户信息", 1, HEADER, {}), {}, CONTEXT)
    row = ["", "甲", "", "", "", "", "李四"]
    (decoded,) = reader.read(SheetRows([HEADER, row], 1, {}))
    assert decoded.findings[0].params["candidates"] == ("S002 李四", "S003 李四")
    assert str(decoded.findings[0].at) == "客户信息!G2"


FILES = Template.model_validate(
    {
        "key": "papers", "version": 1, "label": {"zh": "资料", "en": "Papers"},
        "fields": [{"key": "scan", "type": "attachment", "label": {"zh": "扫描件", "en": "Scan"}}],
        "list_view": {"columns": ["scan"]},
    }
)  # fmt: skip
A, B = "a" * 64, "b" * 64


def test_attachments_show_their_names_and_keep_their_hashes_beside_them() -> None:
    plan = plan_tables(FILES, Catalogue((FILES,)))[0]
    shown = RowWriter(plan, None).shown("r1", {"scan": f"{A} 营业执照.pdf\n{B} 合同 2026.pdf"})
    assert (shown["scan"], shown["scan.key"]) == ("营业执照.pdf、合同 2026.pdf", f"{A}、{B}")


@pytest.mark.parametrize(
    ("names", "hashes", "expected"),
    [
        ("营业执照.pdf", A, f"{A} 营业执照.pdf"),
        ("改名.pdf", A, f"{A} 营业执照.pdf"),
        ("新文件.pdf", "", RAW + "新文件.pdf"),
        ("", "", ""),
    ],
    ids=["unchanged", "renamed: put back", "typed in", "emptied"],
)
def test_files_are_changed_in_the_portal_only(names: str, hashes: str, expected: str) -> None:
    plan = plan_tables(FILES, Catalogue((FILES,)))[0]
    before = Seen({"scan": f"{A} 营业执照.pdf"}, {"scan": "营业执照.pdf", "scan.key": A})
    header = ["扫描件", "扫描件·编号", "记录编号"]
    reader = RowReader(plan, map_columns(plan, "资料", 1, header, {}), {"r1": before}, CONTEXT)
    (row,) = reader.read(SheetRows([header, [names, hashes, "r1"]], 1, {}))
    assert row.seen.cells.get("scan", "") == expected


def test_empty_rows_totals_and_lone_notes_are_no_records_but_a_single_typed_cell_is() -> None:
    reader = RowReader(PLAN, map_columns(PLAN, "客户信息", 1, HEADER, {}), {}, CONTEXT)
    rows = [HEADER, ["", None], ["", "六福"], ["合计", "", "", "", "", 3000.0], ["注：以上为内部资料"]]
    assert [row.row for row in reader.read(SheetRows(rows, 1, {}))] == [3]
    assert [(finding.code, str(finding.at)) for finding in reader.notes] == [
        ("S060", "客户信息!A4"), ("S060", "客户信息!A5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    ["00123", 12.5, 7.0, True, datetime(2026, 7, 9), datetime(2026, 7, 9, 8, 30), Decimal("0.1")],  # noqa: DTZ001
    ids=str,
)
def test_a_cell_of_people_s_own_column_is_written_back_as_it_was(cell: Any) -> None:
    back = extra_cell(text_of(cell), extra_kind(cell))
    assert back == (cell.date() if cell == datetime(2026, 7, 9) else cell)  # noqa: DTZ001
    assert isinstance(back, str) == isinstance(cell, str)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=6)
parts = st.dictionaries(st.sampled_from(["name", "note", "level"]), texts.filter(bool), max_size=3)


@given(parts, parts, parts)
def test_a_stored_row_survives_the_way_through_the_merge_s_cells(
    values: dict[str, str], raw: dict[str, str], extra: dict[str, str]
) -> None:
    kept = {key: text for key, text in values.items() if key not in raw}
    found = parts_of(cells_of(Row("r1", kept, raw, extra)))
    assert (found.values, found.raw, found.extra) == (kept, raw, extra)


# --- written and read back

ANSWERS = {
    "customer_id": st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True),
    "name": st.sampled_from(
        ["金凤祥", "=1+1", "-5", "00123", "_x0041_", "a\nb", "😀", "TRUE", "1e5", "'x", "2026-01-01"]
    ),
    "phone": st.sampled_from(["13800000001", "010-12345678", "+85212345678"]),
    "level": st.sampled_from(["A级", "B级", "C级"]),
    "since": st.dates(min_value=datetime(1950, 1, 1).date(), max_value=datetime(2099, 1, 1).date()).map(str),  # noqa: DTZ001
    "credit": st.integers(-(10**12), 10**12).map(lambda fen: f"{Decimal(fen) / 100:.2f}"),
    "keeper": st.sampled_from(["S001", "S002"]),
    "void_reason": st.sampled_from(["重复", "=A1"]),
    "created_at": st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.strftime("%Y-%m-%d %H:%M:%S")
    ),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=ANSWERS), min_size=1, max_size=5))
def test_every_row_written_into_a_workbook_reads_back_as_it_was(answers: list[dict[str, str]]) -> None:
    rows = [{**cells, "status": LIVE} for cells in answers]
    workbook = Workbook.open(new_workbook(["说明"]))
    workbook.add_sheet(design_of(PLAN))
    places = {one.column: at for at, one in enumerate(PLAN.columns)}
    writer = RowWriter(PLAN, People())
    appends = [
        {places[column]: writer.cell(column, text) for column, text in writer.shown(f"r{n}", cells).items()}
        for n, cells in enumerate(rows)
    ]
    formats = {places[one.column]: one.format for one in PLAN.columns}
    workbook.edit(PLAN.sheet, SheetEdit(1, appends=appends, formats=formats))
    sheet = Workbook.open(workbook.to_bytes()).read(PLAN.sheet)
    found = map_columns(PLAN, PLAN.sheet, 1, sheet.rows[0], {})
    reader = RowReader(PLAN, found, {}, CONTEXT)
    decoded = list(reader.read(sheet))
    assert [dict(row.seen.cells) for row in decoded] == rows
    assert not [finding for row in decoded for finding in row.findings]


def test_nothing_needs_writing_once_a_row_is_written() -> None:
    writer = RowWriter(PLAN, People())
    cells = {"name": "金凤祥", "keeper": "S001", "status": LIVE, "extra:序号": "1"}
    seen = writer.seen_after("r1", cells, None)
    assert writer.differences("r1", cells, seen, ["序号"]) == {}
    assert writer.differences("r1", {**cells, "keeper": "S002"}, seen, []) == {"keeper": "李四", "keeper.key": "S002"}
