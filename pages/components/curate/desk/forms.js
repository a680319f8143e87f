/* The forms of the desk: editing of question, answer and note; and tags. Keys typed here never reach the desk. */

const CHECK_DEBOUNCE_MS = 150;
const MAX_DIGIT = 9; // of keys that choose

/* The texts of an entry as the form shows them. */
function textsOf(item) {
  const answers = { label: () => JSON.stringify(labels(item.answer) ?? []), custom_format: () => answerNode(item).textContent };
  return { question: item.question, answer: answers[item.answer_type]?.() ?? item.answer, note: item.note };
}

const changedOf = (before, now) => Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== before[name]));

class EditForm {
  constructor(desk, item) {
    const draft = desk.drafts.of("edit", item.id);
    const texts = { ...textsOf(item), ...draft };
    Object.assign(this, { desk, item, chosen: item.answer_type === "label" ? (labels(texts.answer) ?? []) : null });
    const area = (value, rows, cls) => h("textarea", { value, rows, cls, oninput: () => this.typed() });
    this.question = area(texts.question, 2, "question");
    this.answer = item.answer_type === "custom_format" ? area(texts.answer, 8, "code") : area(texts.answer, 3, "answer");
    this.note = h("input", { value: texts.note, placeholder: "Note for other reviewers", oninput: () => this.typed() });
    this.status = h("div", { cls: "status", role: "status" });
    this.diff = h("div", {});
    const button = (label, key, act, cls) => h("button", { cls, onclick: act }, label, h("kbd", {}, key));
    this.node = h("form", { cls: "form", onsubmit: (event) => event.preventDefault() }, draft ? this.draftNode() : "",
      h("label", {}, "Question", this.question),
      this.chosen ? this.chips() : h("label", {}, "Answer", this.answer),
      this.status, this.diff,
      h("label", {}, "Note", this.note),
      h("div", { cls: "row" },
        button("Save, confirm, next", "Ctrl Enter", () => this.save(true), "primary"),
        button("Save", "Shift Enter", () => this.save(false)), button("Cancel", "Esc", () => desk.closeForm())));
    // A second reviewer may give another answer, but does not change the entry.
    this.isSecond = desk.queue.data.second;
    this.question.readOnly = this.note.readOnly = this.isSecond;
    this.changed();
  }

  draftNode() {
    const again = () => (this.desk.drafts.drop("edit", this.item.id), this.desk.open(new EditForm(this.desk, this.item)));
    return h("div", { cls: "row caption" }, h("span", {}, "This is what you typed before."), h("button", { type: "button", cls: "link", onclick: again }, "Start from the saved text"));
  }

  chips() {
    const options = Array.isArray(this.item.options) ? this.item.options : [];
    const offered = [...new Set([...options, ...this.chosen])];
    const chip = (label, index) => h("button", {
      type: "button", cls: this.chosen.includes(label) ? "chip on" : "chip", ariaPressed: this.chosen.includes(label),
      onclick: ({ currentTarget }) => {
        this.chosen = this.chosen.includes(label) ? this.chosen.filter((one) => one !== label) : [...this.chosen, label];
        currentTarget.ariaPressed = this.chosen.includes(label);
        currentTarget.className = this.chosen.includes(label) ? "chip on" : "chip";
        this.typed();
      },
    }, label, index < MAX_DIGIT ? h("kbd", {}, String(index + 1)) : "");
    const box = (this.box = h("div", { cls: "chips", role: "group", ariaLabel: "Answer" }, ...offered.map(chip)));
    this.answer = h("input", { placeholder: "Add a label, then press Enter" });
    this.answer.onkeydown = (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.shiftKey || !this.answer.value.trim()) return;
      this.chosen.push(this.answer.value.trim());
      box.append(chip(this.answer.value.trim(), box.children.length));
      this.answer.value = "";
      this.typed();
    };
    return h("div", {}, h("span", { cls: "caption" }, "Answer"), box, options.length ? "" : this.answer);
  }

  get value() { return this.chosen ? JSON.stringify(this.chosen) : this.answer.value; }
  get texts() { return { question: this.question.value, answer: this.value, note: this.note.value }; }

  typed() {
    this.desk.drafts.keep("edit", this.item.id, changedOf(textsOf(this.item), this.texts));
    this.changed();
  }

  changed() {
    const now = { ...this.item, question: this.question.value, answer: this.value };
    if (now.answer_type === "custom_format") now.generated_answer = now.generated_answer && answerNode({ ...now, answer: now.generated_answer }).textContent;
    const node = changesNode(now);
    this.diff.replaceChildren(...(node ? [node] : []));
    clearTimeout(this.checkTimer);
    if (now.answer_type !== "text") this.checkTimer = setTimeout(() => this.check(), CHECK_DEBOUNCE_MS);
  }

  /* Only the server validates labels and schemas; it answers with the message that saving would give. */
  async check() {
    const body = { answer: this.value, answer_type: this.item.answer_type, options: this.item.options };
    const check = (this.lastCheck = this.desk.queue.call("POST", "/desk/check", body));
    const error = await check.then(() => null, (refusal) => refusal);
    if (check === this.lastCheck) { // an earlier one may be answered later, and was about another text
      this.status.textContent = error?.message ?? (this.item.answer_type === "custom_format" ? "Valid" : "");
      this.status.className = error ? "status wrong" : "status";
    }
    return !error;
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      this.save(event.ctrlKey || event.metaKey);
    }
  }

  async save(confirm) {
    const { desk, item } = this;
    if (item.answer_type !== "text" && !(await this.check())) return;
    if (desk.form !== this) return;
    const changes = changedOf(item, this.texts);
    desk.form = null;
    desk.drafts.drop("edit", item.id);
    if (confirm || this.isSecond) desk.acts.decide(item, "confirm", changes);
    else if (Object.keys(changes).length) desk.queue.act(item, "edit", changes);
    desk.paint();
  }

  /* A digit while no field has the focus chooses a label. */
  deskKey(event, digit) {
    if (!this.chosen || digit === undefined) return false;
    this.box.children[digit - 1]?.click();
    return true;
  }

  focus() { (this.chosen ? (this.box.querySelector(".on") ?? this.box.firstElementChild ?? this.answer) : this.answer).focus(); }
}

