/* Twins: choosing a similar image for which the answer differs, and showing the twin of an entry. */

class TwinForm {
  constructor(desk, item) {
    Object.assign(this, { desk, item, candidates: [], chosen: null });
    this.grid = h("div", { cls: "candidates" });
    this.status = h("div", { cls: "status", role: "status" }, "Looking for similar images");
    const asks = item.model.includes("/");
    this.input = h("input", { placeholder: asks ? `Empty: ${item.model} answers` : "The answer for this image" });
    this.answer = h("label", {}, "Its answer", this.input);
    this.answer.hidden = true;
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("div", { cls: "caption" }, "For which of these images is the answer another one? 1 to 9 or a click chooses, Enter adds it as the twin, Esc cancels."),
      this.status, this.answer, this.grid);
    this.load();
  }

  async load() {
    try {
      ({ candidates: this.candidates } = await this.desk.queue.call("GET", "/desk/twins", { entry_id: this.item.id }));
      this.say(this.candidates.length ? "" : "No similar image is left that was not asked this question.");
    } catch (error) {
      this.say(error.message);
    }
    this.draw();
  }

  draw() {
    const base = this.desk.queue.data.base;
    this.grid.replaceChildren(...this.candidates.map(({ image_id, name, thumb, seen }, index) =>
      h("button", { type: "button", title: name, cls: image_id === this.chosen ? "on" : "", onclick: () => this.choose(index) },
        h("img", { src: base + thumb, alt: name, loading: "lazy" }),
        h("span", {}, index < MAX_DIGIT ? h("kbd", {}, String(index + 1)) : "", seen ? `${seen}?` : ""))));
  }

  say(text, isWrong) {
    this.status.textContent = text;
    this.status.className = isWrong ? "status wrong" : "status";
  }

  choose(index) {
    if (!this.candidates[index] || this.isAsking) return;
    this.chosen = this.candidates[index].image_id;
    this.answer.hidden = false;
    this.say("");
    this.draw();
    this.input.focus();
  }

  /* Keys of the desk while nothing is typed. */
  deskKey(event, digit) {
    if (event.key === "Escape") return this.desk.closeForm(), true;
    if (digit === undefined) return false;
    this.choose(digit - 1);
    return true;
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Enter" && event.composedPath()[0] === this.input) event.preventDefault(), this.add();
  }

  async add() {
    if (this.isAsking || !this.chosen) return;
    const { desk, item } = this;
    const typed = this.input.value.trim();
    const answer = typed && item.answer_type === "label" ? JSON.stringify(typed.split(",").map((label) => label.trim()).filter(Boolean)) : typed;
    this.isAsking = true;
    this.say(typed ? "Saving" : `${item.model} is answering`);
    try {
      await desk.queue.addTwin(item, this.chosen, answer);
      if (desk.form === this) desk.closeForm();
      else desk.paint();
    } catch (error) {
      this.say(error.name === "TimeoutError" ? "The model took too long." : error.message, true);
    }
    this.isAsking = false;
  }

  focus() {}
}

function twinNode(item, { base, second }) {
  if (!item.twin || second) return [];
  const { answer, thumb, name, state } = item.twin;
  return [h("div", { cls: "caption" }, "Its twin: the same question about another image"),
    h("div", { cls: "twin" }, h("img", { src: base + thumb, alt: name }), h("span", {}, h("b", {}, labels(answer)?.join(", ") ?? answer), state === "open" ? "" : `, ${state}`))];
}
