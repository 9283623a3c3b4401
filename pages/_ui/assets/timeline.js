// What happened to a record, newest first. Everything arrives as text and is set as textContent: never as HTML.
const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const press = (label, title, onclick) => {
  const button = element("button", "", label);
  button.type = "button";
  button.title = title;
  button.onclick = onclick;
  return button;
};

const edit = (entry, one, texts, send) => {
  const row = element("div", "edit");
  row.append(element("span", "field", one.field));
  const values = element("span", "values");
  values.append(element("del", one.before ? "" : "none", one.before || texts.empty));
  values.append(element("span", "arrow", "→"), element("ins", one.after ? "" : "none", one.after || texts.empty));
  row.append(values);
  if (one.undo) row.append(press(texts.undo, texts.undo_title, () => send("asked", `${entry.id}|${one.undo}`)));
  return row;
};

const item = (entry, texts, send) => {
  const li = element("li", entry.tone);
  const head = element("div", "head");
  head.append(element("strong", "", entry.verb));
  if (entry.source) head.append(element("span", "source", entry.source));
  li.append(head, element("div", "who", entry.who));
  if (entry.reason) li.append(element("div", "reason", entry.reason));
  entry.edits.forEach((one) => li.append(edit(entry, one, texts, send)));
  entry.lines.forEach((line) => li.append(element("div", line.came ? "line came" : "line gone", line.text)));
  if (entry.restore) li.append(press(texts.restore, texts.restore_title, () => send("asked", `${entry.id}|`)));
  return li;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector("ol");
  list.setAttribute("aria-label", data.label);
  const texts = Object.fromEntries(data.texts);
  const drawn = data.entries.map((entry) => item(entry, texts, setTriggerValue));
  list.replaceChildren(...drawn.slice(0, data.first));
  const rest = drawn.slice(data.first);
  if (!rest.length) return;
  const more = element("details");
  const inner = element("ol");
  inner.append(...rest);
  more.append(element("summary", "", texts.older), inner);
  const holder = element("li", "more");
  holder.append(more);
  list.append(holder);
}
