/* The map of a project's images: reads what the server has, and draws it with what is selected and chosen. */

const REPORT_AFTER_MS = 150; // each report runs the page once
const FIELD_KEY = "vitrine-map-field";
const COLORS_WITHIN_MS = 100; // else the points are drawn without them, and the colors come later

class ImageMap {
  constructor(root) {
    this.root = root.querySelector(".map");
    this.part = Object.fromEntries([...this.root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    Object.assign(this, { points: null, column: null, matches: null, chosen: new Set(), selection: new Selection(), view: new View() });
    const { canvas } = this.part;
    this.input = new Input(this, canvas, this.part.lasso);
    this.names = new Names(async (ids) => (await this.fetch("images", { ids: ids.join(",") })).images);
    this.tip = new Tip(this.part, this.names);
    this.legend = new Legend(this.part.legend, (look) => this.toggleLook(look));
    this.press = new Press(this.root);
    this.list = new SelectedList(this.part, this.names, this.press, { open: (id) => this.setTriggerValue("opened", id), remove: (id) => (this.selection.remove(id), this.selected()), leave: () => canvas.focus() });
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.restore());
    canvas.onfocus = canvas.onblur = () => this.root.classList.toggle("focused", canvas.matches(":focus-visible"));
    this.root.querySelector(".tools").onclick = (event) => this.input.do(event.target.closest("[data-do]")?.dataset.do);
    this.part.by.onchange = () => this.colorBy(this.part.by.value);
    this.part.keys.replaceChildren(...KEYS.flatMap(({ shown, label }) => [make("dt", { textContent: shown }), make("dd", { textContent: label })]));
    this.input.setMode("move");
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.part.field);
  }

  close() {
    this.observer.disconnect();
    this.press.close();
    clearTimeout(this.timer);
  }

  use(data, callbacks) {
    Object.assign(this, callbacks);
    const before = this.data ?? {};
    this.data = data;
    if (before.epoch !== data.epoch) this.selection.use(data.selected), this.selected(false);
    if (before.project !== data.project || before.version !== data.version) this.load();
    else if (before.q !== data.q) this.match();
    else if (before.changed !== data.changed) this.colorBy(this.field);
  }

  // --- what the server has -------------------------------------------------------------------------------------

