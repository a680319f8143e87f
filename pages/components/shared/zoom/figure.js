/* One image with zoom and pan, and layers over it. */

const figures = new WeakMap();

class Figure {
  constructor(stage) {
    this.stage = stage;
    const [image, over] = [stage.querySelector("img"), stage.querySelector(".over")];
    this.part = Object.fromEntries([...stage.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    Object.assign(this.part, { image, over });
    this.zoom = new Zoom(stage, [image, over], { zoomed: (isFitted) => stage.classList.toggle("zoomed", !isFitted) });
    this.part.fit.onclick = () => this.zoom.fit();
    this.part.actual.onclick = () => this.zoom.toggle();
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
  }

  /* The server draws an image after a key; of those that were pressed since, it does not know yet. */
  step(by) {
    const at = this.at + by;
    if (!by || at < 0 || at >= this.data.count) return;
    this.at = at;
    this.presses += 1;
    this.setStateValue("step", { at, presses: this.presses });
  }

  show(data, setStateValue) {
    this.setStateValue = setStateValue;
    if (this.presses === undefined || data.presses >= this.presses) [this.at, this.presses] = [data.at, data.presses];
    const isOther = this.data?.url !== data.url;
    this.data = data;
    this.drawLayers();
    if (isOther) this.showImage(data);
  }

  showImage(data) {
    const { stage, part: { image, actual } } = this;
    const hint = (key) => (data.has_shortcuts ? ` (${key})` : "");
    actual.title = `One pixel of the original per screen pixel${hint("Z")}`;
    Object.assign(image, { src: data.url, alt: data.name });
    stage.style.aspectRatio = `${data.width} / ${data.height}`;
    stage.style.backgroundImage = `url("${data.thumb}")`;
    image.onload = () => (stage.style.backgroundImage = "none");
    this.zoom.fit();
    this.zoom.use(data);
    (window.requestIdleCallback ?? setTimeout)(() => data.prefetch.forEach((url) => (new Image().src = url)));
  }

  drawLayers() {
    const { layers, width, height, has_shortcuts } = this.data;
    const names = Object.keys(LAYERS).filter((name) => layers[name]?.length);
    this.part.over.replaceChildren(...names.filter(isLayerShown).map((name) => boxLayer(layers[name], width, height, name)));
    this.part.layers.replaceChildren(...layerButtons(names, has_shortcuts, () => this.drawLayers()));
    return names;
  }

  key(event) {
    const target = event.composedPath()[0];
    const isTyping = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    const hasOwnArrows = target.closest('[role="tab"], [role="radio"], [role="grid"]');
    if (!this.data.has_shortcuts || isTyping || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z") this.zoom.toggle();
    if (!event.shiftKey && !hasOwnArrows) this.step({ arrowleft: -1, arrowright: 1 }[key] ?? 0);
    const name = this.drawLayers().find((one) => LAYERS[one].key === key);
    if (key === "b") toggleBoxes();
    else if (name) toggleLayer(name);
    if (key === "b" || name) this.drawLayers();
  }

  close() {
    window.removeEventListener("keydown", this.onKey);
    this.zoom.close();
  }
}

export default function ({ data, parentElement, setStateValue }) {
  if (!figures.has(parentElement)) figures.set(parentElement, new Figure(parentElement.querySelector(".stage")));
  const figure = figures.get(parentElement);
  figure.show(data, setStateValue);
  return () => (figure.close(), figures.delete(parentElement));
}
