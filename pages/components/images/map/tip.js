/* The image that the pointer is at: a ring around its point, and beside it a small image, its name and its value. */

const NAME_AFTER_MS = 80; // not for each point that the pointer passes

class Tip {
  constructor(part, names) {
    Object.assign(this, { part, names });
  }

  hide() {
    this.id = null;
    this.part.tip.hidden = this.part.ring.hidden = true;
    this.part.canvas.style.cursor = "";
  }

  /* x, y: where the point is on the canvas, which is of width and height px. */
  show({ id, url, value, x, y, width, height }) {
    this.id = id;
    const { tip, ring, canvas } = this.part;
    tip.hidden = ring.hidden = false;
    canvas.style.cursor = "pointer";
    ring.style.transform = `translate(${x}px, ${y}px)`;
    tip.style.left = `${Math.min(x + 14, width - 190)}px`;
    tip.style.top = `${y > height - 200 ? y - 190 : y + 14}px`;
    const [image, name, shown] = tip.children;
    image.src = url;
    name.textContent = this.names.known.get(id)?.name ?? "";
    shown.textContent = value;
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const names = await this.names.of([id]);
      if (this.id === id) name.textContent = names.get(id)?.name ?? "";
    }, NAME_AFTER_MS);
  }
}
