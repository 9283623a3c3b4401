// Line items: a compact table on a wide screen, cards on a narrow one. What is typed is kept here row by row and told
// to the portal when a cell is left or the typing pauses; texts arrive as texts and are never read as HTML.
const PAUSE_MS = 700;
const tables = new WeakMap();

const button = (className, text, title, onclick) => {
  const element = make("button", className, text);
  element.type = "button";
  if (title) { element.title = title; element.setAttribute("aria-label", title); }
  element.onclick = onclick;
  return element;
};

// Cells as spreadsheets copy them: tabs between cells, quotes around cells that hold line breaks.
const pastedRows = (text) => {
  const rows = [[]];
  const cell = /"((?:[^"]|"")*)"(?=\t|\r?\n|$)|([^\t\r\n]*)/y;
  for (let at = 0; at <= text.length;) {
    cell.lastIndex = at;
    const found = cell.exec(text);
    rows.at(-1).push((found[1] !== undefined ? found[1].replaceAll('""', '"') : found[2]).trim());
    at = cell.lastIndex;
    if (text[at] === "\t") { at += 1; continue; }
    if (text[at] === "\r") at += 1;
    if (text[at] !== "\n") break;
    at += 1;
    if (at === text.length) break;
    rows.push([]);
  }
  return rows;
};

const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s*()（）:：]/g, "");

class LineTable extends RecordSearch {
  constructor(root, data) {
    super();
    this.root = root;
    this.rows = data.rows.map(([id, cells]) => ({ id, cells: { ...cells } }));
    this.taken = data.put;
    this.told = JSON.stringify(this.rows);
    this.drawn = new Map();
    this.toFill = new Set();
    root.addEventListener("keydown", (event) => this.onKey(event));
    root.addEventListener("paste", (event) => this.onPaste(event));
    root.addEventListener("focusout", (event) => { if (!root.contains(event.relatedTarget)) this.leave(); });
    this.width = new ResizeObserver(() => this.fit());
    this.width.observe(root);
  }

  show(data, send, ask) {
    Object.assign(this, { data, send, ask });
    if (data.put && data.put !== this.taken) {
      this.rows = data.rows.map(([id, cells]) => ({ id, cells: { ...cells } }));
      this.taken = data.put;
      this.tell(true);
    }
    this.fill();
    this.draw();
    if (this.popup && data.hits?.asked === this.popup.asked) this.offer(data.hits.options);
  }

  // --- telling the portal ---

  later() { clearTimeout(this.pause); this.pause = setTimeout(() => this.tell(), PAUSE_MS); }

  tell(always = false) {
    clearTimeout(this.pause);
    const now = JSON.stringify(this.rows);
    if (now === this.told && !always) return;
    this.told = now;
    this.send("table", { rows: this.rows.map(({ id, cells }) => [id, cells]), taken: this.taken });
  }

  // At once, before the click that follows: the run a button asks for must know all that was typed.
  leave() {
    this.close();
    this.tell();
  }

  // What a picked record brings along goes into cells that are still empty.
  fill() {
    let filled = false;
    for (const row of this.rows) {
      const brought = this.data.fills[row.id];
      if (!this.toFill.has(row.id) || !brought) continue;
      this.toFill.delete(row.id);
      for (const [key, text] of Object.entries(brought)) {
        if (row.cells[key]) continue;
        row.cells[key] = text;
        filled = true;
        const control = this.drawn.get(row.id)?.controls[key];
        if (control === this.root.getRootNode().activeElement) { control.value = text; control.select?.(); }
      }
    }
    if (filled) this.tell();
  }

  set(row, column, text) {
    row.cells[column.key] = text;
    if (column.fills) this.toFill.add(row.id);
  }

  // --- rows ---

  get asked() { return this.data.columns.filter((column) => column.kind !== "figure"); }

  get least() { return this.data.columns.reduce((sum, column) => sum + column.least, 0); }

  add(at = this.rows.length, cells = {}) {
    const taken = this.rows.map(({ id }) => Number(id.startsWith("new:") && id.slice(4)) || 0);
    this.last = Math.max(this.last ?? 0, ...taken) + 1;
    const row = { id: `new:${this.last}`, cells };
    this.rows.splice(at, 0, row);
    return row;
  }

