// A calendar button beside a date typed as text: opens the browser's own date picker and answers YYYY-MM-DD.
export default function ({ data, parentElement, setTriggerValue }) {
  const input = parentElement.querySelector("input");
  input.type = data.kind;
  input.disabled = data.disabled;
  input.setAttribute("aria-label", data.label);
  input.title = data.label;
  input.value = data.value;
  input.onclick = () => input.showPicker?.();
  input.onchange = () => input.value && setTriggerValue("picked", input.value);
}
