/* The first records of an import: image or its name, questions and answers. Every text is set as text. */

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector(".records");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.records.map(recordNode));
}

function recordNode(record) {
  const node = element("div", "record", "", { role: "listitem" });
  const images = element("div", record.images.length > 1 ? "images several" : "images");
  images.append(...record.images.map(imageNode));
  if (!record.images.length) images.append(element("div", "frame missing", "No image is named"));
  if (record.more_images) images.append(element("div", "more", `${record.more_images} more`));
  const text = element("div", "text");
  if (record.system) text.append(element("div", "system", `System: ${record.system}`));
  text.append(...record.turns.map(turnNode));
  if (record.more_turns) text.append(element("div", "more", `${record.more_turns} more questions`));
  text.append(element("div", "where", record.where));
  node.append(images, text);
  return node;
}

function imageNode(image) {
  const node = element("div", "image");
  const frame = element("div", image.url ? "frame" : "frame missing", image.url ? "" : image.note);
  // The name stands below: the picture itself needs no second description.
  if (image.url) frame.append(element("img", "", "", { src: image.url, alt: "", decoding: "async" }));
  node.append(frame, element("div", "name", image.name, { title: image.written }));
  return node;
}

function turnNode(turn) {
  const node = element("div", "turn");
  node.append(element("div", "question", turn.question));
  if (turn.labels) {
    const labels = element("div", "labels");
    labels.append(...turn.labels.map((label) => element("span", "label", label)));
    node.append(labels);
  } else node.append(element("div", "answer", turn.answer));
  return node;
}

function element(tag, className, text = "", properties = {}) {
  return Object.assign(document.createElement(tag), { className, textContent: text, ...properties });
}
