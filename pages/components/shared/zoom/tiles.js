/* The original pixels of an image, drawn over its smaller copy on a canvas that has one pixel for each of the screen.

   They come in tiles, loaded when they are in sight. Places and sizes are in pixels of the screen. */

const TILE_SIDE_PX = 512; // core.images.tiles.SIDE_PX
const MAX_LOADING = 3; // of the six connections of a browser to a server: decisions do not wait for tiles
const MAX_KEPT = 96; // a megabyte each
const LOAD_DELAY_MS = 40; // the wheel passes through many places in which nobody stops
const PIXELATED_ABOVE = 2;

class Tiles {
  constructor(canvas, changed) {
    Object.assign(this, { canvas, context: canvas.getContext("2d"), changed, kept: new Map(), loading: new Map(), failed: new Set() });
  }

  /* Show the tiles of another image: its width, height, and the address of its tiles with {level}, {x} and {y}. */
  use(image) {
    this.hide();
    this.kept.forEach((bitmap) => bitmap.close());
    this.kept.clear();
    this.image = image;
  }

  /* The image's corner is at left, top, and zoom pixels of the screen show one of the image. */
  place(left, top, zoom) {
    this.at = { left: Math.round(left), top: Math.round(top), zoom };
    // Each level has half the resolution of the one before; the tiles are not enlarged below 100 %.
    this.level = Math.max(0, Math.floor(Math.log2(1 / zoom)));
    this.failed.clear();
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), LOAD_DELAY_MS);
  }

  hide() {
    if (!this.at) return;
    this.at = null;
    clearTimeout(this.timer);
    this.loading.forEach((abort) => abort.abort());
    this.draw();
  }

  get state() { return this.at && this.failed.size ? "failed" : this.at && this.missing().length ? "loading" : ""; }

  draw() {
    const { canvas, context, at, image } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!at) return;
    context.imageSmoothingEnabled = at.zoom <= PIXELATED_ABOVE;
    // Those of the right level come last, over the others.
    const places = [...this.kept.keys()].map(parsed).sort((a, b) => Math.abs(b.level - this.level) - Math.abs(a.level - this.level));
    for (const { key, level, x, y } of places) {
      const side = TILE_SIDE_PX * 2 ** level;
      // Neighbors share an edge on a whole pixel, so that no line shows between them.
      const [left, right] = [x * side, Math.min((x + 1) * side, image.width)].map((px) => Math.round(at.left + px * at.zoom));
      const [top, bottom] = [y * side, Math.min((y + 1) * side, image.height)].map((px) => Math.round(at.top + px * at.zoom));
      if (right > 0 && bottom > 0 && left < canvas.width && top < canvas.height)
        context.drawImage(this.kept.get(key), left, top, right - left, bottom - top);
    }
  }

  /* The tiles in sight, those nearest to the middle first. */
  inSight() {
    const { canvas, at, image, level } = this;
    const side = TILE_SIDE_PX * 2 ** level;
    const range = (start, shown, length) => {
      const first = Math.max(0, Math.floor(-start / (side * at.zoom)));
      const last = Math.min(Math.ceil(length / side), Math.ceil((shown - start) / (side * at.zoom))) - 1;
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
    };
    const middle = (start, shown) => (shown / 2 - start) / (side * at.zoom) - 0.5;
    const [midX, midY] = [middle(at.left, canvas.width), middle(at.top, canvas.height)];
    return range(at.top, canvas.height, image.height)
      .flatMap((y) => range(at.left, canvas.width, image.width).map((x) => parsed(`${level}/${x}/${y}`)))
      .sort((a, b) => Math.hypot(a.x - midX, a.y - midY) - Math.hypot(b.x - midX, b.y - midY));
  }

  missing() { return this.inSight().filter(({ key }) => !this.kept.has(key)); }

  load() {
    if (!this.at) return;
    const missing = this.missing();
    const wanted = new Set(missing.map(({ key }) => key));
    this.loading.forEach((abort, key) => wanted.has(key) || abort.abort());
    // The first tile decodes the image at the server, and the others come quickly after it.
    const free = (this.kept.size ? MAX_LOADING : 1) - this.loading.size;
    missing.filter(({ key }) => !this.loading.has(key) && !this.failed.has(key)).slice(0, Math.max(0, free)).forEach((tile) => this.fetch(tile));
    this.changed();
  }

  async fetch({ key, level, x, y }) {
    const { image } = this;
    const abort = new AbortController();
    this.loading.set(key, abort);
    try {
      const url = image.tiles.replace("{level}", level).replace("{x}", x).replace("{y}", y);
      const response = await fetch(url, { signal: abort.signal, priority: "low" });
      if (!response.ok) throw new Error(response.statusText);
      const bitmap = await createImageBitmap(await response.blob());
      if (image === this.image && this.at) this.keep(key, bitmap);
    } catch {
      if (!abort.signal.aborted) this.failed.add(key);
    }
    if (this.loading.get(key) === abort) this.loading.delete(key);
    if (image === this.image) this.load();
  }

  keep(key, bitmap) {
    this.kept.set(key, bitmap);
    const inSight = new Set(this.inSight().map((tile) => tile.key));
    for (const old of [...this.kept.keys()].filter((one) => !inSight.has(one)).slice(0, Math.max(0, this.kept.size - MAX_KEPT))) {
      this.kept.get(old).close();
      this.kept.delete(old);
    }
    this.draw();
  }
}

function parsed(key) {
  const [level, x, y] = key.split("/").map(Number);
  return { key, level, x, y };
}
