/* The points of a map: what the server sent, which is nearest to a place, and which are inside a lasso. */

const ID_LENGTH = 21;
const SIDE = 65535; // core.vision.map.file.SCALE
const CELLS = 128; // the points are kept in a grid of this many cells a side
const OTHER_BIT = 0x80000000;
const MAX_LABELS = 24;
const OTHER = MAX_LABELS; // the number of the color of values that have no label, and of points without a value
const NONE = MAX_LABELS + 1;

/* Return the header of an answer, and what follows it. */
function readAnswer(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  return { header: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))), start: 4 + length };
}

class Points {
  constructor(buffer) {
    const { header, start } = readAnswer(buffer);
    this.header = header;
    this.count = header.count;
    this.places = new Uint16Array(buffer, start, this.count * 2);
    this.idText = new TextDecoder().decode(new Uint8Array(buffer, start + this.count * 4));
  }

  id(index) {
    return this.idText.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH);
  }

  /* The index of an image, undefined when it is not on the map. */
  indexOf(id) {
    if (!this.indexes) {
      this.indexes = new Map();
      for (let index = 0; index < this.count; index++) this.indexes.set(this.id(index), index);
    }
    return this.indexes.get(id);
  }

  /* Sort the points by their cells, not before the first is asked for: those of cell c are order[starts[c]] to
     order[starts[c + 1] - 1]. */
  fillCells() {
    if (this.order) return;
    const { places, count } = this;
    const starts = new Uint32Array(CELLS * CELLS + 1);
    for (let index = 0; index < count; index++) starts[this.cell(places[2 * index], places[2 * index + 1]) + 1]++;
    for (let cell = 0; cell < CELLS * CELLS; cell++) starts[cell + 1] += starts[cell];
    const next = starts.slice();
    const order = new Uint32Array(count);
    for (let index = 0; index < count; index++) order[next[this.cell(places[2 * index], places[2 * index + 1])]++] = index;
    Object.assign(this, { starts, order });
  }

  column(value) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((value * CELLS) / (SIDE + 1))));
  }

  cell(x, y) {
    return this.column(y) * CELLS + this.column(x);
  }

  /* The index of the nearest point within a radius that is shown, -1 without one. */
  nearest(x, y, radius, isShown) {
    this.fillCells();
    let best = -1;
    let least = radius * radius;
    const [left, right, low, high] = [x - radius, x + radius, y - radius, y + radius].map((value) => this.column(value));
    for (let row = low; row <= high; row++) {
      const [from, to] = [this.starts[row * CELLS + left], this.starts[row * CELLS + right + 1]];
      for (let at = from; at < to; at++) {
        const index = this.order[at];
        const distance = (this.places[2 * index] - x) ** 2 + (this.places[2 * index + 1] - y) ** 2;
        if (distance <= least && isShown(index)) [best, least] = [index, distance];
      }
    }
    return best;
  }

  /* The indexes of the points inside a polygon, whose corners are x, y pairs; by the even-odd rule.

     Each edge is listed with the rows that it crosses, so that a point is compared with a few edges. */
  inside(polygon, isShown) {
    const corners = polygon.length / 2;
    const rows = Array.from({ length: CELLS }, () => []);
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let at = 0; at < corners; at++) {
      const [x, y, otherY] = [polygon[2 * at], polygon[2 * at + 1], polygon[2 * ((at + 1) % corners) + 1]];
      [left, right, low, high] = [Math.min(left, x), Math.max(right, x), Math.min(low, y), Math.max(high, y)];
      for (let row = this.column(Math.min(y, otherY)); row <= this.column(Math.max(y, otherY)); row++) rows[row].push(at);
    }
    const found = [];
    for (let index = 0; index < this.count; index++) {
      const [x, y] = [this.places[2 * index], this.places[2 * index + 1]];
      if (x < left || x > right || y < low || y > high) continue;
      let isInside = false;
      for (const at of rows[this.column(y)]) {
        const next = (at + 1) % corners;
        const [ax, ay, bx, by] = [polygon[2 * at], polygon[2 * at + 1], polygon[2 * next], polygon[2 * next + 1]];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
      }
      if (isInside && isShown(index)) found.push(index);
    }
    return found;
  }
}

/* The values of one field. */
class Column {
  constructor(buffer) {
    const { header, start } = readAnswer(buffer);
    this.header = header;
    this.bits = new Uint32Array(buffer, start);
    this.others = 0;
    this.without = 0;
    for (const bits of this.bits) {
      if (!bits) this.without++;
      else if (bits === OTHER_BIT) this.others++;
    }
  }

  /* The number of the color of a point: of its rarest label among those that are chosen. */
  look(index, chosenBits) {
    const bits = this.bits[index];
    const labels = (bits & chosenBits || bits) & (2 ** MAX_LABELS - 1);
    if (labels) return 31 - Math.clz32(labels);
    return bits ? OTHER : NONE;
  }

  name(look) {
    return this.header.labels[look] ?? (look === OTHER ? "other" : "none");
  }
}