  addAndGo() {
    if (this.rows.length >= this.data.most) return;
    const row = this.add();
    this.draw();
    this.focus(row, this.asked[0]);
  }

  remove(row) {
    const at = this.rows.indexOf(row);
    this.rows.splice(at, 1);
    this.removed = Object.values(row.cells).some(Boolean) ? { row, at } : null;
    this.tell();
    this.draw();
    const near = this.rows[Math.min(at, this.rows.length - 1)];
    if (near) this.focus(near, this.asked[0]); else this.root.querySelector(".add").focus();
  }

  undo() {
    const { row, at } = this.removed;
    this.rows.splice(at, 0, row);
    this.removed = null;
    this.tell();
    this.draw();
    this.focus(row, this.asked[0]);
  }

  move(row, by) {
    const from = this.rows.indexOf(row), to = from + by;
    if (to < 0 || to >= this.rows.length) return;
    const held = this.root.getRootNode().activeElement;
    this.rows.splice(to, 0, ...this.rows.splice(from, 1));
    this.tell();
    this.draw();
    held?.focus();
    this.say(this.data.words.moved.replace("{number}", to + 1));
  }

  say(text) { this.root.querySelector(".said").textContent = text; }

  focus(row, column) {
    const control = this.drawn.get(row.id)?.controls[column.key];
    control?.focus();
    control?.select?.();
  }

  // --- keys ---

  place(target) {
    const id = target.closest?.("tr[data-row]")?.dataset.row;
    const row = this.rows.find((one) => one.id === id);
    const column = this.data.columns.find((one) => one.key === target.dataset.field);
    return row && column ? { row, column } : null;
  }

  onKey(event) {
    const found = this.place(event.target);
    if (!found || event.isComposing || event.keyCode === 229) return;
    const { row, column } = found;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { this.tell(); return; }
    if (event.altKey && by) { event.preventDefault(); this.move(row, by); return; }
    if (this.popup && this.popup.row === row && this.popupKey(event, by)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.onward(row, column);
    } else if (by && !["SELECT", "TEXTAREA"].includes(event.target.tagName)) {
      const next = this.rows[this.rows.indexOf(row) + by];
      if (next) { event.preventDefault(); this.focus(next, column); }
    }
  }

  // The next cell, the next row, and after the last one a new row.
  onward(row, column) {
    const asked = this.asked, next = asked[asked.findIndex(({ key }) => key === column.key) + 1];
    const below = this.rows[this.rows.indexOf(row) + 1];
    if (next) this.focus(row, next);
    else if (below) this.focus(below, asked[0]);
    else if (Object.values(row.cells).some(Boolean)) this.addAndGo();
  }

  onPaste(event) {
    const found = this.place(event.target);
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const isTable = text.includes("\t") || /\n./.test(text);
    if (!found || !isTable || (event.target.tagName === "TEXTAREA" && !text.includes("\t"))) return;
    event.preventDefault();
    const rows = pastedRows(text);
    const labels = new Set(this.data.columns.flatMap((column) => column.names.map(folded)));
    const titles = rows[0].filter((cell) => labels.has(folded(cell))).length;
    if (titles && titles * 2 >= rows[0].filter(Boolean).length) this.ask("imported", text);
    else this.take(rows, found);
  }

  take(rows, { row, column }) {
    const from = this.data.columns.indexOf(column);
    let at = this.rows.indexOf(row);
    for (const cells of rows) {
      if (at >= this.data.most) break;
      const target = this.rows[at] ?? this.add();
      cells.forEach((text, place) => {
        const one = this.data.columns[from + place];
        if (one && one.kind !== "figure") this.set(target, one, this.meant(one, text));
      });
      at += 1;
    }
    this.close();
    this.tell();
    this.draw();
    this.focus(this.rows[Math.min(at, this.rows.length) - 1], column);
    this.say(this.data.words.pasted.replace("{count}", rows.length));
  }

  meant(column, text) {
    if (!column.choices) return text;
    const known = column.choices.find((choice) => choice.names.some((name) => folded(name) === folded(text)));
    return known ? known.value : text;
  }

  // --- drawing ---

