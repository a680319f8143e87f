/* Boxes on an image, by what they are for: parts to redact, and the part to keep. */

const MODES = { redact: "Redact", crop: "Keep" };
const SEND_DELAY_MS = 500; // presses of the arrow keys are sent together
const editors = new WeakMap();

class ImageEditor {
  constructor(root) {
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    Object.assign(this, { stage: root.querySelector(".stage"), image: root.querySelector("img"), over: root.querySelector(".over") });
    this.zoom = new Zoom(this.stage, [this.image, this.over], {});
    this.editor = new BoxEditor(this.zoom, {
      changed: () => this.changed(), selected: () => this.describe(), refused: (text) => (this.part.status.textContent = text),
    });
    this.over.replaceChildren(this.editor.layer);
    this.editor.layer.onkeydown = (event) => this.key(event);
    this.editor.layer.onkeyup = (event) => event.key === " " && this.pan(false);
    const then = (act) => () => (act(), this.editor.layer.focus({ preventScroll: true }));
    this.part.add.onclick = then(() => this.editor.addInMiddle());
    this.part.remove.onclick = then(() => this.editor.remove());
    this.part.fit.onclick = () => this.zoom.fit();
    this.part.actual.onclick = () => this.zoom.toggle();
  }

  show(data, send) {
    const isOther = this.data?.id !== data.id;
    Object.assign(this, { data, send });
    this.editor.newLabel = MODES[data.mode];
    const offered = data.mode === "redact" ? data.offered : [];
    if (isOther) {
      Object.assign(this.image, { src: data.url, alt: data.name });
      this.stage.style.aspectRatio = `${data.width} / ${data.height}`;
      this.zoom.fit();
      this.zoom.use(data);
    }
    if (isOther || JSON.stringify(offered) !== this.offered) this.editor.use(isOther ? [] : this.editor.boxes, data, 0, offered);
    this.offered = JSON.stringify(offered);
    this.describe();
  }

  /* A box that is taken or new is for the present mode; one box says what is kept: the newest. */
  changed() {
    const { editor } = this;
    editor.boxes.forEach((box) => Object.values(MODES).includes(box.label) || (box.label = MODES[this.data.mode]));
    const kept = editor.boxes.findLast(({ label }) => label === MODES.crop);
    editor.boxes = editor.boxes.filter((box) => box.label !== MODES.crop || box === kept);
    editor.paint();
    this.describe();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const of = (mode) => editor.boxes.filter(({ label }) => label === MODES[mode]).map(({ xyxy }) => xyxy);
      this.send("boxes", { id: this.data.id, boxes: { redact: of("redact"), crop: of("crop") } });
    }, SEND_DELAY_MS);
  }

  describe() {
    const { editor } = this;
    if (!this.data || !editor) return;
    const { selected, isOwnSelected, own } = editor;
    const count = (mode) => own.filter(({ label }) => label === MODES[mode]).length;
    this.part.remove.disabled = !isOwnSelected;
    const parts = [`${count("redact")} to redact`, count("crop") ? "one to keep" : "", editor.offered.length ? `${editor.offered.length} found` : ""];
    const shown = selected && !isOwnSelected ? `Found: ${boxText(selected)}. Enter takes it.` : selected ? boxText(selected) : "";
    this.part.status.textContent = [parts.filter(Boolean).join(", "), shown].filter(Boolean).join(" · ");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { editor } = this;
    const key = event.key.toLowerCase();
    const step = STEPS[key];
    if (step) editor.nudge(step[0] * (event.shiftKey ? 10 : 1), step[1] * (event.shiftKey ? 10 : 1)) && this.changed();
    else if (key === "tab" && [...editor.own, ...editor.offered].length) editor.step(event.shiftKey ? -1 : 1);
    else if (key === "enter" && editor.selected && !editor.isOwnSelected) editor.take(editor.selected);
    else if (key === "delete" || key === "backspace") editor.remove();
    else if (key === "n") editor.addInMiddle();
    else if (key === "c" && editor.isOwnSelected) editor.nextCorner();
    else if (key === "z") this.zoom.toggle();
    else if (key === " ") this.pan(true);
    else if (key === "escape" && editor.selected) editor.select(null);
    else return;
    event.preventDefault();
    event.stopPropagation(); // of the drawer behind
  }

  pan(isPanning) {
    this.editor.isPanning = isPanning;
    this.editor.layer.classList.toggle("panning", isPanning);
  }

  close() {
    clearTimeout(this.timer);
    this.zoom.close();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  if (!editors.has(parentElement)) editors.set(parentElement, new ImageEditor(parentElement.querySelector(".editor")));
  editors.get(parentElement).show(data, setStateValue);
  return () => (editors.get(parentElement)?.close(), editors.delete(parentElement));
}
