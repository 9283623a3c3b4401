// The list of what to fix: each line leads to its field and puts the cursor there; so does a refused save by itself.
const CONTROLS = "input:not([type=hidden]):not(:disabled), textarea:not(:disabled), select:not(:disabled), button";
const find = (place) => document.querySelector(`.st-key-${CSS.escape(place)}`);

// Line items stand in a part of their own: its cells are found by row and field.
const cellOf = (place, item) => {
  for (const part of place.querySelectorAll("*")) {
    const cell = part.shadowRoot?.querySelector(item.row
      ? `tr[data-row="${CSS.escape(item.row)}"] [data-field="${CSS.escape(item.field)}"]` : ".lines input, .lines select");
    if (cell) return cell;
  }
  return null;
};

const go = (item, behavior = "smooth") => {
  const place = find(item.place);
  if (!place) return false;
  const control = cellOf(place, item) ?? place.querySelector(CONTROLS);
  (control ?? place).scrollIntoView({ behavior, block: "center" });
  control?.focus({ preventScroll: true });
  return true;
};

// What is wrong is also said to who does not see the page.
const mark = (items) => {
  document.querySelectorAll("[data-portal-wrong]").forEach((control) => {
    control.removeAttribute("data-portal-wrong");
    control.setAttribute("aria-invalid", "false");
    control.removeAttribute("aria-description");
  });
  for (const item of items) {
    const control = !item.row && find(item.place)?.querySelector(CONTROLS);
    if (!control) continue;
    control.setAttribute("data-portal-wrong", "");
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-description", item.text);
  }
};

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  list.replaceChildren(...data.items.map((item) => {
    const li = document.createElement("li");
    if (!item.place) { li.textContent = item.text; return li; }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = item.text;
    button.onclick = () => go(item);
    li.append(button);
    return li;
  }));
  mark(data.items);
  if (window.portalProblems === data.round) return () => mark([]);
  window.portalProblems = data.round;
  // The page is still being drawn; its fields stand a moment later.
  requestAnimationFrame(() => setTimeout(() => {
    if (!data.items.some((item) => item.place && go(item)))
      (parentElement.host ?? list).scrollIntoView({ behavior: "smooth", block: "center" });
  }, 150));
  return () => mark([]);
}
