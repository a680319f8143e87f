/* A group of radio buttons: a click chooses one; arrows, Home and End move among them and choose, as in every such
   group. While none is chosen, Tab reaches the first. */

function made(tag, attributes, ...children) {
  const node = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
}

function about(label, help) {
  const line = made("div", { class: "label" }, label);
  if (!help) return line;
  const button = made("button", { type: "button", class: "help", "aria-label": `Help for ${label}`, "aria-describedby": "help" }, "?");
  button.onkeydown = (event) => { if (event.key === "Escape") button.blur(); };
  line.append(button, made("span", { id: "help", role: "tooltip" }, help));
  return line;
}

function draw(parent, { label, shows_label: showsLabel, help, options }) {
  const group = made("div", { role: "radiogroup", "aria-label": label }, ...options.map(([value, name]) =>
    made("button", { type: "button", role: "radio", value }, name)));
  if (help && !showsLabel) group.title = help;
  parent.replaceChildren(...(showsLabel ? [about(label, help)] : []), group);
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".choice");
  if (!root) parentElement.append(root = made("div", { class: "choice" }));
  const { chosen, ...shown } = data;
  const drawn = JSON.stringify(shown);
  if (root.dataset.drawn !== drawn) {
    root.dataset.drawn = drawn;
    draw(root, data);
  }
  const radios = [...root.querySelectorAll("[role=radio]")];
  const mark = (value) => radios.forEach((radio, place) => {
    radio.ariaChecked = radio.value === value;
    radio.tabIndex = radio.value === value || (!value && !place) ? 0 : -1;
  });
  const choose = (radio) => {
    radio.focus();
    if (radio.ariaChecked === "true") return;
    mark(radio.value);
    setTriggerValue("chosen", radio.value);
  };
  mark(chosen);
  walkByArrows(radios, choose);
}
