"""The table every benchmark uses: 12 Chinese-labelled fields, deterministic, any number of rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

HEADERS = ("编号", "日期", "部门", "类别", "状态", "姓名", "手机号", "项目名称", "数量", "单价", "金额", "备注")
NUMBER_FORMATS = ("@", "yyyy-mm-dd", "", "", "", "", "@", "", "0", "#,##0.00", "#,##0.00", "")

BenchmarkRow = tuple[str, date, str, str, str, str, str, str, int, Decimal, Decimal, str]

_DEPARTMENTS = ("销售一部", "销售二部", "客服部", "财务部", "行政部", "技术部")
_CATEGORIES = ("办公用品", "差旅", "招待", "设备", "服务", "礼品")
_STATUSES = ("草稿", "已提交", "审批中", "已通过", "已驳回")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN_NAMES = "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英"
_PROJECTS = ("华东渠道拓展", "年度客户答谢", "珠宝展会布置", "门店翻新", "系统升级", "礼品采购")
_REMARKS = ("", "", "急件", "请于月底前完成，谢谢", "客户要求开具专用发票", "已与对方财务核对无误")
_FIRST_DAY = date(2024, 1, 1)


def benchmark_rows(count: int, *, seed: int = 7, start: int = 1) -> Iterator[BenchmarkRow]:
    """`count` rows, the same for the same `seed`; 编号 counts from `start` and is unique."""
    random = Random(seed)
    for number in range(start, start + count):
        quantity = random.randint(1, 500)
        price = Decimal(random.randint(100, 999_999)) / 100
        yield (
            f"BX{number:08d}",
            _FIRST_DAY + timedelta(days=random.randrange(1000)),
            random.choice(_DEPARTMENTS),
            random.choice(_CATEGORIES),
            random.choice(_STATUSES),
            random.choice(_SURNAMES) + random.choice(_GIVEN_NAMES) + random.choice(_GIVEN_NAMES),
            f"13{random.randrange(10**9):09d}",
            f"{random.choice(_PROJECTS)}第{random.randint(1, 40)}期",
            quantity,
            price,
            quantity * price,
            random.choice(_REMARKS),
        )
