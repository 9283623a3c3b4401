// Streamlit's own few words are English; this puts them into the reader's language, on screen and for screen readers.
(() => {
  const language = "__LANGUAGE__";
  const words = __WORDS__;
  const patterns = __PATTERNS__.map(([from, to]) => [new RegExp(from), to]);
  document.documentElement.lang = language;
  if (window.portalWords) { window.portalWords(words, patterns); return; }
  let table = words, rules = patterns;
  const translated = (text) => {
    const key = text.trim();
    if (!key) return null;
    if (Object.hasOwn(table, key)) return text.replace(key, table[key]);
    for (const [from, to] of rules) if (from.test(key)) return key.replace(from, to);
    return null;
  };
  const ours = (node) => {
    const element = node.parentElement ?? node;
    if (element.closest?.("[data-testid=stFileUploaderDropzone]")) return false;
    return element.closest?.("[data-testid=stText],[data-testid=stMarkdownContainer],[role=option],input,textarea");
  };
  const words_of = (node) => {
    if (ours(node)) return;
    const to = translated(node.data);
    if (to !== null && to !== node.data) node.data = to;
  };
  // Streamlit hands labels to screen readers as they were written for Markdown: with escapes and a coloured star.
  const spoken = (label) => label
    .replace(/ :red\[\\\*\]$/, ` ${table["(required)"] ?? ""}`).replace(" （", "（")
    .replace(/\\([\\`*_{}[\]()#+\-.!|>~:$<&@="'^])/g, "$1");
  const attributes_of = (element) => {
    const label = element.getAttribute?.("aria-label");
    if (label?.includes("\\")) element.setAttribute("aria-label", spoken(label));
    for (const name of ["aria-label", "title", "placeholder"]) {
      const value = element.getAttribute?.(name);
      const to = value && translated(value);
      if (to && to !== value) element.setAttribute(name, to);
    }
  };
  const walk = (root) => {
    if (root.nodeType === Node.TEXT_NODE) { words_of(root); return; }
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.currentNode; node; node = walker.nextNode())
      node.nodeType === Node.TEXT_NODE ? words_of(node) : attributes_of(node);
  };
  const all = () => walk(document.body);
  window.portalWords = (newWords, newRules) => { table = newWords; rules = newRules; all(); };
  // A dialog's answer that arrives just as the page changes can make Streamlit's page give up and stay blank. What was
  // saved is saved and drafts are kept, so the address, loaded anew, shows what belongs there.
  window.addEventListener("error", (event) => {
    if (/Bad delta path index/.test(event.message)) location.reload();
  });
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(walk);
      else if (change.type === "characterData") words_of(change.target);
      else attributes_of(change.target);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true,
    attributeFilter: ["aria-label", "title", "placeholder"] });
  all();
})();
