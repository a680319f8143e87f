/* Zoom and pan of one image: the wheel or a double click zooms, dragging pans. */

const states = new WeakMap();

export default function ({ data, parentElement }) {
  const stage = parentElement.querySelector(".stage");
  const image = stage.querySelector("img"), over = stage.querySelector(".over"), button = stage.querySelector("button");
  let state = states.get(parentElement);
  if (!state) states.set(parentElement, (state = { url: "", scale: 1, x: 0, y: 0 }));
  if (state.url !== data.url) {
    Object.assign(state, { url: data.url, scale: 1, x: 0, y: 0 });
    image.src = data.url;
    image.alt = data.name;
    stage.style.aspectRatio = `${data.width} / ${data.height}`;
    stage.style.backgroundImage = `url("${data.thumb}")`;
    image.onload = () => (stage.style.backgroundImage = "none");
    (window.requestIdleCallback ?? setTimeout)(() => data.prefetch.forEach((url) => (new Image().src = url)));
  }
  over.replaceChildren(...(data.boxes.length ? [boxLayer(data.boxes, data.width, data.height)] : []));
  button.hidden = !data.boxes.length;
  button.onclick = () => { toggleBoxes(); showBoxes(); };
  const onKey = (event) => {
    const isTyping = ["INPUT", "TEXTAREA"].includes(event.composedPath()[0].tagName) || event.ctrlKey || event.metaKey || event.altKey;
    if (event.key.toLowerCase() === "b" && !isTyping && !button.hidden) button.click();
  };
  window.addEventListener("keydown", onKey);
  showBoxes();
  applyTransform();

  function showBoxes() {
    stage.classList.toggle("without-boxes", !areBoxesShown());
    button.ariaPressed = areBoxesShown();
  }
  function applyTransform() {
    over.style.setProperty("--scale", state.scale);
    image.style.transform = over.style.transform = `translate(${state.x}px, ${state.y}px) scale(${state.scale})`;
    stage.style.cursor = state.scale > 1 ? "grab" : "zoom-in";
  }
  function zoom(factor, event) {
    const box = stage.getBoundingClientRect();
    const scale = Math.min(8, Math.max(1, state.scale * factor));
    const [px, py] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
    state.x = scale === 1 ? 0 : px - ((px - state.x) * scale) / state.scale;
    state.y = scale === 1 ? 0 : py - ((py - state.y) * scale) / state.scale;
    state.scale = scale;
    applyTransform();
  }
  stage.onwheel = (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event); };
  stage.ondblclick = (event) => event.target.closest("button") || zoom(state.scale > 1 ? 0.01 : 3, event);
  stage.onpointerdown = (event) => {
    if (state.scale === 1 || event.target.closest("button")) return;
    stage.setPointerCapture(event.pointerId);
    stage.onpointermove = (move) => { state.x += move.movementX; state.y += move.movementY; applyTransform(); };
  };
  stage.onpointerup = stage.onpointercancel = () => (stage.onpointermove = null);
  return () => window.removeEventListener("keydown", onKey);
}
