/* The search line: what one types is completed by field names, then by the values in use. Texts stay texts. */

const PIECE = /(?:^|\s)(-?)(?:([A-Za-z]+):)?("[^"]*|[^\s"]*)$/;
const known = new Map(); // values by project and field, for as long as the page is open
const lines = new WeakMap();

class Line {
  constructor(root) {
    this.input = root.querySelector("input");
    this.list = root.querySelector("ul");
    this.clear = root.querySelector(".clear");
    this.input.oninput = () => this.offer();
    this.input.onkeydown = (event) => this.key(event);
    this.input.onblur = () => (this.close(), this.commit());
    this.clear.onclick = () => ((this.input.value = ""), this.commit(), this.input.focus());
  }

  use(data, trigger) {
    Object.assign(this, { data, trigger });
    this.input.ariaLabel = data.label;
    if (data.line !== this.committed) this.input.value = this.committed = data.line;
    this.clear.hidden = !this.input.value;
  }

  commit() {
    const line = this.input.value.trim();
    this.clear.hidden = !line;
    if (line === this.committed) return;
    this.committed = line;
    this.trigger("typed", { line, at: Date.now() });
  }

  get piece() { return PIECE.exec(this.input.value.slice(0, this.input.selectionStart)); }

  async offer() {
    const piece = this.piece;
    this.clear.hidden = !this.input.value;
    if (!piece || (!piece[2] && !piece[3])) return this.close();
    const [, , field, begun] = piece;
    const found = field ? await this.values(field.toLowerCase()) : this.data.fields;
    if (this.piece?.[0] !== piece[0]) return; // typed on meanwhile
    const start = begun.replace(/^"/, "").toLowerCase();
    this.paint(found.filter(([name]) => name.toLowerCase().startsWith(start) && name !== start).slice(0, 12), Boolean(field));
  }

  async values(field) {
    const name = `${this.data.project} ${field}`;
    if (!known.has(name)) {
      const url = new URL(`${this.data.base}/desk/values`, location.origin);
      url.search = new URLSearchParams({ project_id: this.data.project, field });
      const answer = await fetch(url, { headers: { "X-Vitrine-Token": this.data.token } }).then((reply) => reply.json()).catch(() => ({}));
      known.set(name, (answer.values ?? []).map((value) => [value, ""]));
      setTimeout(() => known.delete(name), 30000);
    }
    return known.get(name);
  }

  paint(offers, isValue) {
    this.offers = offers;
    this.isValue = isValue;
    this.at = -1;
    this.list.replaceChildren(...offers.map(([name, help], place) => {
      const row = document.createElement("li");
      row.role = "option";
      row.id = `offer-${place}`;
      row.append(Object.assign(document.createElement("b"), { textContent: isValue ? name : `${name}:` }));
      if (help) row.append(Object.assign(document.createElement("span"), { textContent: help }));
      row.onmousedown = (event) => (event.preventDefault(), this.choose(place));
      return row;
    }));
    this.list.hidden = !offers.length;
    this.input.ariaExpanded = String(offers.length > 0);
  }

  move(by) {
    this.at = (this.at + by + this.offers.length + (this.at < 0 && by < 0 ? 1 : 0)) % this.offers.length;
    [...this.list.children].forEach((row, place) => {
      row.className = place === this.at ? "on" : "";
      row.ariaSelected = String(place === this.at);
    });
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `offer-${this.at}`);
  }

  choose(place) {
    const [name] = this.offers[place];
    const caret = this.input.selectionStart;
    const begun = this.piece[3];
    const text = this.isValue ? (/[\s"\\]/.test(name) ? `"${name.replace(/(["\\])/g, "\\$1")}"` : name) + " " : `${name}:`;
    const before = this.input.value.slice(0, caret - begun.length) + text;
    this.input.value = before + this.input.value.slice(caret).trimStart();
    this.input.setSelectionRange(before.length, before.length);
    if (this.isValue) this.close();
    else this.list.replaceChildren(), this.offerAll();
  }

  /* Behind a field that was just chosen every value is offered, without a letter typed. */
  async offerAll() {
    const field = this.piece?.[2];
    if (field) this.paint((await this.values(field.toLowerCase())).slice(0, 12), true);
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
      else this.offer();
    } else if (event.key === "Tab" && isOpen && !event.shiftKey) event.preventDefault(), this.choose(Math.max(0, this.at));
    else if (event.key === "Enter") {
      event.preventDefault();
      if (isOpen && this.at >= 0) this.choose(this.at);
      else this.close(), this.commit();
    } else if (event.key === "Escape") this.close();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!lines.has(parentElement)) lines.set(parentElement, new Line(parentElement));
  lines.get(parentElement).use(data, setTriggerValue);
}
