/* The tags of one image. A change is shown at once and sent; the answer of the server is what stays. */

const lists = new WeakMap();

class Tags {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    Object.assign(this, { waiting: Promise.resolve(), unsent: 0, press: new Press(root) }); // changes are sent one after the other
    this.part.undo.onclick = () => this.undo();
    this.part.word.onkeydown = (event) => this.typed(event);
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
  }

  show(data, report) {
    this.report = report;
    const isOther = this.data?.image !== data.image;
    const isNew = isOther || this.given !== JSON.stringify(data.tags);
    Object.assign(this, { data, given: JSON.stringify(data.tags) });
    if (!isNew) return;
    this.tags = data.tags;
    if (isOther) this.say("");
    this.paint();
  }

  paint() {
    if (this.press.holds(() => this.paint())) return;
    const { own, proposed, removed, undo } = this.part;
    undo.disabled = !this.tags.can_undo;
    const title = (text, words) => (words.length ? [this.node("span", "title", text)] : []);
    own.replaceChildren(...title("Tags", this.tags.accepted), ...this.tags.accepted.map((tag) => this.chip(tag, "own", [["×", `Remove ${tag}`, () => this.change([], [tag])]])));
    proposed.replaceChildren(...title("Proposed", this.tags.proposed), ...this.tags.proposed.map((tag, index) => this.proposal(tag, index)));
    removed.replaceChildren(...title("Removed", this.tags.removed), ...this.tags.removed.map((tag) => this.chip(tag, "gone", [["↺", `Take ${tag} back`, () => this.change([tag], [])]])));
  }

  proposal(tag, index) {
    const digit = index < 9 ? `${index + 1}` : "";
    const key = digit && ` (${digit})`;
    const chip = this.chip(tag, "new", [
      ["✓", `Accept ${tag}${key}`, () => this.change([tag], [])],
      ["×", `Remove ${tag}${digit && ` (Shift + ${digit})`}`, () => this.change([], [tag])],
    ]);
    const score = this.data.scores[tag];
    if (score !== undefined) chip.insertBefore(this.node("small", "", score.toFixed(2)), chip.querySelector("button"));
    if (digit) chip.prepend(this.node("kbd", "", digit));
    return chip;
  }

  chip(tag, kind, buttons) {
    const chip = this.node("span", `chip ${kind}`, "");
    chip.append(this.node("span", "", tag), ...buttons.map(([text, title, act]) => Object.assign(this.node("button", "", text), { title, ariaLabel: title, onclick: act })));
    return chip;
  }

  node(name, className, textContent) { return Object.assign(document.createElement(name), { className, textContent }); }

  typed(event) {
    event.stopPropagation(); // the drawer steps with the arrow keys
    if (event.key === "Escape") return this.part.word.blur();
    const words = this.part.word.value.split(",").map((word) => word.trim()).filter(Boolean);
    if (event.key !== "Enter" || event.isComposing || !words.length) return;
    this.part.word.value = "";
    this.change(words, []);
  }

  key(event) {
    const target = event.composedPath()[0];
    const isTyping = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    if (isTyping || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    const tag = digit && this.tags.proposed[digit - 1];
    if (tag) event.shiftKey ? this.change([], [tag]) : this.change([tag], []);
    else if (event.key.toLowerCase() === "u") this.undo();
    else if (event.key.toLowerCase() === "t") this.part.word.focus();
    else return;
    event.preventDefault();
  }

  change(accept, remove) {
    const without = (tags, words) => tags.filter((tag) => !words.some((word) => word.toLowerCase() === tag.toLowerCase()));
    const both = [...accept, ...remove];
    this.tags = {
      accepted: [...without(this.tags.accepted, both), ...accept],
      proposed: without(this.tags.proposed, both),
      removed: [...without(this.tags.removed, both), ...remove],
      can_undo: true,
    };
    this.paint();
    this.send("", { accept, remove }, accept.length ? `Accepted: ${accept.join(", ")}` : `Removed: ${remove.join(", ")}`);
  }

  undo() { this.send("/undo", undefined, "Undone"); }

  send(path, body, done) {
    const { data } = this;
    this.unsent++;
    this.waiting = this.waiting.then(async () => {
      const headers = { "X-Vitrine-Token": data.token, "Content-Type": "application/json" };
      const response = await fetch(data.url + path, { method: "POST", headers, body: body && JSON.stringify(body) }).catch(() => null);
      const reply = (await response?.json().catch(() => null)) ?? {};
      const isLast = --this.unsent === 0; // an earlier reply lacks the changes behind it
      if (this.data.image !== data.image) return;
      if (response?.ok) isLast && (this.tags = reply);
      else if (path === "") this.tags = await this.read(data);
      this.say(response?.ok ? done : (reply.detail ?? "The change could not be saved. Try again."));
      this.paint();
      if (response?.ok) this.report("changed", Date.now()); // the page shows tags and history too
    });
  }

  /* What the server has, after a change that it refused. */
  async read(data) {
    const response = await fetch(data.url, { headers: { "X-Vitrine-Token": data.token } }).catch(() => null);
    return response?.ok ? response.json() : this.tags;
  }

  say(text) { this.part.status.textContent = text; }

  close() {
    window.removeEventListener("keydown", this.onKey);
    this.press.close();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!lists.has(parentElement)) lists.set(parentElement, new Tags(parentElement.querySelector(".tags")));
  lists.get(parentElement).show(data, setTriggerValue);
  return () => (lists.get(parentElement)?.close(), lists.delete(parentElement));
}
