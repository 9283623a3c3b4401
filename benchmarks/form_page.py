"""Server CPU of one rerun of the 客户信息管理表 page, beside a bare page with the same widgets; target: ≤ 1.5 times.

The bare page is written from what the portal's page sends to the browser: as many elements of each kind, in a script
without any logic. Both run in a server of their own and are asked for the same number of reruns, in turns.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.portal_folder import made_portal
from benchmarks.streamlit_client import ROOT, Client, Server

TARGET = 1.5
WARM_UP = 10
BARE_LINES = {
    "text_input": "st.text_input('标签', key='k{n}', placeholder='例如')",
    "text_area": "st.text_area('标签', key='k{n}')",
    "selectbox": "st.selectbox('标签', ['甲', '乙', '丙'], index=None, key='k{n}')",
    "multiselect": "st.multiselect('标签', ['甲', '乙', '丙'], key='k{n}')",
    "button_group": "st.pills('标签', ['甲', '乙', '丙'], key='k{n}')",
    "button": "st.button('按钮{n}', key='k{n}')",
    "markdown": "st.markdown('文字')",
    "text": "st.text('文字')",
    "heading": "st.subheader('文字', anchor=False)",
    "page_link": "st.page_link('https://example.invalid', label='链接')",
    "html": "st.html('<style>a{{}}</style>')",
    "checkbox": "st.checkbox('标签', key='k{n}')",
    "radio": "st.radio('标签', ['甲', '乙'], key='k{n}')",
    "bidi_component": "component(key='k{n}', data={{'value': '2026-11-21'}})",
}
BARE_HEAD = """import streamlit as st
component = st.components.v2.component('bare', js='export default function() {}')
st.set_page_config(layout='wide')
"""


def elements_of(messages: Sequence[ForwardMsg]) -> tuple[Counter[str], int]:
    """What a run drew: elements by kind, and the number of containers."""
    kinds: Counter[str] = Counter()
    containers = 0
    for message in messages:
        if message.WhichOneof("type") == "delta":
            if message.delta.WhichOneof("type") == "new_element":
                kinds[str(message.delta.new_element.WhichOneof("type"))] += 1
            elif message.delta.WhichOneof("type") == "add_block":
                containers += 1
    return kinds, containers


def bare_script(kinds: Counter[str], containers: int) -> str:
    """A page of the same elements, spread over as many containers."""
    unknown = sorted(set(kinds) - set(BARE_LINES) - {"empty", "skeleton"})
    assert not unknown, f"no bare line for {unknown}"
    lines = [BARE_LINES[kind] for kind, count in sorted(kinds.items()) if kind in BARE_LINES for _ in range(count)]
    script = [BARE_HEAD]
    for number in range(max(containers, len(lines))):
        if number < containers:
            script.append("with st.container():")
        indent = "    " if number < containers else ""
        script.append(indent + (lines[number].format(n=number) if number < len(lines) else "pass"))
    return "\n".join(script)


def rerun_ms(server: Server, client: Client, runs: int) -> float:
    """Server CPU per rerun in milliseconds."""
    before = server.cpu_seconds()
    for _ in range(runs):
        client.run()
    return (server.cpu_seconds() - before) / runs * 1000


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="3 rounds of 20 reruns instead of 9 of 40")
    rounds, runs = (3, 20) if arguments.parse_args().quick else (9, 40)
    with tempfile.TemporaryDirectory() as folder:
        portal = made_portal(Path(folder) / "portal")
        ours = Server(ROOT / "portal.py", portal.environment)
        ours.wait_until_healthy()
        client = Client(ours, query="t=customer_info", cookie=portal.cookie, page="form")
        for _ in range(WARM_UP):
            messages = client.run()
        kinds, containers = elements_of(messages)
        script = Path(folder) / "bare.py"
        script.write_text(bare_script(kinds, containers), encoding="utf-8")
        bare = Server(script, portal.environment)
        bare.wait_until_healthy()
        bare_client = Client(bare)
        for _ in range(WARM_UP):
            bare_client.run()
        pairs = [(rerun_ms(bare, bare_client, runs), rerun_ms(ours, client, runs)) for _ in range(rounds)]
        ours.stop()
        bare.stop()
    medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
    print(f"elements {dict(kinds)}, containers {containers}")
    print(f"bare page  CPU per rerun, median of {rounds}×{runs}: {medians[0]:6.1f} ms")
    print(f"form page  CPU per rerun, median of {rounds}×{runs}: {medians[1]:6.1f} ms")
    ratio = medians[1] / medians[0]
    print(f"ratio {ratio:.2f} (target ≤ {TARGET}) {'ok' if ratio <= TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
