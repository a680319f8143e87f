/* Cards with an image, text, bars and buttons. Text is only ever set as textContent. */

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".cards");
  root.setAttribute("aria-label", data.label);
  root.style.setProperty("--least", `${data.min_width_px}px`);
  const focused = root.contains(root.getRootNode().activeElement) ? root.getRootNode().activeElement.dataset.key : null;
  root.replaceChildren(...data.cards.map(card));
  if (focused) [...root.querySelectorAll("button")].find((node) => node.dataset.key === focused)?.focus();

  function card(item) {
    const node = make("div", "card");
    node.setAttribute("role", "listitem");
    node.append(picture(item));
    if (item.swatches.length) node.append(swatches(item.swatches));
    if (item.title) node.append(make("div", "title", item.title));
    item.lines.forEach((line) => node.append(make("div", "line", line)));
    if (item.alarm) node.append(make("div", "alarm", item.alarm));
    if (item.bars.length) node.append(bars(item.bars));
    if (item.verdicts.length) node.append(make("div", "line judge", item.judged_by), verdicts(item.verdicts));
    const below = item.actions.filter((action) => !action.corner && !action.frame);
    if (below.length) {
      const row = make("div", "actions");
      row.append(...below.map((action) => button(item, action)));
      node.append(row);
    }
    return node;
  }

  function picture(item) {
    const frame = make("div", "frame");
    frame.style.aspectRatio = String(item.aspect);
    if (item.url) {
      const image = make("img");
      Object.assign(image, { alt: item.name, title: item.name, decoding: "async", draggable: false, src: item.url });
      image.style.objectFit = data.fit;
      frame.append(image);
    } else frame.append(make("span", item.number === null ? "missing" : "missing numbered", item.name));
    if (item.number !== null) frame.append(make("span", "number", String(item.number)));
    const openAction = item.actions.find((action) => action.frame);
    if (openAction) {
      const node = button(item, openAction);
      node.className = "whole";
      node.textContent = "";
      frame.append(node);
    }
    item.actions.filter((action) => action.corner).forEach((action) => frame.append(button(item, action)));
    return frame;
  }

  function swatches(colors) {
    const row = make("div", "swatches");
    colors.forEach(([hex, name, share]) => {
      const node = make("span", "swatch");
      const label = `${name} ${hex}, ${share.toLocaleString(undefined, { style: "percent" })}`;
      node.style.background = hex;
      node.style.flexGrow = share;
      node.title = label;
      node.setAttribute("role", "img");
      node.setAttribute("aria-label", label);
      row.append(node);
    });
    return row;
  }

  function bars(list) {
    const table = make("div", "bars");
    list.forEach((bar) => {
      const track = make("span", "track");
      const fill = make("span", "fill");
      fill.style.width = `${Math.min(bar.ratio / 3, 1) * 100}%`;
      track.append(fill, make("span", "one"));
      track.title = `${bar.ratio.toFixed(2)} times the spread of the references`;
      table.append(make("span", "dimension", bar.name), track, make("span", "word", bar.word));
    });
    return table;
  }

  function verdicts(list) {
    const table = make("dl", "verdicts");
    list.forEach(([question, answer, evidence]) => {
      const row = make("div", "verdict");
      row.title = evidence;
      row.append(make("dt", "", question), make("dd", "word", `${MARKS[answer] || ""} ${answer}`));
      table.append(row);
    });
    return table;
  }

  function button(item, action) {
    const node = make("button", action.pressed ? "pressed" : "", action.corner ? "✕" : action.label);
    node.dataset.key = `${item.id}/${action.name}`;
    node.title = action.help || action.label;
    node.setAttribute("aria-label", `${action.label}: ${item.name}`);
    if (action.pressed) node.setAttribute("aria-pressed", "true");
    node.onclick = () => setTriggerValue("acted", { action: action.name, id: item.id });
    return node;
  }
}

const MARKS = { yes: "●", partly: "◐", no: "○" };

function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}
