/* Drawing and correcting the boxes of an entry: the form beside the image, and the keys.

   Each change is saved at once, as one edit that can be undone; presses of the arrow keys are saved together. */

const NUDGE_DELAY_MS = 600;
const MAX_LABELS = 9; // as many as there are digit keys
const ALLOWED = ["confirm", "reject", "skip", "undo", "zoom", "fit", "imageBefore", "imageAfter", "draw", "objects", "escape"];
const labelsUsed = new Set(); // in this visit; each keeps its digit

class BoxForm {
  constructor(desk, item) {
    Object.assign(this, { desk, item, isDrawing: true });
    this.editor = new BoxEditor(desk.stage.zoom, {
      changed: (isNew) => this.changed(isNew), selected: () => this.describe(), refused: (text) => (this.status.textContent = text),
    });
    this.label = h("input", { placeholder: "What is in the box", maxLength: 200 });
    this.label.onchange = () => this.setLabel(this.label.value, this.labeled);
    this.label.onfocus = () => (this.labeled = this.editor.selected);
    // Without the focus the label would be saved and the suggestions drawn again before the click on one of them.
    this.suggestions = h("div", { cls: "chips small", onmousedown: (event) => event.preventDefault() });
    this.status = h("div", { cls: "status", role: "status" });
    const button = (text, name, act) => h("button", { type: "button", onclick: act }, text, keyMap.hint(name));
    this.deleteButton = button("Delete", "deleteBox", () => this.act("deleteBox"));
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("label", {}, "Label of the selected box", this.label), this.suggestions, this.status,
      h("div", { cls: "row" }, button("New box", "newBox", () => this.act("newBox")), this.deleteButton, button("Done", "escape", () => desk.closeForm())),
      h("div", { cls: "caption" }, `Drag to draw a box. Click or ${keyMap.text("nextBox")} selects one; the arrow keys move it by 1 px, with Shift by 10. ${keyMap.text("corner")} chooses a corner instead. Space and drag moves the image.`));
    this.onKeyUp = (event) => event.key === " " && this.pan(false);
    this.onHide = () => this.saveNudge();
    window.addEventListener("keyup", this.onKeyUp);
    window.addEventListener("pagehide", this.onHide);
    this.sync();
  }

  /* The boxes were changed elsewhere: by an undo, or because somebody else was first. */
  sync() {
    const { stage } = this.desk;
    const objects = stage.objectsOf(stage.at);
    if (this.saved === this.item.boxes && this.at === stage.at && this.objects === objects) return;
    clearTimeout(this.nudgeTimer);
    Object.assign(this, { saved: this.item.boxes, at: stage.at, objects, isNudged: false });
    this.editor.use(this.item.boxes, stage.images[stage.at], stage.at, objects);
  }

  /* Which of the desk's acts go on while boxes are drawn. */
  allows(name) { return ALLOWED.includes(name); }

  changed(isNew) {
    clearTimeout(this.nudgeTimer);
    this.isNudged = false;
    const boxes = this.editor.boxes.map((box) => ({ ...box, xyxy: [...box.xyxy] }));
    this.desk.queue.act(this.item, "edit", { boxes });
    this.saved = boxes;
    this.desk.paint();
    this.describe();
    if (isNew && !this.editor.selected.label) this.label.focus();
  }

  saveNudge() { if (this.isNudged) this.changed(); }

  setLabel(text, box = this.editor.selected) {
    const label = text.trim().replace(/\s+/g, " ");
    if (label) labelsUsed.add(label);
    this.saveNudge();
    this.editor.setLabel(box, label);
    this.describe();
  }

  get labels() {
    const near = [...this.editor.boxes, ...this.editor.objects].map(({ label }) => label);
    return [...new Set([...[...labelsUsed].slice(-MAX_LABELS), ...near])].filter(Boolean).slice(0, MAX_LABELS);
  }

  describe() {
    if (!this.status) return;
    const { editor } = this;
    const { selected, own, corner, isOwnSelected } = editor;
    this.deleteButton.disabled = this.label.disabled = !isOwnSelected;
    if (this.desk.root.getRootNode().activeElement !== this.label) this.label.value = isOwnSelected ? selected.label : "";
    this.suggestions.replaceChildren(...(isOwnSelected ? this.labels : []).map((label, index) =>
      h("button", { type: "button", cls: label === selected.label ? "chip on" : "chip", onclick: () => ((this.label.value = label), this.setLabel(label)) }, label, h("kbd", {}, String(index + 1)))));
    const { length } = this.desk.stage.layerOf("objects", editor.at);
    const hint = !length ? "" : editor.objects.length ? ` Click an object, or select it by ${keyMap.text("nextBox")} and press Enter, to make it a box.` : ` ${keyMap.text("objects")} shows ${plural(length, "object", "objects")} that can become boxes.`;
    if (!selected) this.status.textContent = `${plural(own.length, "box", "boxes")} on this image, none selected.${hint}`;
    else if (!isOwnSelected) this.status.textContent = `Found in the image: ${selected.label}, score ${selected.score.toFixed(2)}. Enter makes it a box of this entry.`;
    else this.status.textContent = `${{ nw: "Top left corner of box", se: "Bottom right corner of box" }[corner] ?? "Box"} ${own.indexOf(selected) + 1} of ${own.length}: ${boxText(selected)}`;
  }

  /* A key pressed in the label field; Escape and Ctrl + Enter also elsewhere. */
  key(event) {
    const isTyping = event.composedPath()[0] === this.label;
    event.stopImmediatePropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Escape" && !isTyping) return this.desk.closeForm();
    if (event.key === "Escape") this.label.value = this.labeled?.label ?? "";
    else if (isTyping) this.setLabel(this.label.value, this.labeled);
    if (event.ctrlKey || event.metaKey) this.desk.do("confirm");
    else this.focus();
  }

  /* A key pressed elsewhere; return whether it is one of boxes. */
  deskKey(event, digit) {
    const key = event.key.toLowerCase();
    const target = event.composedPath()[0];
    if (key === "escape") return this.desk.closeForm(), true;
    if (key === "tab" && target !== this.editor.layer && target !== document.body) return false;
    if (["enter", " "].includes(key) && target.tagName === "BUTTON") return false;
    const step = STEPS[key];
    if (step) {
      const px = event.shiftKey ? 10 : 1;
      this.nudge(step[0] * px, step[1] * px);
    } else if (key === " ") this.pan(true);
    else if (digit !== undefined) this.labels[digit - 1] !== undefined && this.setLabel(this.labels[digit - 1]);
    else if (!keyMap.boxNames[key]) return false;
    else if (!event.repeat || keyMap.boxNames[key] === "nextBox") this.act(keyMap.boxNames[key], event.shiftKey);
    return true;
  }

  act(name, isBackwards) {
    const { editor } = this;
    this.saveNudge();
    if (name === "nextBox") editor.step(isBackwards ? -1 : 1);
    if (name === "newBox") editor.addInMiddle();
    if (name === "deleteBox") editor.remove();
    if (name === "corner" && editor.isOwnSelected) editor.nextCorner();
    if (name === "boxLabel" && editor.isOwnSelected) return this.label.focus(), this.label.select();
    if (name === "boxLabel" && editor.selected) editor.take(editor.selected);
    if (this.desk.root.getRootNode().activeElement !== this.label) this.focus();
  }

  nudge(byX, byY) {
    if (!this.editor.nudge(byX, byY)) return;
    this.isNudged = true;
    clearTimeout(this.nudgeTimer);
    this.nudgeTimer = setTimeout(() => this.saveNudge(), NUDGE_DELAY_MS);
  }

  pan(isPanning) {
    this.editor.isPanning = isPanning;
    this.editor.layer.classList.toggle("panning", isPanning);
  }

  focus() { this.editor.layer.focus({ preventScroll: true }); }

  close() {
    this.saveNudge();
    window.removeEventListener("keyup", this.onKeyUp);
    window.removeEventListener("pagehide", this.onHide);
  }
}
