/* The legend: a button for each value of the column, with its color, that shows only the images with it. */

const number = (value) => value.toLocaleString();
const make = (tag, values = {}) => Object.assign(document.createElement(tag), values);

class Legend {
  constructor(element, toggle) {
    Object.assign(this, { element, toggle });
  }

  draw(column, chosen) {
    const { header, without, others } = column;
    const rows = header.labels.map((label, look) => [look, label, header.counts[look]]);
    if (others) rows.push([OTHER, "other", others]);
    if (without) rows.push([NONE, header.labels.length ? "none" : "no values", without]);
    const drawn = JSON.stringify([rows, [...chosen]]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.element.replaceChildren(...rows.map(([look, label, count]) => this.button(look, label, count, chosen.has(look))));
  }

  button(look, label, count, isChosen) {
    const button = make("button", { title: isChosen ? `Do not filter by ${label}` : `Only ${label}` });
    button.setAttribute("aria-pressed", isChosen);
    button.dataset.look = look;
    const swatch = make("span", { className: `swatch shape${look < MAX_LABELS ? Math.floor(look / COLORS) : 0}` });
    for (const theme of ["light", "dark"]) swatch.style.setProperty(`--${theme}`, look < MAX_LABELS ? PALETTE[theme][look % COLORS] : PALETTE.gray[theme][look - MAX_LABELS]);
    button.append(swatch, make("span", { className: "label", textContent: label }), make("span", { className: "count", textContent: number(count) }));
    button.onclick = () => {
      this.toggle(look);
      this.element.querySelector(`[data-look="${look}"]`)?.focus();
    };
    return button;
  }
}
