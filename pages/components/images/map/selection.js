/* Which images are selected: a mark for each point, so that a lasso around many handles no ids; and the ids of those that
   are not on the map. */

class Selection {
  constructor() {
    Object.assign(this, { points: null, marks: new Uint8Array(0), here: 0, elsewhere: new Set() });
  }

  get size() {
    return this.here + this.elsewhere.size;
  }

  /* The same images are selected among other points. */
  moveTo(points) {
    const ids = this.ids();
    Object.assign(this, { points, marks: new Uint8Array(points.count) });
    this.use(ids);
  }

  use(ids) {
    this.clear();
    for (const id of ids) {
      const index = this.points?.indexOf(id);
      if (index === undefined) this.elsewhere.add(id);
      else this.set(index, true);
    }
  }

  /* Return the ids, at most so many. */
  ids(most = Infinity) {
    const found = [...this.elsewhere].slice(0, most);
    for (let index = this.marks.indexOf(1); index >= 0 && found.length < most; index = this.marks.indexOf(1, index + 1)) found.push(this.points.id(index));
    return found;
  }

  has(index) {
    return this.marks[index] === 1;
  }

  set(index, isSelected) {
    this.here += isSelected - this.marks[index];
    this.marks[index] = isSelected;
  }

  /* how: replace, add or remove. */
  change(indexes, how) {
    if (how === "replace") this.clear();
    for (const index of indexes) this.set(index, how !== "remove");
  }

  remove(id) {
    const index = this.points?.indexOf(id);
    if (index === undefined) this.elsewhere.delete(id);
    else this.set(index, false);
  }

  clear() {
    this.marks.fill(0);
    this.elsewhere.clear();
    this.here = 0;
  }
}
