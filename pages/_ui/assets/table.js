// A table people can read, sort and open rows of. Cells arrive as texts and are set as textContent: never as HTML.
const chip = (cell) => {
  const mark = document.createElement("span");
  mark.className = `chip ${cell.tone}`;
  mark.textContent = cell.text;
  return mark;
};

const body = (cell) => {
  if (cell.tone) return chip(cell);
  const span = document.createElement("span");
  span.textContent = cell.text;
  if (cell.title) span.title = cell.title;
  return span;
};

const heading = (column, data, send) => {
  const th = document.createElement("th");
  th.scope = "col";
  th.className = column.align;
  if (!column.sortable) { th.textContent = column.label; return th; }
  const button = document.createElement("button");
  const isSorted = data.sort === column.key || data.sort === `-${column.key}`;
  const down = data.sort === `-${column.key}`;
  button.type = "button";
  button.textContent = column.label;
  button.title = data.sort_label;
  if (isSorted) { th.setAttribute("aria-sort", down ? "descending" : "ascending"); button.dataset.sorted = down ? "↓" : "↑"; }
  button.onclick = () => send("sorted", isSorted && !down ? `-${column.key}` : column.key);
  th.append(button);
  return th;
};

// One box; the label around it is the target for fingers.
const tick = (tag, name, checked, changed) => {
  const cell = document.createElement(tag);
  cell.className = "tick";
  const label = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = checked;
  box.setAttribute("aria-label", name);
  box.onchange = changed;
  label.append(box);
  label.onclick = (event) => event.stopPropagation();
  cell.append(label);
  cell.onclick = (event) => event.stopPropagation();
  return cell;
};

const tell = (table, send) => {
  const boxes = [...table.tBodies[0].querySelectorAll(".tick input")];
  const ids = boxes.filter((box) => box.checked).map((box) => box.closest("tr").dataset.id);
  settleHead(table);
  send("chosen", { ids });
};

const settleHead = (table) => {
  const head = table.tHead.querySelector(".tick input");
  if (!head) return;
  const boxes = [...table.tBodies[0].querySelectorAll(".tick input")];
  const count = boxes.filter((box) => box.checked).length;
  boxes.forEach((box) => box.closest("tr").classList.toggle("chosen", box.checked));
  head.checked = count > 0 && count === boxes.length;
  head.indeterminate = count > 0 && count < boxes.length;
};

const line = (row, data, send, table) => {
  const tr = document.createElement("tr");
  if (row.void) tr.className = "void";
  if (data.choosing && row.id) {
    tr.dataset.id = row.id;
    const name = `${data.choosing.row} ${row.cells[0].text}`;
    tr.append(tick("td", name, data.choosing.ticked.includes(row.id), () => tell(table, send)));
  }
  row.cells.forEach((cell, index) => {
    const td = document.createElement("td");
    const column = data.columns[index];
    td.className = cell.text ? column.align : `${column.align} none`;
    td.dataset.label = column.label;
    if (index === 0 && row.href) {
      const a = document.createElement("a");
      a.href = row.href;
      a.append(body(cell));
      td.append(a);
    } else td.append(body(cell));
    tr.append(td);
  });
  if (row.href) {
    tr.classList.add("opens");
    tr.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      if (String(getSelection())) return;
      event.preventDefault();
      send("opened", row.id);
    };
  }
  return tr;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector("table");
  table.setAttribute("aria-label", data.label);
  const head = document.createElement("tr");
  if (data.choosing) {
    head.append(tick("th", data.choosing.all, false, (event) => {
      table.tBodies[0].querySelectorAll(".tick input").forEach((box) => { box.checked = event.target.checked; });
      tell(table, setTriggerValue);
    }));
  }
  head.append(...data.columns.map((column) => heading(column, data, setTriggerValue)));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...data.rows.map((row) => line(row, data, setTriggerValue, table)));
  settleHead(table);
  const foot = table.tFoot;
  foot.replaceChildren();
  if (data.total.length) foot.append(line({ cells: data.total }, data, setTriggerValue));
}
