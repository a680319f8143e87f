/* The images of an entry, and which of them is zoomed.

   Several images stand side by side while they fit; one of them is the current one, and zooming shows that one alone. */
class Stage {
  constructor(stage, lens, over, base) {
    Object.assign(this, { stage, lens, over, base, cache: new Map(), images: [], boxes: [], at: 0, isAlone: false });
    this.zoom = new Zoom(stage, [lens, over], { choose: (node) => this.choose(node), zoomed: (isFitted) => this.alone(!isFitted) });
    this.showBoxes();
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
    this.zoom.fit();
    this.draw();
  }

  draw() {
    const { images, at, lens, over } = this;
    const isRow = images.length > 1 && !this.isAlone;
    this.drawn = new Set();
    lens.classList.toggle("strip", isRow);
    this.zoom.use(!isRow && images[at]?.url ? { ...images[at], tiles: this.base() + images[at].tiles } : null);
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

  alone(isAlone) {
    if (this.images.length < 2 || isAlone === this.isAlone) return;
    this.isAlone = isAlone;
    this.draw();
  }

  prefetch(items) { items.flatMap((item) => item.images).filter(({ url }) => url).forEach((image) => this.imageFor(image).decode?.().catch(() => {})); }
}
