// Tells the server shortly after a field was left, so that what was typed travels there and is kept.
// A text still being typed stays in its box until its field is left, as everywhere in Streamlit.
const PAUSE = 400;
const FIELDS = '[class*="st-key-field__"], [class*="st-key-linerow__"]';

// A button of the form takes the answers along itself.
const acts = (node) => Boolean(node?.closest?.("button, a")) && !node.closest(FIELDS);

export default function ({ setTriggerValue }) {
  let timer;
  const left = (event) => {
    if (!event.target.closest?.(FIELDS) || acts(event.relatedTarget)) return;
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("left", Date.now()), PAUSE);
  };
  document.addEventListener("focusout", left);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("focusout", left);
  };
}
