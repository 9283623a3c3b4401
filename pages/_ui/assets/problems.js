// The list of what to fix: each line leads to its field and puts the cursor there.
const find = (field) => document.querySelector(`.st-key-${CSS.escape(field)}`);

const go = (field) => {
  const place = find(field);
  if (!place) return;
  place.scrollIntoView({ behavior: "smooth", block: "center" });
  place.querySelector("input, textarea, button")?.focus({ preventScroll: true });
};

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  list.replaceChildren(...data.items.map((item) => {
    const li = document.createElement("li");
    if (!item.place) { li.textContent = item.text; return li; }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = item.text;
    button.onclick = () => go(item.place);
    li.append(button);
    return li;
  }));
  if (window.portalProblems !== data.round) {
    window.portalProblems = data.round;
    (parentElement.host ?? list).scrollIntoView({ behavior: "smooth", block: "center" });
  }
}