/* Choose the model that answers an entry which no model has answered. */
class AgainForm {
  constructor(desk, item) {
    Object.assign(this, { desk, item });
    this.input = h("input", { placeholder: "provider/model" });
    this.input.oninput = () => this.suggest();
    this.suggestions = h("div", { cls: "chips small" });
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("label", {}, "Model that answers", this.input), this.suggestions, h("div", { cls: "caption" }, "Enter asks, Esc cancels"));
    this.models = [];
    desk.queue.call("GET", "/desk/models", {}).then(({ models }) => ((this.models = models), this.suggest())).catch(() => {});
  }

  suggest() {
    const typed = this.input.value.trim().toLowerCase();
    const matches = this.models.filter((model) => model.toLowerCase().includes(typed)).slice(0, 12);
    this.suggestions.replaceChildren(...matches.map((model) => h("button", { cls: "chip", type: "button", onclick: () => this.ask(model) }, model)));
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Enter" && event.composedPath()[0] === this.input) this.ask(this.input.value.trim());
  }

  ask(model) {
    if (!model) return;
    this.desk.closeForm();
    this.desk.acts.again(this.item, model);
  }

  focus() { this.input.focus(); }
}

class TagForm {
  constructor(desk, item) {
    Object.assign(this, { desk, item });
    this.input = h("input", { value: item.tags ? `${item.tags.split(",").join(", ")}, ` : "", placeholder: "Tags, separated by commas" });
    this.suggestions = h("div", { cls: "chips small" });
    this.input.oninput = () => ((this.toComplete = null), this.suggest());
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("label", {}, "Tags", this.input), this.suggestions, h("div", { cls: "caption" }, "Enter saves, Tab completes, Esc cancels"));
    this.suggest();
  }

  /* The known tags come with the counts: Tab may have been pressed before. */
  counted() {
    this.suggest();
    if (this.toComplete === this.input.value && this.matches.length) this.complete(this.matches[0]);
  }

  /* Suggest known tags that start with the word at the end of the input. */
  suggest() {
    const parts = this.input.value.split(",");
    const prefix = parts.at(-1).trim().toLowerCase();
    const used = parts.slice(0, -1).map((tag) => tag.trim().toLowerCase());
    this.matches = this.desk.queue.tags.filter((tag) => tag.startsWith(prefix) && !used.includes(tag)).slice(0, 12);
    this.suggestions.replaceChildren(...this.matches.map((tag) => h("button", { cls: "chip", onclick: () => this.complete(tag) }, tag)));
  }

  complete(tag) {
    this.input.value = [...this.input.value.split(",").slice(0, -1).map((part) => part.trim()), tag, ""].join(", ");
    this.toComplete = null;
    this.suggest();
    this.input.focus();
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Tab" && !event.shiftKey) {
      event.preventDefault(); // also without a match: otherwise Tab moves the focus, and the next Enter presses a button
      if (this.matches.length) this.complete(this.matches[0]);
      else this.toComplete = this.input.value;
    }
    else if (event.key === "Enter") this.save();
  }

  save() {
    const tags = [...new Set(this.input.value.split(",").map((tag) => tag.trim().toLowerCase().replace(/\s+/g, " ")))].filter(Boolean);
    const { desk, item } = this;
    if (tags.join(",") !== item.tags) desk.queue.act(item, "tag", { tags: tags.join(",") });
    desk.queue.tags = [...new Set([...desk.queue.tags, ...tags])];
    desk.closeForm();
  }

  focus() { this.input.focus(); }
}
