/* The boxes of one image of an entry, while they are drawn and corrected with the mouse.

   Dragging draws; the selected box is moved by dragging it and resized by its handles. Nothing is saved here: every
   finished change calls changed(). Objects that were found in the image can be taken as boxes. */

const CLICK_PX = 4; // of the screen: less is a click, not a drag
const MAX_BOXES = 500; // core.dataset.boxes.MAX_BOXES

class BoxEditor {
  /* changed(), selected() and refused(text) are called after what they say; zoom pans when two fingers are down. */
  constructor(zoom, { changed, selected, refused }) {
    Object.assign(this, { zoom, changed, onSelected: selected, refused, boxes: [], objects: [], selected: null, corner: "", newLabel: "", at: 0 });
    this.layer = h("div", { cls: "boxes editing", tabIndex: 0 });
    this.layer.setAttribute("role", "application");
    this.layer.setAttribute("aria-label", "Boxes of the image");
    this.layer.onpointerdown = (event) => this.down(event);
    this.layer.onpointermove = (event) => this.move(event);
    this.layer.onpointerup = (event) => this.up(event);
    this.layer.onpointercancel = () => this.cancel();
    this.layer.ondblclick = (event) => event.stopPropagation();
  }

  /* Show the boxes of an entry on its image number at; the selected one stays selected when it is still there. */
  use(boxes, image, at, objects = []) {
    const index = this.at === at ? this.boxes.indexOf(this.selected) : -1;
    this.boxes = (boxes ?? []).map((box) => ({ ...box, xyxy: [...box.xyxy] }));
    Object.assign(this, { at, size: { width: image.width, height: image.height }, objects, gesture: null });
    this.layer.style.setProperty("--width", image.width);
    this.layer.style.setProperty("--height", image.height);
    const kept = this.boxes[index];
    this.select(kept && (kept.image ?? 0) === at ? kept : null);
  }

  get own() { return this.boxes.filter(({ image = 0 }) => image === this.at); }
  get offered() { return this.objects.filter((object) => !this.own.some((box) => sameBox(box, object))); }
  get isOwnSelected() { return this.boxes.includes(this.selected); }

  select(box) {
    if (box !== this.selected) this.corner = "";
    this.selected = box;
    this.paint();
    this.onSelected();
  }

  /* Select the next box, after the boxes the objects; by -1 the previous one. */
  step(by) {
    const all = [...this.own, ...this.offered];
    const index = all.indexOf(this.selected);
    if (all.length) this.select(all[index < 0 ? (by > 0 ? 0 : all.length - 1) : (index + by + all.length) % all.length]);
  }

  add(box) {
    if (this.boxes.length >= MAX_BOXES) return this.refused(`An entry has at most ${MAX_BOXES} boxes.`), false;
    this.boxes.push({ label: this.newLabel, ...box, image: this.at });
    this.select(this.boxes.at(-1));
    return true;
  }

  /* A new box in the middle of what is in sight, half as wide and high. */
  addInMiddle() {
    const stage = this.zoom.stage.getBoundingClientRect();
    const place = (x, y) => this.point({ clientX: stage.left + stage.width * x, clientY: stage.top + stage.height * y });
    if (this.add({ xyxy: drawnBox(place(0.25, 0.25), place(0.75, 0.75), this.size) })) this.changed();
  }

  take(object) {
    const sides = [this.size.width, this.size.height, this.size.width, this.size.height];
    const xyxy = object.xyxy.map((value, index) => clamped(Math.round(value), 0, sides[index]));
    if (areaOf(xyxy) > 0 && this.add({ label: object.label, xyxy })) this.changed();
  }

  remove() {
    if (!this.isOwnSelected) return;
    const index = this.own.indexOf(this.selected);
    this.boxes = this.boxes.filter((box) => box !== this.selected);
    this.select(this.own[Math.min(index, this.own.length - 1)] ?? null);
    this.changed();
  }

  setLabel(box, label) {
    if (!this.boxes.includes(box)) return;
    this.newLabel = label;
    if (box.label === label) return;
    ownBox(box).label = label;
    this.paint();
    this.changed();
  }

  nextCorner() {
    this.corner = CORNERS[(CORNERS.indexOf(this.corner) + 1) % CORNERS.length];
    this.paint();
    this.onSelected();
  }

  nudge(byX, byY) {
    if (!this.isOwnSelected) return false;
    const { selected, corner, size } = this;
    ownBox(selected).xyxy = corner ? resizedBox(selected.xyxy, corner, byX, byY, size) : movedBox(selected.xyxy, byX, byY, size);
    this.place();
    return true;
  }

