// The menu: company, screens and forms as real links. A plain click stays in this tab's session and brings along
// what the form's fields have not sent yet; a click with Ctrl or the middle button opens a new tab as usual.
const entry = (item, send) => {
  const a = document.createElement("a");
  a.href = item.href;
  a.textContent = item.label;
  if (item.current) a.setAttribute("aria-current", "page");
  a.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    send("went", item.id);
  };
  const li = document.createElement("li");
  li.append(a);
  return li;
};

const list = (items, send) => {
  const ul = document.createElement("ul");
  ul.append(...items.map((item) => entry(item, send)));
  return ul;
};

const group = (data, send, folded) => {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const name = document.createElement("span");
  name.textContent = data.label;
  const count = document.createElement("small");
  count.textContent = data.count;
  summary.append(name, count);
  const isCurrent = data.items.some((item) => item.current);
  details.open = folded.has(data.key) ? folded.get(data.key) : data.open || isCurrent;
  details.ontoggle = () => folded.set(data.key, details.open);
  details.append(summary, list(data.items, send));
  return details;
};

const folded = new Map();

export default function ({ data, parentElement, setTriggerValue }) {
  const nav = parentElement.querySelector("nav");
  nav.setAttribute("aria-label", data.label);
  const company = document.createElement("p");
  company.textContent = data.company;
  const manage = document.createElement("h2");
  manage.textContent = data.manage_label;
  nav.replaceChildren(
    company,
    list(data.screens, setTriggerValue),
    ...data.groups.map((one) => group(one, setTriggerValue, folded)),
    manage,
    list(data.manage, setTriggerValue),
  );
}
