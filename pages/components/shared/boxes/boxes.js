/* Layers over an image: the boxes of its entries, and what was found in it. A layer has the shape of the fitted image, and
   is transformed as the image is.

   Which of them are shown is the same at the desk and in the drawer, until the tab is closed. */

const BOX_COLORS = ["#4cc9f0", "#ffd166", "#80ed99", "#ff8fab", "#c8b6ff", "#ffa64d"];
const LABELED_AT_ONCE = 40; // the labels of 200 boxes take five times as long to paint as their frames
const BOXES_KEY = "vitrine-boxes";
const LAYERS_KEY = "vitrine-layers";
const LAYERS = { boxes: { title: "Boxes", key: "b" }, objects: { title: "Objects", key: "o" }, text: { title: "Text", key: "w" }, against: { title: "Against it", key: "v" } };

/* An element with its properties and its children. Text is only ever set as textContent. */
function h(tag, props = {}, ...kids) {
  const { cls, ...rest } = props;
  const node = Object.assign(document.createElement(tag), rest, cls ? { className: cls } : {});
  node.append(...kids.filter((kid) => kid !== null && kid !== undefined && kid !== ""));
  return node;
}

/* A box in words: left, top and size, in px of the upright original. */
function boxText({ label, xyxy: [left, top, right, bottom] }) {
  const px = (value) => String(Math.round(value * 10) / 10);
  return `${label || "no label"}, left ${px(left)}, top ${px(top)}, ${px(right - left)} × ${px(bottom - top)} px`;
}

const areBoxesShown = () => sessionStorage.getItem(BOXES_KEY) !== "hidden";
const chosenLayers = () => JSON.parse(sessionStorage.getItem(LAYERS_KEY) ?? '["boxes","against"]');
const isLayerShown = (name) => areBoxesShown() && chosenLayers().includes(name);

/* Show or hide all layers that are chosen. */
function toggleBoxes() {
  const hide = areBoxesShown() && chosenLayers().length > 0;
  if (!chosenLayers().length) sessionStorage.removeItem(LAYERS_KEY);
  sessionStorage.setItem(BOXES_KEY, hide ? "hidden" : "shown");
}

function toggleLayer(name) {
  const others = chosenLayers().filter((one) => one !== name);
  sessionStorage.setItem(LAYERS_KEY, JSON.stringify(isLayerShown(name) ? others : [...others, name]));
  sessionStorage.setItem(BOXES_KEY, "shown");
}

/* The layer of an image with its size in pixels, in which the boxes are measured; boxes of one label have one color. */
function boxLayer(boxes, width, height, name = "boxes") {
  const layer = document.createElement("div");
  layer.className = name === "boxes" ? "boxes" : `boxes found ${name}`;
  layer.setAttribute("role", "img");
  layer.setAttribute("aria-label", `${LAYERS[name].title}: ${boxes.map(({ label }) => label || "without a label").join(", ")}`);
  layer.style.setProperty("--width", width);
  layer.style.setProperty("--height", height);
  const color = boxColors(boxes);
  // Small boxes come last, on top of those that they are in.
  const area = ({ xyxy: [left, top, right, bottom] }) => (right - left) * (bottom - top);
  const nodes = [...boxes].sort((a, b) => area(b) - area(a)).map((box) => boxNode(box, width, height, color(box)));
  layer.append(...nodes);
  const addLabels = () => nodes.forEach((node) => node.label && node.append(Object.assign(document.createElement("span"), { textContent: node.label + node.score })));
  if (boxes.length <= LABELED_AT_ONCE) addLabels();
  else requestAnimationFrame(() => setTimeout(() => layer.isConnected && addLabels())); // after the entry was painted
  return layer;
}

/* The color of each of the boxes: those with one label have one. */
function boxColors(boxes) {
  const labels = [...new Set(boxes.map(({ label }) => label))];
  return ({ label }) => BOX_COLORS[labels.indexOf(label) % BOX_COLORS.length];
}

function boxNode({ label, score, xyxy }, width, height, color) {
  const node = document.createElement("div");
  node.className = "box";
  placeBox(node, xyxy, width, height);
  node.style.setProperty("--color", color);
  return Object.assign(node, { label, score: score === undefined ? "" : ` ${score.toFixed(2)}` });
}

function placeBox(node, [left, top, right, bottom], width, height) {
  const percent = (share) => `${100 * share}%`;
  node.classList.toggle("inside", top / height < 0.06);
  Object.assign(node.style, { left: percent(left / width), top: percent(top / height), width: percent((right - left) / width), height: percent((bottom - top) / height) });
}

/* The buttons of the layers that an image has, by their names; chosen is called when one was pressed. */
function layerButtons(names, has_shortcuts, chosen) {
  return names.map((name) => {
    const { title, key } = LAYERS[name];
    const button = document.createElement("button");
    button.textContent = title;
    button.title = `Show or hide: ${title.toLowerCase()}${has_shortcuts ? ` (${name === "boxes" ? `${key.toUpperCase()} for all` : key.toUpperCase()})` : ""}`;
    button.ariaPressed = isLayerShown(name);
    button.onclick = () => (toggleLayer(name), chosen());
    return button;
  });
}
