// Asks the server to run the page again: soon after a field of a form was left or rests, so that what was typed travels
// there and is kept; and every so often while the page waits for something.
// It never asks while a run is under way, somebody clicks, or a dialog is open: a run would interrupt them.
const LEFT = 400;
const RESTED = 2000;
const CLICKED = 1200;
const RETRY = 200;
const FIELDS = '[class*="st-key-field__"]';

const isBusy = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning";
const hasDialog = () => Boolean(document.querySelector("[role=dialog]"));
const isField = (node) => Boolean(node?.closest?.(FIELDS));
const isText = (node) => isField(node) && node.matches("textarea, input:not([role=combobox])");

class Pulse {
  constructor() {
    this.due = Infinity;
    this.clicked = 0;
    this.isComposing = false;
    this.typing = null;
    this.listeners = {
      keydown: (event) => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") this.commit(); },
      pointerdown: () => { this.clicked = Date.now(); },
      compositionstart: () => { this.isComposing = true; },
      compositionend: () => { this.isComposing = false; },
      input: (event) => this.typed(event.target),
      focusout: (event) => { if (isField(event.target)) this.left(event.target); },
      click: (event) => { if (isField(event.target)) { this.clicked = 0; this.plan(LEFT); } },
      visibilitychange: () => { if (document.visibilityState === "hidden") this.flush(); },
    };
    for (const [name, listener] of Object.entries(this.listeners)) document.addEventListener(name, listener, true);
  }

  handle({ data, setTriggerValue }) {
    this.keepsFields = data.fields;
    this.every = data.every * 1000;
    this.send = () => setTriggerValue("beat", Date.now());
    if (this.every) this.plan(this.every);
    else if (!this.keepsFields) this.forget();
  }

  plan(wait) {
    const due = Date.now() + wait;
    if (due >= this.due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.beat(), wait);
  }

  forget() {
    clearTimeout(this.timer);
    this.due = Infinity;
  }

  beat() {
    this.forget();
    if (isBusy() || hasDialog() || this.isComposing || Date.now() - this.clicked < CLICKED) return this.plan(RETRY);
    if (this.every) this.plan(this.every);
    this.send();
  }

  typed(node) {
    if (!this.keepsFields || !isText(node)) return;
    this.typing = node;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.commit(), RESTED);
  }

  left(node) {
    if (node === this.typing) this.typing = null;
    if (this.keepsFields) this.plan(LEFT);
  }

  // Streamlit takes a text over when its box is left; this lets it do so while the caret stays where it is.
  commit() {
    if (!this.isComposing) this.typing?.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  }

  flush() {
    if (!this.keepsFields || this.due === Infinity && !this.typing) return;
    this.commit();
    this.forget();
    this.send();
  }

  stop() {
    this.forget();
    clearTimeout(this.rest);
    for (const [name, listener] of Object.entries(this.listeners)) document.removeEventListener(name, listener, true);
  }
}

const pulses = new Map();
let turns = 0;

// Called at every drawing; what it answers is called once, when the part leaves the page.
export default function (component) {
  const { key } = component;
  const pulse = pulses.get(key) ?? new Pulse();
  pulses.set(key, pulse);
  pulse.handle(component);
  const turn = pulse.turn = ++turns;
  return () => {
    if (pulse.turn !== turn) return;
    pulse.stop();
    pulses.delete(key);
  };
}