  draw() {
    const { columns, words } = this.data;
    const look = JSON.stringify([columns, words]);
    if (look !== this.look) this.frame(look);
    const body = this.root.querySelector("tbody");
    const wanted = this.rows.map((row, index) => {
      if (!this.drawn.has(row.id)) this.drawn.set(row.id, this.row(row));
      const drawn = this.drawn.get(row.id);
      this.update(drawn, row, index);
      return [drawn.tr, drawn.notes];
    }).flat();
    for (const [id, drawn] of this.drawn) {
      if (this.rows.some((row) => row.id === id)) continue;
      drawn.tr.remove(); drawn.notes.remove(); this.drawn.delete(id);
    }
    wanted.forEach((element, index) => {
      if (body.children[index] !== element) body.insertBefore(element, body.children[index] ?? null);
    });
    this.root.querySelector(".none").hidden = this.rows.length > 0;
    this.root.querySelector(".add").disabled = this.rows.length >= this.data.most;
    this.undone();
    this.totals();
    this.fit();
  }

  // Header and foot; drawn anew only when the columns or the language change.
  frame(look) {
    this.look = look;
    const { columns, label, words } = this.data;
    const held = this.root.getRootNode().activeElement, at = held && this.place(held);
    this.drawn.clear();
    const table = make("table");
    table.setAttribute("aria-label", label);
    const head = table.createTHead().insertRow();
    for (const column of [{ key: "", label: "" }, ...columns, { key: "", label: "" }]) {
      const th = head.appendChild(make("th", column.align ?? ""));
      th.scope = "col";
      th.append(column.label);
      if (column.required) th.append(this.star());
      if (column.least) th.style.width = `${column.least / this.least * 100}%`;
    }
    table.createTBody();
    table.createTFoot();
    const foot = make("div", "foot");
    foot.append(
      button("add", words.add, "", () => this.addAndGo()), button("paste", words.paste, "", () => this.ask("imported", "")),
      button("undo", words.undo, "", () => this.undo()), make("span", "hint", words.keys), make("span", "said"),
    );
    foot.querySelector(".said").setAttribute("role", "status");
    const frame = make("div", "frame");
    frame.append(table);
    this.root.replaceChildren(frame, make("p", "none", words.none), foot);
    if (at) { this.draw(); this.focus(at.row, at.column); }
  }

  star() {
    const star = make("span", "star", "*");
    star.setAttribute("aria-hidden", "true");
    return star;
  }

  row(row) {
    const tr = make("tr"), controls = {}, cells = {};
    tr.dataset.row = row.id;
    tr.append(make("th", "number"));
    tr.firstChild.scope = "row";
    for (const column of this.data.columns) {
      const td = make("td", column.align);
      td.dataset.label = column.label;
      const control = this.control(row, column);
      control.dataset.field = column.key;
      td.append(control);
      if (column.required) td.dataset.required = "";
      if (column.picker) td.append(this.calendar(row, column, control));
      controls[column.key] = control;
      cells[column.key] = td;
      tr.append(td);
    }
    const { words } = this.data, actions = make("td", "actions");
    actions.append(
      button("up", "", words.up, () => this.move(row, -1)), button("down", "", words.down, () => this.move(row, 1)),
      button("out", "", words.remove, () => this.remove(row)),
    );
    tr.append(actions);
    const notes = make("tr", "notes");
    notes.append(make("td"));
    notes.firstChild.colSpan = this.data.columns.length + 2;
    return { tr, notes, controls, cells, actions };
  }

  control(row, column) {
    if (column.kind === "figure") return make("output");
    if (column.choices) return this.select(row, column);
    const control = make(column.kind === "long" ? "textarea" : "input");
    if (column.kind === "long") control.rows = 1; else control.type = "text";
    if (column.kind === "number") control.inputMode = "decimal";
    if (column.kind === "phone") control.inputMode = "tel";
    control.autocomplete = "off";
    control.placeholder = column.example;
    control.oninput = () => {
      this.set(row, column, control.value);
      if (column.kind === "reference") this.search(row, column, control); else this.later();
      if (column.kind === "long") this.grow(control);
    };
    control.onchange = () => { if (column.kind !== "reference") this.tell(); };
    if (column.kind === "reference") {
      control.setAttribute("role", "combobox");
      control.setAttribute("aria-expanded", "false");
      control.setAttribute("aria-autocomplete", "list");
      control.onclick = () => this.search(row, column, control, true);
      control.onblur = () => this.close();
    }
    return control;
  }