  paint() {
    const all = [...this.own, ...this.offered];
    const color = boxColors(all);
    this.nodes = new Map(all.map((box) => [box, this.frame(box, color(box))]));
    // The selected one is on top, with its handles.
    const order = [...all].sort((a, b) => (a === this.selected) - (b === this.selected) || areaOf(b.xyxy) - areaOf(a.xyxy));
    this.layer.replaceChildren(...order.map((box) => this.nodes.get(box)));
  }

  frame(box, color) {
    const node = boxNode(box, this.size.width, this.size.height, color);
    node.classList.toggle("object", !this.boxes.includes(box));
    node.classList.toggle("selected", box === this.selected);
    if (box.label || box === this.selected) node.append(h("span", {}, box.label || "No label"));
    if (box === this.selected && this.isOwnSelected)
      node.append(...HANDLES.map((name) => {
        const handle = h("i", { cls: this.corner === name ? "handle active" : "handle" });
        handle.dataset.handle = name;
        return handle;
      }));
    return node;
  }

  /* The selected box has moved: its element follows, the others stay. */
  place() {
    placeBox(this.nodes.get(this.selected), this.selected.xyxy, this.size.width, this.size.height);
    this.onSelected();
  }

  point({ clientX, clientY }) {
    const { left, top, width, height } = this.layer.getBoundingClientRect();
    return [clamped(((clientX - left) / width) * this.size.width, 0, this.size.width), clamped(((clientY - top) / height) * this.size.height, 0, this.size.height)];
  }

  /* So many px of the image are CLICK_PX on the screen. */
  get slack() { return (CLICK_PX * this.size.width) / this.layer.getBoundingClientRect().width; }

  down(event) {
    if (event.button || this.isPanning) return; // the stage pans
    event.stopPropagation();
    event.preventDefault();
    this.layer.focus({ preventScroll: true });
    if (this.gesture) return this.pinch(event);
    this.layer.setPointerCapture(event.pointerId);
    const start = this.point(event);
    const { handle } = event.target.dataset;
    const isInside = this.isOwnSelected && !event.shiftKey && boxesAt([this.selected], start, this.slack).length > 0;
    const kind = handle ? "resize" : isInside ? "move" : "draw";
    this.gesture = { id: event.pointerId, kind, handle, start, from: [event.clientX, event.clientY], before: this.selected?.xyxy, was: this.selected, isDrag: false };
  }

  move(event) {
    const { gesture } = this;
    if (gesture?.id !== event.pointerId) return;
    event.stopPropagation();
    const distance = Math.hypot(event.clientX - gesture.from[0], event.clientY - gesture.from[1]);
    if (!gesture.isDrag && distance < CLICK_PX) return;
    const now = this.point(event);
    if (!gesture.isDrag && gesture.kind === "draw" && !this.add({ xyxy: drawnBox(gesture.start, now, this.size) })) return (this.gesture = null);
    gesture.isDrag = true;
    const [byX, byY] = [Math.round(now[0] - gesture.start[0]), Math.round(now[1] - gesture.start[1])];
    if (gesture.kind === "draw") this.selected.xyxy = drawnBox(gesture.start, now, this.size);
    else if (gesture.kind === "move") ownBox(this.selected).xyxy = movedBox(gesture.before, byX, byY, this.size);
    else ownBox(this.selected).xyxy = resizedBox(gesture.before, gesture.handle, byX, byY, this.size);
    this.place();
  }

  up(event) {
    const { gesture } = this;
    if (gesture?.id !== event.pointerId) return;
    event.stopPropagation();
    this.gesture = null;
    if (!gesture.isDrag) return gesture.handle || this.click(gesture.start);
    const isOther = gesture.kind === "draw" || gesture.before.some((value, index) => value !== this.selected.xyxy[index]);
    if (isOther) this.changed(gesture.kind === "draw");
  }

  /* Select the smallest box at the point, at the next click the one around it; without a box there, take the object. */
  click(point) {
    const found = boxesAt(this.own, point, this.slack);
    const [object] = boxesAt(this.offered, point, this.slack);
    const next = found[(found.indexOf(this.selected) + 1) % found.length];
    if (object && (!next || (next === this.selected && found.length === 1 && areaOf(object.xyxy) < areaOf(next.xyxy)))) this.take(object);
    else this.select(next ?? null);
  }

  cancel() {
    const { gesture } = this;
    this.gesture = null;
    if (!gesture?.isDrag) return;
    if (gesture.kind === "draw") this.boxes.pop(), this.select(this.boxes.includes(gesture.was) ? gesture.was : null);
    else (this.selected.xyxy = gesture.before), this.place();
  }

  /* A second finger: both zoom and pan. */
  pinch(event) {
    const { id, from } = this.gesture;
    this.cancel();
    this.zoom.pointers.set(id, from);
    this.zoom.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }
}
