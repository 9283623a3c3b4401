// Tells the server shortly after a field was left, so that what was typed travels there and is kept.
// A text still being typed stays in its box until its field is left, as everywhere in Streamlit.
const PAUSE = 400;

export default function ({ setTriggerValue }) {
  let timer;
  const left = (event) => {
    if (!event.target.closest?.('[class*="st-key-field__"], [class*="st-key-linerow__"]')) return;
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("left", Date.now()), PAUSE);
  };
  document.addEventListener("focusout", left);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("focusout", left);
  };
}
