/* The boxes of an entry over its image. A layer has the shape of the fitted image, and is transformed as the image is.

   Whether they are shown is the same at the desk and in the drawer, until the tab is closed. */

const BOX_COLORS = ["#4cc9f0", "#ffd166", "#80ed99", "#ff8fab", "#c8b6ff", "#ffa64d"];
const LABELED_AT_ONCE = 40; // the labels of 200 boxes take five times as long to paint as their frames
const BOXES_KEY = "vitrine-boxes";

const areBoxesShown = () => sessionStorage.getItem(BOXES_KEY) !== "hidden";
const toggleBoxes = () => sessionStorage.setItem(BOXES_KEY, areBoxesShown() ? "hidden" : "shown");

/* The layer of an image with its size in pixels, in which the boxes are measured; boxes of one label have one color. */
function boxLayer(boxes, width, height) {
  const layer = document.createElement("div");
  layer.className = "boxes";
  layer.setAttribute("role", "img");
  layer.setAttribute("aria-label", `Boxes: ${boxes.map(({ label }) => label || "without a label").join(", ")}`);
  layer.style.setProperty("--width", width);
  layer.style.setProperty("--height", height);
  const labels = [...new Set(boxes.map(({ label }) => label))];
  // Small boxes come last, on top of those that they are in.
  const area = ({ xyxy: [left, top, right, bottom] }) => (right - left) * (bottom - top);
  const nodes = [...boxes].sort((a, b) => area(b) - area(a)).map((box) => boxNode(box, width, height, BOX_COLORS[labels.indexOf(box.label) % BOX_COLORS.length]));
  layer.append(...nodes);
  const addLabels = () => nodes.forEach((node) => node.label && node.append(Object.assign(document.createElement("span"), { textContent: node.label })));
  if (boxes.length <= LABELED_AT_ONCE) addLabels();
  else requestAnimationFrame(() => setTimeout(() => layer.isConnected && addLabels())); // after the entry was painted
  return layer;
}

function boxNode({ label, xyxy: [left, top, right, bottom] }, width, height, color) {
  const node = document.createElement("div");
  node.className = top / height < 0.06 ? "box inside" : "box";
  const percent = (share) => `${100 * share}%`;
  Object.assign(node.style, { left: percent(left / width), top: percent(top / height), width: percent((right - left) / width), height: percent((bottom - top) / height) });
  node.style.setProperty("--color", color);
  return Object.assign(node, { label });
}