  async fetch(name, params = {}) {
    const url = new URL(`${this.data.base}/map/${this.data.project}/${name}`, location.origin);
    url.search = new URLSearchParams(params);
    const answer = await fetch(url);
    await this.press.released(); // what is drawn by it takes the buttons away
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `The server returned ${answer.status}.`);
    return name === "images" ? answer.json() : answer.arrayBuffer();
  }

  async load() {
    const { project, q } = this.data;
    this.say("Loading");
    try {
      const saved = sessionStorage.getItem(FIELD_KEY) ?? this.data.by;
      const asked = this.fetch("points");
      const looks = Promise.all([this.fetch("column", { by: saved }), q ? this.fetch("matching", { q }) : null]);
      looks.catch(() => {}); // awaited below, unless the points fail first
      this.startPainter(); // while the server answers: compiling takes as long
      const places = await asked;
      if (project !== this.data.project) return;
      this.usePoints(new Points(places), saved);
      if (this.shownProject !== project) this.view.fit();
      this.shownProject = project;
      this.list.show(this.selection, this.data.base);
      const late = setTimeout(() => this.refresh(), COLORS_WITHIN_MS);
      const [column, matches] = await looks.finally(() => clearTimeout(late));
      if (project !== this.data.project) return;
      this.useColumn(column);
      this.useMatches(matches);
      this.refresh();
      if (q !== this.data.q) this.match();
    } catch (error) {
      this.refresh();
      this.say(error.message);
    }
  }

  usePoints(points, field) {
    if (points.header.version !== this.points?.header.version) this.column = this.matches = null; // of other points
    this.points = points;
    this.counts = null; // nothing is painted before their looks are known
    this.painter.setPlaces(points.places);
    this.looks = new Uint8Array(2 * points.count);
    this.selection.moveTo(points);
    this.field = field;
    this.part.by.replaceChildren(...points.header.fields.map(([value, label]) => make("option", { value, textContent: label, selected: value === field })));
  }

  async colorBy(field) {
    try {
      this.asked = field;
      const column = await this.fetch("column", { by: field });
      if (field !== this.asked) return; // another one was chosen meanwhile
      if (field !== this.field) this.chosen.clear();
      this.field = field;
      sessionStorage.setItem(FIELD_KEY, field);
      if (!this.useColumn(column)) return this.load();
      this.refresh();
    } catch (error) {
      this.say(error.message);
    }
  }

  async match() {
    try {
      const { q } = this.data;
      const matches = q ? await this.fetch("matching", { q }) : null;
      if (q !== this.data.q) return;
      if (!this.useMatches(matches)) return this.load();
      this.refresh();
    } catch (error) {
      this.say(error.message);
    }
  }

  /* Return whether the column is about the points that are shown. */
  useColumn(buffer) {
    const column = new Column(buffer);
    if (column.header.version !== this.points.header.version) return false;
    this.column = column;
    return true;
  }

  useMatches(buffer) {
    const answer = buffer && readAnswer(buffer);
    if (answer && answer.header.version !== this.points.header.version) return false;
    this.matches = answer && new Uint8Array(buffer, answer.start);
    return true;
  }

  // --- what is shown -------------------------------------------------------------------------------------------

  get isReady() {
    return Boolean(this.points && this.counts);
  }

  /* The number of the color of a point; gray until the column is there. */
  look = (index, chosenBits = this.chosenBits) => (this.column ? this.column.look(index, chosenBits) : NONE);

  get chosenBits() {
    return [...this.chosen].reduce((bits, look) => (look < MAX_LABELS ? bits | (1 << look) : bits), 0) >>> 0;
  }

  isShown = (index) => (!this.matches || this.matches[index] === 1) && (!this.chosen.size || this.chosen.has(this.look(index)));

  /* Compute the look of every point anew, and draw. */
  refresh() {
    if (!this.points) return;
    const { points, looks, matches, chosen, chosenBits } = this;
    const { marks } = this.selection;
    const hasChosen = chosen.size > 0;
    this.counts = [0, 0, 0];
    this.found = 0;
    for (let index = 0; index < points.count; index++) {
      const look = this.look(index, chosenBits);
      const isFound = (!matches || matches[index] === 1) && (!hasChosen || chosen.has(look));
      const level = marks[index] ? SELECTED : isFound ? NORMAL : DIMMED;
      looks[2 * index] = look;
      looks[2 * index + 1] = level;
      this.counts[level]++;
      if (isFound) this.found++;
    }
    this.painter.setLooks(looks);
    if (this.column) this.legend.draw(this.column, chosen);
    this.root.classList.toggle("filtering", hasChosen);
    this.describe();
    this.draw();
  }

  startPainter() {
    if (this.painter) return;
    const { canvas } = this.part;
    this.painter = WebGLPainter.on(canvas);
    this.hasWebGL = Boolean(this.painter);
    this.painter ??= new CanvasPainter(canvas);
    this.root.classList.toggle("noshapes", !this.hasWebGL);
  }

  /* The graphics card was taken away, and is back. */
  restore() {
    this.painter = WebGLPainter.on(this.part.canvas);
    if (!this.points) return;
    this.painter.setPlaces(this.points.places);
    this.refresh();
  }

  draw() {
    if (this.isDrawing || !this.points) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      this.paint();
    });
  }

  paint() {
    const { width, height } = this.view;
    if (!width || !height || !this.isReady) return;
    const isDark = this.isDark();
    this.root.classList.toggle("dark", isDark);
    const theme = { colors: [...PALETTE[isDark ? "dark" : "light"], ...PALETTE.gray[isDark ? "dark" : "light"]], edge: isDark ? "#ffffff" : "#000000" };
    const levels = [DIMMED, NORMAL, SELECTED].filter((level) => this.counts[level]);
    this.painter.draw({ view: this.view, width, height, ratio: devicePixelRatio, size: this.pointSize(), theme, levels });
    // Tests and benches wait for these.
    Object.assign(this.part.canvas.dataset, { points: this.points.count, selected: this.selection.here, painter: this.hasWebGL ? "webgl" : "canvas" });
  }

  pointSize() {
    const { count } = this.points;
    const base = count > 30000 ? 2.5 : count > 3000 ? 4 : count > 300 ? 6 : 9;
    return Math.min(16, base * (this.view.scale / this.view.fittedScale) ** 0.35);
  }

  isDark() {
    const [red, green, blue] = getComputedStyle(this.part.field).backgroundColor.match(/[\d.]+/g).map(Number);
    return red * 0.3 + green * 0.6 + blue * 0.1 < 128;
  }

  describe() {
    const { points, selection } = this;
    const isFiltered = this.matches || this.chosen.size;
    const parts = [isFiltered ? `${number(this.found)} of ${number(points.count)} images` : `${number(points.count)} images`];
    if (selection.size) parts.push(`${number(selection.size)} selected`);
    if (!this.hasWebGL) parts.push("This browser has no WebGL, so the map is drawn more slowly and without shapes.");
    this.say(parts.join(" · "));
  }

  say(text) {
    if (this.part.state.textContent !== text) this.part.state.textContent = text;
  }

  toggleLook(look) {
    this.chosen.has(look) ? this.chosen.delete(look) : this.chosen.add(look);
    this.refresh();
  }

  // --- the selection -------------------------------------------------------------------------------------------

  /* The selection was changed. */
  selected(report = true) {
    this.refresh();
    if (this.points) this.list.show(this.selection, this.data.base);
    if (!report) return;
    clearTimeout(this.timer);
    const { epoch } = this.data;
    this.timer = setTimeout(() => this.setStateValue("selected", { epoch, ids: this.selection.ids() }), REPORT_AFTER_MS);
  }

  toggle(index) {
    this.selection.set(index, !this.selection.has(index));
    this.selected();
  }

  /* corners: x, y pairs on the canvas; how: replace, add or remove. */
  selectInside(corners, how) {
    const polygon = new Float64Array(corners.length);
    for (let at = 0; at < corners.length; at += 2) [polygon[at], polygon[at + 1]] = this.view.onMap(corners[at], corners[at + 1]);
    this.selection.change(this.points.inside(polygon, this.isShown), how);
    this.selected();
  }

  selectShown() {
    this.selection.change([...Array(this.points.count).keys()].filter(this.isShown), "add");
    this.selected();
  }

  selectNothing() {
    this.selection.clear();
    this.selected();
  }

  open(index) {
    this.setTriggerValue("opened", this.points.id(index));
  }

  // --- what part of the map is shown ---------------------------------------------------------------------------

  resize() {
    const { canvas, field } = this.part;
    this.view.resize(field.clientWidth, field.clientHeight);
    [canvas.width, canvas.height] = [Math.round(field.clientWidth * devicePixelRatio), Math.round(field.clientHeight * devicePixelRatio)];
    if (this.points) this.paint();
  }

  moved() {
    this.hover(-1);
    this.draw();
  }

  pan(dx, dy) {
    this.view.pan(dx, dy);
    this.moved();
  }

  zoom(factor, x, y) {
    this.view.zoom(factor, x, y);
    this.moved();
  }

  fit() {
    this.view.fit();
    this.moved();
  }

  nearestTo(x, y, radius) {
    if (!this.isReady) return -1;
    return this.points.nearest(...this.view.onMap(x, y), (radius / this.view.scale) * SIDE, this.isShown);
  }

  /* The index of the point at the cross. */
  center() {
    const { width, height } = this.view;
    return this.nearestTo(width / 2, height / 2, Math.hypot(width, height));
  }

  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    if (index < 0) return this.tip.hide();
    const { width, height } = this.view;
    const id = this.points.id(index);
    const [x, y] = this.view.onCanvas(...this.points.places.subarray(2 * index, 2 * index + 2));
    const value = this.column?.name(this.look(index)) ?? "";
    this.tip.show({ id, url: `${this.data.base}/img/${id}/thumb?v=${this.data.renditions}`, value, x, y, width, height });
  }
}

const maps = new WeakMap();

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  if (!maps.has(parentElement)) maps.set(parentElement, new ImageMap(parentElement));
  const map = maps.get(parentElement);
  map.use(data, { setStateValue, setTriggerValue });
  return () => (map.close(), maps.delete(parentElement));
}
