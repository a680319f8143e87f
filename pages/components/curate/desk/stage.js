/* The image: fitted or at 100 %, panned by dragging, zoomed by the wheel around the pointer. */
class Stage {
  constructor(stage, lens, base) {
    Object.assign(this, { stage, lens, base, cache: new Map(), scale: 1, x: 0, y: 0 });
    stage.onwheel = (event) => {
      event.preventDefault();
      const box = stage.getBoundingClientRect();
      this.scaleTo(this.scale * Math.exp(-event.deltaY / 400), event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
    };
    stage.onpointerdown = (event) => {
      if (event.target.closest("button")) return;
      stage.setPointerCapture(event.pointerId);
      stage.onpointermove = (move) => (this.x += move.movementX, this.y += move.movementY, this.applyTransform());
    };
    stage.onpointerup = stage.onpointercancel = () => (stage.onpointermove = null);
    stage.ondblclick = () => this.toggle();
  }

  imageFor(item) {
    const url = this.base() + item.image.url;
    let image = this.cache.get(url);
    if (!image) {
      image = h("img", { src: url, decoding: "async", draggable: false, alt: item.image_name });
      image.style.backgroundImage = `url("${this.base() + item.image.thumb}")`;
      image.onload = () => image.classList.add("loaded");
      image.onerror = () => image.classList.add("failed");
      this.cache.set(url, image);
      if (this.cache.size > 24) this.cache.delete(this.cache.keys().next().value);
    }
    return image;
  }

  show(item) {
    if (item?.image_id === this.imageId) return;
    this.imageId = item?.image_id;
    this.fit();
    if (!item) return this.lens.replaceChildren();
    if (!item.image) return this.lens.replaceChildren(h("p", { cls: "quiet" }, `${item.image_name} was deleted.`));
    const image = this.imageFor(item);
    image.width = item.image.width || 1600;
    image.height = item.image.height || 1200;
    this.lens.replaceChildren(image);
  }

  fit() { Object.assign(this, { scale: 1, x: 0, y: 0 }); this.applyTransform(); }

  toggle() {
    const image = this.lens.querySelector("img");
    if (!image || this.scale !== 1) return this.fit();
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

  applyTransform() { this.lens.style.transform = this.scale === 1 && !this.x && !this.y ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`; }

  prefetch(items) { items.filter((item) => item.image).forEach((item) => this.imageFor(item).decode?.().catch(() => {})); }
}
