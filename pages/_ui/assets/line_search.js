// Searching what a cell of a line table refers to: the portal answers, the hits stand in the page's top layer.
// Part of line_table.js, which follows it: the table gives `root`, `data`, `ask`, `set`, `tell` and `onward`.
const SEARCH_MS = 180;

const make = (tag, className = "", text = "") => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
};

class RecordSearch {
  search(row, column, control, all = false) {
    clearTimeout(this.searching);
    const text = all && this.data.named[column.key]?.[row.cells[column.key]] ? "" : control.value;
    const asked = `${row.id} ${column.key} ${text}`;
    if (this.popup?.control !== control) { this.close(); this.popup = { row, column, control, asked, at: -1 }; }
    this.popup.asked = asked;
    this.searching = setTimeout(() => this.ask("asked", { asked, field: column.key, text }), all ? 0 : SEARCH_MS);
  }

  offer(options) {
    const { control, row, column } = this.popup;
    if (this.root.getRootNode().activeElement !== control) return;
    this.popup.list?.remove();
    const list = make("div", "hits");
    list.setAttribute("role", "listbox");
    list.id = "hits";
    for (const [key, name] of options) {
      const option = make("div", "hit");
      option.setAttribute("role", "option");
      option.append(make("span", "", name), make("small", "", key === name ? "" : key));
      option.onmousedown = (event) => { event.preventDefault(); this.pick(key, name); };
      list.append(option);
    }
    if (!options.length) list.append(make("div", "nothing", this.data.words.nothing));
    if (column.create) {
      const create = make("div", "hit create", column.create);
      create.setAttribute("role", "option");
      create.onmousedown = (event) => {
        event.preventDefault();
        this.close();
        this.ask("created", { row: row.id, field: column.key, text: control.value });
      };
      list.append(create);
    }
    this.popup.list = list;
    this.root.append(list);
    this.popup.at = options.length && control.value ? 0 : -1;
    this.lay();
    this.mark();
  }

  // In the page's top layer, so that no card cuts it off.
  lay() {
    const { list, control } = this.popup, box = control.getBoundingClientRect();
    if (list.showPopover) { list.popover = "manual"; list.showPopover(); }
    const above = innerHeight - box.bottom < list.offsetHeight + 8 && box.top > list.offsetHeight;
    Object.assign(list.style, {
      left: `${Math.min(box.left, innerWidth - list.offsetWidth - 8)}px`, minWidth: `${box.width}px`,
      top: `${above ? box.top - list.offsetHeight - 2 : box.bottom + 2}px`,
    });
    control.setAttribute("aria-expanded", "true");
    control.setAttribute("aria-controls", "hits");
  }

  mark() {
    const options = [...this.popup.list.querySelectorAll(".hit")];
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.popup.at)));
    options[this.popup.at]?.scrollIntoView({ block: "nearest" });
  }

  popupKey(event, by) {
    if (!this.popup.list) return false;
    const options = [...this.popup.list.querySelectorAll(".hit")];
    if (by) {
      event.preventDefault();
      this.popup.at = (this.popup.at + by + options.length) % (options.length || 1);
      this.mark();
      return true;
    }
    if (event.key === "Escape") { event.stopPropagation(); this.close(); return true; }
    if (event.key !== "Enter" || !options[this.popup.at]) return false;
    event.preventDefault();
    const { row, column } = this.popup;
    const isRecord = !options[this.popup.at].classList.contains("create");
    options[this.popup.at].onmousedown(event);
    if (isRecord) this.onward(row, column);
    return true;
  }

  pick(key, name) {
    const { row, column, control } = this.popup;
    control.value = name;
    (this.data.named[column.key] ??= {})[key] = name;
    this.set(row, column, key);
    this.close();
    this.tell();
  }

  close() {
    clearTimeout(this.searching);
    this.popup?.control.setAttribute("aria-expanded", "false");
    this.popup?.list?.remove();
    this.popup = null;
  }
}
