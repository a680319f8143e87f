/* Zoom and pan of one image: the wheel, two fingers or a double click zoom, dragging pans.

   100 % is one pixel of the original on one pixel of the screen. The stage has parts that are transformed, of which the
   first holds the smaller copy of the image, a canvas for the tiles, and where the percentage is written. */

const MAX_SCALE = 20; // of the fitted image
const MAX_ZOOM = 16; // 1600 %, where that is more
const COPY_SIDE_PX = 2048; // core.images.service.VIEW_SIDE_PX
const TILE_TEXTS = { loading: "Loading original pixels", failed: "The original pixels could not be loaded" };

class Zoom {
  /* choose is called with the node under the pointer before it zooms or pans, zoomed with whether the image is fitted. */
  constructor(stage, parts, { choose = () => {}, zoomed = () => {} } = {}) {
    Object.assign(this, { stage, parts, zoomed, image: null, isFitted: true, scale: 1, x: 0, y: 0, pointers: new Map() });
    this.canvas = stage.querySelector("canvas");
    this.percent = stage.querySelector("[data-part=percent]");
    this.tiles = new Tiles(this.canvas, () => this.describe());
    stage.onwheel = (event) => {
      event.preventDefault();
      choose(event.target);
      // Two fingers on a touchpad come as a wheel with Ctrl, in small steps.
      this.scaleTo(this.scale * Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), ...this.fromMiddle(event.clientX, event.clientY));
    };
    stage.onpointerdown = (event) => {
      if (event.target.closest("button")) return;
      choose(event.target);
      stage.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    };
    stage.onpointermove = (event) => this.drag(event);
    stage.onpointerup = stage.onpointercancel = (event) => this.pointers.delete(event.pointerId);
    stage.ondblclick = (event) => event.target.closest("button") || this.toggle(...this.fromMiddle(event.clientX, event.clientY));
    this.observer = new ResizeObserver((entries) => this.resized(entries));
    this.observer.observe(parts[0]);
    try { this.observer.observe(this.canvas, { box: "device-pixel-content-box" }); } catch { this.observer.observe(this.canvas); }
  }

  close() {
    this.observer.disconnect();
    this.tiles.use(null);
  }

  /* The image whose pixels are shown: width, height and tiles; null when there is none, or several are side by side. */
  use(image) {
    if (image?.tiles === this.image?.tiles) return;
    const zoom = this.isFitted ? 0 : this.fitZoom * this.scale; // the next image keeps it
    this.image = image?.tiles && image.width && image.height ? image : null;
    this.tiles.use(this.image);
    if (zoom && this.fitZoom) this.scaleTo(zoom / this.fitZoom, 0, 0, false);
    else this.apply();
  }

  resized(entries) {
    for (const { target, contentRect } of entries) {
      if (target === this.parts[0]) this.size = contentRect;
      if (target !== this.canvas) continue;
      this.middle = [contentRect.width / 2, contentRect.height / 2];
      // The browser draws it between the nearest whole pixels of the screen.
      const { left, top, right, bottom } = target.getBoundingClientRect();
      const length = (from, to) => Math.round(to * devicePixelRatio) - Math.round(from * devicePixelRatio);
      target.width = length(left, right);
      target.height = length(top, bottom);
    }
    this.apply();
  }

  /* Pixels of the screen for one of the fitted image. */
  get fitZoom() { return this.image && this.size?.width ? Math.min(this.size.width / this.image.width, this.size.height / this.image.height) * devicePixelRatio : 0; }

  fit() {
    Object.assign(this, { isFitted: true, scale: 1, x: 0, y: 0 });
    this.apply();
  }

  /* 100 %, or the whole image when it is at 100 %. */
  toggle(px = 0, py = 0) {
    if (!this.isFitted && Math.abs(this.scale * this.fitZoom - 1) < 1e-6) return this.fit();
    this.isFitted = false;
    this.zoomed(false);
    if (!this.fitZoom) return this.fit();
    this.scaleTo(1 / this.fitZoom, px, py, false);
  }

  scaleTo(scale, px, py, mayFit = true) {
    const { fitZoom } = this;
    const least = fitZoom ? Math.min(1, 1 / fitZoom) : 1;
    const next = Math.min(Math.max(MAX_SCALE, fitZoom ? MAX_ZOOM / fitZoom : 0), Math.max(least, scale));
    this.x = px - ((px - this.x) * next) / this.scale;
    this.y = py - ((py - this.y) * next) / this.scale;
    this.scale = next;
    this.isFitted = mayFit && next === 1 && least === 1;
    if (next <= 1) this.x = this.y = 0;
    this.apply();
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    this.pointers.set(event.pointerId, now);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    const share = other ? 0.5 : 1; // the middle of two fingers moves half as far as one of them
    if (!this.isFitted) {
      this.x += (now[0] - before[0]) * share;
      this.y += (now[1] - before[1]) * share;
    }
    if (!other) return this.apply();
    const distance = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
    this.scaleTo((this.scale * distance(now)) / distance(before), ...this.fromMiddle((now[0] + other[0]) / 2, (now[1] + other[1]) / 2));
  }

  fromMiddle(clientX, clientY) {
    const box = this.stage.getBoundingClientRect();
    return [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2];
  }

  apply() {
    this.zoomed(this.isFitted);
    const { image, x, y, scale, fitZoom, middle } = this;
    for (const { style } of this.parts) {
      style.transform = this.isFitted ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
      style.setProperty("--scale", scale);
    }
    const zoom = fitZoom * scale;
    // The copy has enough pixels until then.
    const showsTiles = fitZoom && middle && !this.isFitted && (zoom > 1 - 1e-6 || zoom * Math.max(image.width, image.height) > COPY_SIDE_PX);
    if (showsTiles) this.tiles.place((middle[0] + x) * devicePixelRatio - (image.width * zoom) / 2, (middle[1] + y) * devicePixelRatio - (image.height * zoom) / 2, zoom);
    else this.tiles.hide();
    this.describe();
  }

  describe() {
    const { state } = this.tiles;
    const zoom = this.fitZoom * this.scale;
    this.percent.textContent = [zoom ? zoom.toLocaleString(undefined, { style: "percent", useGrouping: false }) : "", TILE_TEXTS[state]].filter(Boolean).join(" · ");
    this.percent.parentElement.classList.toggle("busy", Boolean(state));
  }
}
