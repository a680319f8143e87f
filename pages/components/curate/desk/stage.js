/* The images of an entry, and which of them is zoomed.

   Several images stand side by side while they fit; one of them is the current one, and zooming shows that one alone. */
const NOTHING_FOUND = [];
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

class Stage {
  constructor(stage, lens, over, base, toggled) {
    Object.assign(this, { stage, lens, over, base, toggled, cache: new Map(), images: [], ids: "", boxes: [], against: NOTHING_FOUND, found: new Map(), at: 0, isAlone: false, editor: null });
    this.zoom = new Zoom(stage, [lens, over], { choose: (node) => this.choose(node), zoomed: (isFitted) => this.alone(!isFitted) });
  }

  imageFor(shown) {
    const url = this.base() + shown.url;
    let image = this.cache.get(url);
    if (!image) {
      image = h("img", { src: url, decoding: "async", draggable: false, alt: shown.name });
      image.style.backgroundImage = `url("${this.base() + shown.thumb}")`;
      image.onload = () => (image.classList.replace("failed", "loaded") || image.classList.add("loaded"), (image.alt = shown.name));
      image.onerror = () => this.failed(image, url, shown.name);
      this.cache.set(url, image);
      if (this.cache.size > 48) this.cache.delete(this.cache.keys().next().value);
    }
    return image;
  }

  /* An image that is shown is asked for again until it comes; another one when it is shown. */
  async failed(image, url, name) {
    image.classList.add("failed");
    image.alt = `${name} could not be loaded. Trying again.`;
    image.failures = (image.failures ?? 0) + 1;
    if (image.isConnected) await wait(RETRY_MS[Math.min(image.failures, RETRY_MS.length) - 1]);
    if (image.isConnected) image.src = url;
    else this.cache.delete(url);
  }

  show(item) {
    const ids = item?.image_ids.join(), boxes = item?.boxes ?? null, against = item?.against?.parts ?? NOTHING_FOUND;
    if (ids === this.ids && boxes === this.boxes && against === this.against) return;
    Object.assign(this, { boxes, against });
    if (ids === this.ids) return this.editor ? null : this.draw(); // another entry about the same images, which keep their place
    Object.assign(this, { ids, images: item?.images ?? [], at: 0, isAlone: false });
    this.zoom.fit();
    this.draw();
  }

  draw() {
    const { images, at, lens, over } = this;
    const isRow = images.length > 1 && !this.isAlone && !this.editor;
    this.drawn = new Set();
    lens.classList.toggle("strip", isRow);
    this.zoom.use(!isRow && images[at]?.url ? { ...images[at], tiles: this.base() + images[at].tiles } : null);
    lens.replaceChildren(...(isRow ? images.map((image, index) => this.figure(image, index)) : images.slice(at, at + 1).map((image) => this.node(image))));
    over.replaceChildren(...(isRow ? [] : this.boxesOf(at)));
    this.drawButtons();
  }

  /* Only the layers are drawn again; an image keeps its place. */
  drawLayers() {
    const { lens, over, images, at } = this;
    const figures = [...lens.querySelectorAll("figure")];
    figures.forEach((figure, index) => figure.querySelector(".picture").replaceChildren(figure.querySelector("img, p"), ...this.boxesOf(index)));
    if (!figures.length && images.length && !this.editor) over.replaceChildren(...this.boxesOf(at));
    this.drawButtons();
  }

  drawButtons() {
    // Only objects can be taken while boxes are drawn.
    const names = Object.keys(LAYERS).filter((name) => (!this.editor || name === "objects") && this.images.some((_, index) => this.layerOf(name, index).length));
    this.stage.querySelector("[data-part=layers]").replaceChildren(...layerButtons(names, true, () => this.toggled()));
  }

  /* What is in a layer of an image: the boxes of the entry, what speaks against its answer, or what was found. */
  layerOf(name, index) {
    if (name === "boxes") return (this.boxes ?? []).filter(({ image = 0 }) => image === index);
    if (name === "against") return index ? NOTHING_FOUND : this.against; // tools test entries of one image
    return this.found.get(this.idOf(index))?.[name] ?? NOTHING_FOUND;
  }

  idOf(index) { return this.ids?.split(",")[index]; }

  /* The objects that can be taken as boxes of the entry. */
  objectsOf(index) { return isLayerShown("objects") ? this.layerOf("objects", index) : NOTHING_FOUND; }

  /* The layers of an image that are shown. */
  boxesOf(index) {
    if (this.editor) return [this.editor.layer];
    const { width, height, url } = this.images[index] ?? {};
    const names = Object.keys(LAYERS).filter((name) => url && width && isLayerShown(name) && this.layerOf(name, index).length);
    return names.map((name) => boxLayer(this.layerOf(name, index), width, height, name));
  }

  /* Draw the boxes of the current image with an editor; null ends that. */
  edit(editor) {
    if (editor === this.editor) return;
    this.editor = editor;
    this.draw();
  }

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