  select(row, column) {
    const control = make("select");
    control.append(new Option("", ""), ...column.choices.map((choice) => new Option(choice.label, choice.value)));
    control.onchange = () => { this.set(row, column, control.value); this.tell(); };
    return control;
  }

  calendar(row, column, control) {
    const day = make("input", "day");
    day.type = column.picker;
    day.tabIndex = -1;
    day.setAttribute("aria-label", this.data.words.calendar.replace("{field}", column.label));
    day.onclick = () => day.showPicker?.();
    day.onchange = () => {
      control.value = day.value.replace("T", " ");
      this.set(row, column, control.value);
      this.tell();
    };
    return day;
  }

  grow(control) { control.style.height = "auto"; control.style.height = `${control.scrollHeight}px`; }

  update(drawn, row, index) {
    const { data } = this, held = this.root.getRootNode().activeElement;
    const number = String(index + 1), problems = data.problems[row.id] ?? {}, locked = data.locked[row.id] ?? {};
    drawn.tr.firstChild.textContent = number;
    drawn.actions.querySelector(".up").disabled = index === 0;
    drawn.actions.querySelector(".down").disabled = index === this.rows.length - 1;
    for (const column of data.columns) {
      const control = drawn.controls[column.key], text = row.cells[column.key] ?? "";
      drawn.cells[column.key].classList.toggle("bad", Boolean(problems[column.key]));
      drawn.cells[column.key].classList.toggle("hidden", locked[column.key] === "hidden");
      if (column.kind === "figure") { control.textContent = data.figures[row.id]?.[column.key] || "–"; continue; }
      control.setAttribute("aria-label", data.words.cell.replace("{number}", number).replace("{field}", column.label));
      control.setAttribute("aria-required", String(Boolean(column.required)));
      control.setAttribute("aria-invalid", String(Boolean(problems[column.key])));
      control.setAttribute("aria-describedby", `note-${row.id}`);
      control.disabled = Boolean(locked[column.key]);
      if (control !== held || column.choices) this.write(control, column, text);
    }
    this.remark(drawn.notes, row, problems);
  }

  write(control, column, text) {
    if (column.choices && text && ![...control.options].some((option) => option.value === text))
      control.append(new Option(text, text));
    const name = column.kind === "reference" && this.data.named[column.key]?.[text];
    const shown = name ? name : text;
    if (control.value !== shown) control.value = shown;
    if (column.kind === "long") this.grow(control);
  }

  remark(notes, row, problems) {
    const understood = this.data.understood[row.id] ?? {}, lines = [];
    for (const column of this.data.columns) {
      for (const text of problems[column.key] ?? []) lines.push(make("div", "problem", text));
      if (understood[column.key] && !problems[column.key])
        lines.push(make("div", "understood", `${column.label}：${understood[column.key]}`));
    }
    notes.hidden = !lines.length;
    notes.firstChild.id = `note-${row.id}`;
    notes.firstChild.replaceChildren(...lines);
  }

  totals() {
    const { columns, totals, words } = this.data, foot = this.root.querySelector("tfoot");
    foot.replaceChildren();
    if (!columns.some((column) => totals[column.key])) return;
    const row = foot.insertRow();
    row.append(make("th", "number", ""));
    columns.forEach((column, index) => {
      const td = make("td", column.align, totals[column.key] ?? (index ? "" : words.total));
      td.dataset.label = column.label;
      td.classList.toggle("none", !totals[column.key] && index > 0);
      row.append(td);
    });
    row.append(make("td", "actions"));
  }

  undone() {
    const undo = this.root.querySelector(".undo");
    undo.hidden = !this.removed;
  }

  // A table where it fits, cards where it does not.
  fit() {
    if (!this.data) return;
    const narrow = this.root.clientWidth < this.least + 130;
    if (this.root.classList.toggle("cards", narrow) !== this.wasNarrow) {
      this.wasNarrow = narrow;
      this.root.querySelectorAll("textarea").forEach((control) => this.grow(control));
    }
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".lines");
  if (!tables.has(root)) tables.set(root, new LineTable(root, data));
  tables.get(root).show(data, setStateValue, setTriggerValue);
}
