/* The keys of the desk: those of the table, or what the person chose instead; and the card that shows and changes them. */

const PRETTY = { arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", delete: "Del", backspace: "Backspace", " ": "Space" };
const FIXED = ["escape"];

class KeyMap {
  /* Take the keys that the person chose, by the name of what they do. */
  use(own) {
    this.own = own ?? {};
    const names = (rows) => Object.fromEntries(rows.flatMap((row) => this.keysOf(row).map((key) => [key, row.name])));
    this.names = names(KEYS.filter(({ mode }) => !mode));
    this.boxNames = names(KEYS.filter(({ mode }) => mode === "boxes"));
  }

  /* Enter stays beside a key that was chosen: nobody can choose it. */
  keysOf({ name, keys = [] }) { return this.own[name] ? [this.own[name], ...keys.filter((key) => key === "enter")] : keys; }

  nameOf(key) { return this.names[key.toLowerCase()]; }

  shown(row) {
    const own = this.own[row.name];
    return own ? (PRETTY[own] ?? own.toUpperCase()) : row.shown;
  }

  /* What is written on buttons. */
  hint(name) { return h("kbd", {}, this.text(name)); }

  text(name) { return this.shown(KEYS.find((row) => row.name === name && row.keys)); }
}

const keyMap = new KeyMap();
keyMap.use({});

class KeyCard {
  constructor(desk, card) { Object.assign(this, { desk, card, choosing: null, message: "" }); }

  get isOpen() { return !this.card.hidden; }

  show(open) {
    Object.assign(this, { choosing: null, message: "" });
    if (open) this.draw();
    this.card.hidden = !open;
  }

  draw() {
    const { desk } = this;
    const isMeant = ({ mode, name }) => !desk.isWithheld(name) && (desk.form?.isDrawing ? mode || desk.form.allows(name) : !mode);
    const rows = KEYS.filter(isMeant).flatMap((row) => [h("dt", {}, this.keyNode(row)), h("dd", {}, row.label)]);
    const hasOwn = Object.keys(keyMap.own).length > 0;
    const focused = this.card.getRootNode().activeElement?.value; // drawing again would lose the focus
    this.card.replaceChildren(h("b", {}, "Keys"),
      h("div", { cls: this.message ? "status wrong" : "status", role: "status" }, this.message || "Click a key to choose another one."),
      hasOwn ? h("button", { onclick: () => this.save({}) }, "Reset all keys") : "", h("dl", {}, ...rows));
    this.card.ariaLabel = "Keys";
    if (focused) this.card.querySelector(`button.key[value="${focused}"]`)?.focus();
  }

  keyNode(row) {
    if (!row.keys || FIXED.includes(row.name)) return h("kbd", {}, row.shown);
    const isChosen = this.choosing === row.name;
    return h("button", { cls: isChosen ? "key on" : "key", value: row.name, title: "Choose another key", onclick: () => this.choose(row.name) }, isChosen ? "Press a key" : keyMap.shown(row));
  }

  choose(name) {
    Object.assign(this, { choosing: name, message: "" });
    this.draw();
  }

  /* A key pressed while one is chosen; return whether it was for the card. */
  key(event) {
    if (!this.choosing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return false;
    if (event.key === "Escape") this.choose(null);
    else this.save({ ...keyMap.own, [this.choosing]: event.key.toLowerCase() });
    return true;
  }

  async save(keys) {
    try {
      keyMap.use((await this.desk.queue.call("POST", "/desk/keys", { keys })).keys);
      Object.assign(this, { choosing: null, message: "" });
    } catch (error) {
      this.message = error.message; // the next key is another try
    }
    this.desk.paintKeys();
    this.draw();
  }
}
