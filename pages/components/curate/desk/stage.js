/* The image: fitted or at 100 %, panned by dragging, zoomed by the wheel around the pointer.

   Several images stand side by side while they fit; one of them is the current one, and zooming shows that one alone. */
class Stage {
  constructor(stage, lens, over, base) {
    Object.assign(this, { stage, lens, over, base, cache: new Map(), images: [], boxes: [], at: 0, isAlone: false, scale: 1, x: 0, y: 0 });
    this.showBoxes();
    stage.onwheel = (event) => {
      event.preventDefault();
      this.choose(event.target);
      const box = stage.getBoundingClientRect();
      this.scaleTo(this.scale * Math.exp(-event.deltaY / 400), event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
    };
    stage.onpointerdown = (event) => {
      if (event.target.closest("button")) return;
      this.choose(event.target);
      stage.setPointerCapture(event.pointerId);
      stage.onpointermove = (move) => (this.x += move.movementX, this.y += move.movementY, this.applyTransform());
    };
    stage.onpointerup = stage.onpointercancel = () => (stage.onpointermove = null);
    stage.ondblclick = () => this.toggle();
  }

  imageFor(shown) {
    const url = this.base() + shown.url;
    let image = this.cache.get(url);
    if (!image) {
      image = h("img", { src: url, decoding: "async", draggable: false, alt: shown.name });
      image.style.backgroundImage = `url("${this.base() + shown.thumb}")`;
      image.onload = () => image.classList.add("loaded");
      image.onerror = () => image.classList.add("failed");
      this.cache.set(url, image);
      if (this.cache.size > 48) this.cache.delete(this.cache.keys().next().value);
    }
    return image;
  }

  show(item) {
    const ids = item?.image_ids.join(), boxes = item?.boxes ?? null;
    if (ids === this.ids && boxes === this.boxes) return;
    this.boxes = boxes;
    if (ids === this.ids) return this.draw(); // another entry about the same images, which keep their place
    Object.assign(this, { ids, images: item?.images ?? [], at: 0, isAlone: false });
    this.fit();
    this.draw();
  }

  draw() {
    const { images, at, lens, over } = this;
    const isRow = images.length > 1 && !this.isAlone;
    this.drawn = new Set();
    lens.classList.toggle("strip", isRow);
    lens.replaceChildren(...(isRow ? images.map((image, index) => this.figure(image, index)) : images.slice(at, at + 1).map((image) => this.node(image))));
    over.replaceChildren(...(isRow ? [] : this.boxesOf(at)));
  }

  /* The layer of the boxes of an image, if it has any. */
  boxesOf(index) {
    const { width, height, url } = this.images[index] ?? {};
    const boxes = (this.boxes ?? []).filter(({ image = 0 }) => image === index);
    return url && width && boxes.length ? [boxLayer(boxes, width, height)] : [];
  }

  showBoxes() { this.stage.classList.toggle("without-boxes", !areBoxesShown()); }

  node(shown) {
    if (!shown.url) return h("p", { cls: "quiet" }, `${shown.name} was deleted.`);
    const cached = this.imageFor(shown);
    const image = this.drawn.has(cached) ? cached.cloneNode() : cached; // an entry may show an image twice
    this.drawn.add(image);
    image.width = shown.width || 1600;
    image.height = shown.height || 1200;
    return image;
  }

  figure(shown, index) {
    const figure = h("figure", { cls: index === this.at ? "current" : "" }, h("div", { cls: "picture" }, this.node(shown), ...this.boxesOf(index)), h("figcaption", {}, `${index + 1}. ${shown.name}`));
    figure.dataset.at = index;
    return figure;
  }

  /* Make another image the current one; the first and the last are the ends. */
  walk(by) {
    this.at = Math.max(0, Math.min(this.at + by, this.images.length - 1));
    this.draw();
    this.lens.querySelector(".current")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  choose(node) {
    const figure = node.closest?.("figure");
    if (figure && Number(figure.dataset.at) !== this.at) this.walk(Number(figure.dataset.at) - this.at);
  }

  fit() { Object.assign(this, { scale: 1, x: 0, y: 0 }); this.applyTransform(); }

  toggle() {
    if (this.scale !== 1) return this.fit();
    this.alone(true);
    const image = this.lens.querySelector("img");
    if (!image) return this.fit();
    this.scaleTo(Math.max(1.01, image.naturalWidth / (image.clientWidth || 1) / devicePixelRatio), 0, 0);
  }

  scaleTo(scale, px, py) {
    const next = Math.min(20, Math.max(1, scale));
    this.x = px - ((px - this.x) * next) / this.scale;
    this.y = py - ((py - this.y) * next) / this.scale;
    this.scale = next;
    if (next === 1) this.x = this.y = 0;
    this.applyTransform();
  }

  alone(isAlone) {
    if (this.images.length < 2 || isAlone === this.isAlone) return;
    this.isAlone = isAlone;
    this.draw();
  }

  applyTransform() {
    this.alone(this.scale !== 1);
    this.lens.style.transform = this.over.style.transform = this.scale === 1 && !this.x && !this.y ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.over.style.setProperty("--scale", this.scale);
  }

  prefetch(items) { items.flatMap((item) => item.images).filter(({ url }) => url).forEach((image) => this.imageFor(image).decode?.().catch(() => {})); }
}
