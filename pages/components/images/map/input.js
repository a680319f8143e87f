/* Pointer, wheel and keys over the canvas: what they mean is done by the map. */

const HOVER_PX = 10;
const LASSO_STEP_PX = 3;
const PAN_PX = 60;

class Input {
  constructor(map, canvas, path) {
    Object.assign(this, { map, canvas, path, mode: "move", pointers: new Map(), lasso: null });
    canvas.onwheel = (event) => this.wheel(event);
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.up(event);
    canvas.onpointercancel = () => this.endDrag();
    canvas.onpointerleave = () => map.hover(-1);
    canvas.onkeydown = (event) => this.key(event);
  }

  wheel(event) {
    if (!this.map.isReady) return;
    event.preventDefault();
    this.map.zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), event.offsetX, event.offsetY);
  }

  down(event) {
    if (!this.map.isReady || event.button > 1) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (this.pointers.size > 1) return this.endLasso();
    this.start = [event.offsetX, event.offsetY];
    const how = event.shiftKey ? "add" : event.altKey ? "remove" : "replace";
    const isLasso = event.button === 0 && (this.mode === "lasso" || how !== "replace");
    this.lasso = isLasso ? { how, corners: [event.offsetX, event.offsetY] } : null;
    this.dragged = false;
  }

  move(event) {
    const now = [event.offsetX, event.offsetY];
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (this.map.isReady) this.map.hover(this.map.nearestTo(...now, HOVER_PX));
      return;
    }
    this.pointers.set(event.pointerId, now);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) return this.pinch(now, before, other);
    if (!this.dragged && Math.hypot(now[0] - this.start[0], now[1] - this.start[1]) < 4) return;
    if (!this.dragged) this.map.hover(-1);
    this.dragged = true;
    if (this.lasso) this.drawLasso(now);
    else this.map.pan(now[0] - before[0], now[1] - before[1]);
  }

  pinch(now, before, other) {
    const distance = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
    this.map.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.map.zoom(distance(now) / distance(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  drawLasso(now) {
    const { corners } = this.lasso;
    if (Math.hypot(now[0] - corners.at(-2), now[1] - corners.at(-1)) < LASSO_STEP_PX) return;
    corners.push(...now);
    let path = "";
    for (let at = 0; at < corners.length; at += 2) path += `${at ? "L" : "M"}${corners[at]} ${corners[at + 1]}`;
    this.path.setAttribute("d", `${path}Z`);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    const { lasso } = this;
    this.endLasso();
    if (!this.dragged) return this.click(event);
    if (lasso && lasso.corners.length >= 6) this.map.selectInside(lasso.corners, lasso.how);
  }

  click(event) {
    const index = this.map.nearestTo(event.offsetX, event.offsetY, HOVER_PX);
    if (index < 0) return;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) this.map.toggle(index);
    else this.map.open(index);
  }

  endLasso() {
    this.lasso = null;
    this.path.setAttribute("d", "");
  }

  endDrag() {
    this.pointers.clear();
    this.endLasso();
  }

  setMode(mode) {
    this.mode = mode;
    this.map.root.classList.toggle("lassoing", mode === "lasso");
    for (const button of this.map.root.querySelectorAll(".modes button")) button.setAttribute("aria-pressed", button.dataset.do === mode);
  }

  do(name) {
    const { map } = this;
    if (name === "move" || name === "lasso") this.setMode(name);
    else if (!map.isReady) return;
    else if (name === "in") map.zoom(1.5);
    else if (name === "out") map.zoom(1 / 1.5);
    else if (name === "fit") map.fit();
  }

  key(event) {
    const { map } = this;
    if (!map.isReady) return;
    const step = PAN_PX * (event.shiftKey ? 5 : 1);
    const steps = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const withControl = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (event.key in steps && !withControl) map.pan(...steps[event.key]);
    else if (withControl && key === "a") map.selectShown();
    else if (withControl || event.altKey) return;
    else if (key === "+" || key === "=") this.do("in");
    else if (key === "-") this.do("out");
    else if (key === "0") this.do("fit");
    else if (key === "l") this.setMode(this.mode === "move" ? "lasso" : "move");
    else if (key === "enter" && map.center() >= 0) map.open(map.center());
    else if (key === " " && map.center() >= 0) map.toggle(map.center());
    else if (key === "escape" && this.lasso) this.endDrag();
    else if (key === "escape" && map.selection.size) map.selectNothing();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
