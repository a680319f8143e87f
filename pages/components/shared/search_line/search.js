/* The search line: completes field names, then the values of a field. Text is only ever set as textContent. */

const CURRENT_TERM = /(?:^|\s)(-?)(?:([A-Za-z]+):)?("[^"]*|[^\s"]*)$/;
const valueCache = new Map(); // values by project and field
const CACHE_MS = 30000;
const MANY = ["image", "name"]; // fields whose values the server looks up by what was typed
const instances = new WeakMap();
const PICTURE = '<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="2" y="4" width="16" height="12" rx="2"/><path d="M4 14l4-4 3 3 3-4 3 4"/><circle cx="7" cy="8" r="1.3"/></svg>';

class SearchLine {
  constructor(root) {
    this.root = root.querySelector(".search");
    this.input = root.querySelector("input");
    this.message = root.querySelector(".message");
    this.example = root.querySelector(".example");
    this.file = root.querySelector(".file");
    this.list = root.querySelector("ul");
    this.clear = root.querySelector(".clear");
    this.explain = root.querySelector(".explain");
    this.guide = root.querySelector(".guide");
    this.explain.onclick = () => this.toggleGuide(this.guide.hidden);
    this.root.onfocusout = (event) => this.root.contains(event.relatedTarget) || this.toggleGuide(false);
    this.guide.onkeydown = this.explain.onkeydown = (event) => {
      if (event.key === "Escape" && !this.guide.hidden) event.stopPropagation(), this.toggleGuide(false), this.explain.focus();
    };
    this.input.oninput = () => (this.toggleGuide(false), this.suggest());
    this.input.onfocus = () => this.toggleGuide(false);
    this.input.onkeydown = (event) => this.key(event);
    this.input.onblur = () => (this.close(), this.commit());
    this.clear.onclick = () => ((this.input.value = ""), this.commit(), this.input.focus());
    this.example.innerHTML = PICTURE;
    this.example.onclick = () => this.file.click();
    this.file.onchange = () => (this.find(this.file.files[0]), (this.file.value = ""));
    this.input.onpaste = (event) => event.clipboardData.files.length && (event.preventDefault(), this.find(event.clipboardData.files[0]));
    const isFile = (event) => this.data.takes_images && event.dataTransfer.types.includes("Files");
    this.root.ondragover = (event) => isFile(event) && (event.preventDefault(), this.root.classList.add("over"));
    this.root.ondragleave = () => this.root.classList.remove("over");
    this.root.ondrop = (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      event.stopPropagation();
      this.root.classList.remove("over");
      this.find(event.dataTransfer.files[0]);
    };
  }

  /* Search by an image: the server makes its vector and keeps nothing else of it. */
  async find(file) {
    if (!file || !this.data.takes_images) return;
    this.wanted = file;
    this.say(`Looking for images like ${file.name}…`);
    const body = new FormData();
    body.append("file", file);
    const url = `${this.data.base}/api/projects/${this.data.project}/images/similar?limit=1`;
    const found = await fetch(url, { method: "POST", body, headers: { "X-Vitrine-Token": this.data.token } })
      .then((reply) => reply.json()).catch(() => ({ detail: "The server did not reply. Try again." }));
    if (file !== this.wanted) return; // another one was given meanwhile
    if (!found.id) return this.say(found.detail ?? "This image cannot be read.");
    this.say("");
    this.input.value = `similar:${found.id}`;
    this.commit();
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = !text;
  }

  use(data, trigger) {
    Object.assign(this, { data, trigger });
    this.input.ariaLabel = data.label;
    this.input.placeholder = data.placeholder;
    this.example.hidden = !data.takes_images;
    this.root.classList.toggle("takes", data.takes_images);
    if (data.line !== this.committed) this.input.value = this.committed = data.line;
    this.clear.hidden = !this.input.value;
  }

  /* What can be searched: examples to try, then every field with what it means. */
  toggleGuide(open) {
    this.guide.hidden = !open;
    this.explain.ariaExpanded = String(open);
    if (!open || this.guide.childElementCount) return;
    const heading = (text) => Object.assign(document.createElement("h4"), { textContent: text });
    const row = (term, meaning, onclick) => {
      const button = Object.assign(document.createElement("button"), { type: "button", onclick });
      button.append(Object.assign(document.createElement("b"), { textContent: term }), Object.assign(document.createElement("span"), { textContent: meaning }));
      return button;
    };
    this.guide.append(
      heading("Examples"),
      ...this.data.examples.map(([line, meaning]) => row(line, meaning, () => ((this.input.value = line), this.toggleGuide(false), this.commit(), this.input.focus()))),
      heading("Fields"),
      ...this.data.fields.map(([name, meaning]) => row(`${name}:`, meaning, () => this.addField(name))),
    );
  }

  addField(name) {
    const line = this.input.value.trimEnd();
    this.input.value = `${line}${line && " "}${name}:`;
    this.toggleGuide(false);
    this.input.focus();
    this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    this.suggestAllValues();
  }

  commit() {
    const line = this.input.value.trim();
    this.clear.hidden = !line;
    if (line === this.committed) return;
    this.committed = line;
    this.trigger("typed", { line, at: Date.now() });
  }

  get term() { return CURRENT_TERM.exec(this.input.value.slice(0, this.input.selectionStart)); }

  async suggest() {
    const term = this.term;
    this.clear.hidden = !this.input.value;
    if (!term || (!term[2] && !term[3])) return this.close();
    const [, , field, prefix] = term;
    const start = prefix.replace(/^"/, "").toLowerCase();
    const found = field ? await this.values(field.toLowerCase(), start) : this.data.fields;
    if (!this.isStill(term)) return;
    const isMeant = (name) => (MANY.includes(field) ? name.includes(start) : name.startsWith(start));
    this.paint(found.filter(([name]) => isMeant(name.toLowerCase()) && name !== start).slice(0, 12), Boolean(field));
  }

  /* Whether nothing was typed, and the line not left, while values were fetched. */
  isStill(term) { return this.term?.[0] === term[0] && this.input.matches(":focus"); }

  /* The line without the term that is typed: its values are counted with it. */
  get rest() {
    const { value, selectionStart: caret } = this.input;
    const before = value.slice(0, caret - this.term[0].length).replace(/(^|\s)OR\s*$/, "");
    return `${before} ${value.slice(caret).replace(/^\S+/, "").replace(/^\s*OR(?=\s|$)/, "")}`.trim();
  }

  async values(field, typed = "") {
    const start = MANY.includes(field) ? typed : "", q = this.rest;
    const name = [this.data.project, this.data.of, field, start, q].join("\n");
    if (!valueCache.has(name)) {
      const url = new URL(`${this.data.base}/desk/values`, location.origin);
      url.search = new URLSearchParams({ project_id: this.data.project, field, of: this.data.of, start, q });
      const { values, counts } = await fetch(url, { headers: { "X-Vitrine-Token": this.data.token } }).then((reply) => reply.json()).catch(() => ({}));
      if (!values) return []; // asked again with the next letter
      valueCache.set(name, values.map((value, index) => [value, (counts?.[index] ?? "").toLocaleString()]));
      setTimeout(() => valueCache.delete(name), CACHE_MS);
    }
    return valueCache.get(name);
  }

  paint(suggestions, isValue) {
    this.suggestions = suggestions;
    this.isValue = isValue;
    this.active = -1;
    this.list.replaceChildren(...suggestions.map(([name, help], index) => {
      const row = document.createElement("li");
      row.role = "option";
      row.id = `offer-${index}`;
      row.className = isValue ? "value" : "";
      row.append(Object.assign(document.createElement("b"), { textContent: isValue ? name : `${name}:` }));
      if (help) row.append(Object.assign(document.createElement("span"), { textContent: help }));
      row.onmousedown = (event) => (event.preventDefault(), this.choose(index));
      return row;
    }));
    this.list.hidden = !suggestions.length;
    this.input.ariaExpanded = String(suggestions.length > 0);
  }

  move(by) {
    this.active = (this.active + by + this.suggestions.length + (this.active < 0 && by < 0 ? 1 : 0)) % this.suggestions.length;
    [...this.list.children].forEach((row, index) => {
      row.classList.toggle("on", index === this.active);
      row.ariaSelected = String(index === this.active);
    });
    this.list.children[this.active].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `offer-${this.active}`);
  }

  choose(index) {
    const [name] = this.suggestions[index];
    const caret = this.input.selectionStart;
    const prefix = this.term[3];
    const text = this.isValue ? (/[\s"\\]/.test(name) ? `"${name.replace(/(["\\])/g, "\\$1")}"` : name) + " " : `${name}:`;
    const before = this.input.value.slice(0, caret - prefix.length) + text;
    this.input.value = before + this.input.value.slice(caret).trimStart();
    this.input.setSelectionRange(before.length, before.length);
    if (this.isValue) this.close();
    else this.list.replaceChildren(), this.suggestAllValues();
  }

  /* After a field was chosen, suggest its values before anything is typed. */
  async suggestAllValues() {
    const term = this.term;
    const found = term?.[2] && (await this.values(term[2].toLowerCase()));
    if (found && this.isStill(term)) this.paint(found.slice(0, 12), true);
  }

  close() {
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    event.stopPropagation();
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else if (!this.input.value.trim()) this.paint(this.data.fields, false);
      else this.suggest();
    } else if (event.key === "Tab" && isOpen && !event.shiftKey) event.preventDefault(), this.choose(Math.max(0, this.active));
    else if (event.key === "Enter") {
      event.preventDefault();
      if (isOpen && this.active >= 0) this.choose(this.active);
      else this.close(), this.commit(), this.data.frees_keys && this.input.blur();
    } else if (event.key === "Escape") this.close();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!instances.has(parentElement)) instances.set(parentElement, new SearchLine(parentElement));
  instances.get(parentElement).use(data, setTriggerValue);
}
