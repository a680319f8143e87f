/* A page of thumbnails: space is reserved before they load, keys move between them, the next page is prefetched. */

const grids = new WeakMap();
const SERVER_TIMEOUT_MS = 3000; // after this, a page turn no longer waits for the server
const PAINT_MS = 100;
const WIDTHS_PX = [105, 150, 210, 280, 380];
const WIDTHS_OF_ENTRIES_PX = [180, 240, 320, 380, 460];
const SELECTION_DEBOUNCE_MS = 120;
const MORE_LIKE_THIS = '<svg viewBox="0 0 16 16" aria-hidden="true"><rect x="1.5" y="1.5" width="8" height="8" rx="1.5"/><path d="M12 5.5h1a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 13v-1"/></svg>';

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let grid = grids.get(parentElement);
  if (!grid) grids.set(parentElement, (grid = { epoch: null, selected: new Set(), at: 0, anchor: 0, earlier: [], queued: [] }));
  const root = parentElement.querySelector(".grid");
  const cells = root.querySelector(".cells");
  if (grid.epoch !== data.epoch) {
    grid.epoch = data.epoch;
    grid.selected = new Set(data.selected);
  }
  cells.setAttribute("aria-label", data.label);
  cells.setAttribute("aria-multiselectable", data.selectable);
  // Cells survive page runs, so they read the current callbacks from the grid instead of closing over them.
  Object.assign(grid, { epochNow: data.epoch, setStateValue, setTriggerValue });
  let view, ids;
  // A page run that started before the turn still delivers the old page.
  if (isWaiting() && grid.turned.from === first(data.page)) show(grid.turned.view);
  else {
    if (first(data.page) !== first(grid.view)) grid.earlier = [];
    grid.turned = null;
    show(data.page);
    while (grid.queued.length && !isWaiting()) turn(grid.queued.shift());
  }
  (window.requestIdleCallback ?? setTimeout)(prefetch);

  function prefetch() {
    const next = data.following?.items ?? [];
    if (grid.prefetchedFor === first(data.page)) return;
    grid.prefetchedFor = first(data.page);
    // The reference keeps the decoded images in memory.
    grid.prefetched = next.map((item) => Object.assign(new Image(), { src: item.url }));
    grid.prefetched.forEach((image) => image.decode().catch(() => {}));
  }

  function show(shown) {
    view = grid.view = shown;
    ids = view.items.map((item) => item.id);
    if (grid.first !== ids[0]) Object.assign(grid, { first: ids[0], at: 0, anchor: 0 });
    grid.at = Math.min(grid.at, Math.max(ids.length - 1, 0));
    const items = JSON.stringify(view.items);
    const focused = cells.contains(root.getRootNode().activeElement);
    const changed = grid.shown !== items;
    grid.shown = items;
    if (changed) cells.replaceChildren(...view.items.map((item, index) => cell(item, index)));
    mark();
    // Keep the keyboard focus when the page runs again.
    if (changed && focused) cells.children[grid.at]?.focus();
    bar();
  }

  function isWaiting() {
    return grid.turned && performance.now() - grid.turned.at < SERVER_TIMEOUT_MS;
  }

  function turn(direction) {
    const next = direction === "next";
    if (isWaiting()) {
      grid.queued.push(direction); // the page after the next is unknown until the server has answered
      return;
    }
    if (!(next ? view.has_next : view.has_previous)) return;
    const from = first(view);
    const known = next ? data.following : grid.earlier.at(-1);
    if (next) grid.earlier.push(view);
    else grid.earlier.pop();
    grid.turned = { from, view: known ?? view, at: performance.now() };
    show(grid.turned.view);
    // Paint first: handling the reply of the server keeps the browser busy for longer than painting.
    setTimeout(() => grid.setTriggerValue("turn", direction), known ? PAINT_MS : 0);
  }

  function cell(item, index) {
    const node = make("div", "cell");
    node.setAttribute("role", "row");
    node.id = `cell-${index}`;
    node.onfocus = () => { grid.at = index; mark(); };
    const frame = make("div", "frame");
    const image = make("img");
    Object.assign(image, { src: item.url, alt: item.name, decoding: "async", draggable: false, width: 320, height: 240 });
    const tick = make("span", "tick", "✓");
    tick.title = "Select (Space)";
    tick.onclick = (event) => {
      event.stopPropagation();
      focusCell(index);
      event.shiftKey ? range(index) : toggle(index);
    };
    const like = make("button", "like");
    like.type = "button";
    like.title = "More like this (M)";
    like.ariaLabel = `More like ${item.name}`;
    like.innerHTML = MORE_LIKE_THIS;
    like.onclick = (event) => (event.stopPropagation(), grid.setTriggerValue("similar", item.id));
    frame.append(image, ...(data.selectable ? [tick] : []), like);
    const name = make("div", "name", item.name);
    name.title = item.name;
    const parts = item.entries.length ? item.entries.map(entryOf) : [make("div", "caption", item.caption || "\u00a0")];
    const only = make("div");
    only.setAttribute("role", "gridcell");
    only.append(frame, name, ...parts);
    node.append(only);
    node.onclick = (event) => {
      focusCell(index);
      if (event.shiftKey && data.selectable) range(index);
      else if ((event.ctrlKey || event.metaKey) && data.selectable) toggle(index);
      else grid.setTriggerValue("opened", item.id);
    };
    return node;
  }

  /* A question with its answer, in full. */
  function entryOf(entry) {
    const line = make(entry.id ? "button" : "div", `entry ${entry.state} ${entry.quiet ? "quiet" : ""}`);
    line.append(make("span", "question", entry.question), make("span", "answer", entry.answer));
    line.title = entry.state;
    if (entry.id) line.type = "button", line.onclick = (event) => (event.stopPropagation(), grid.setTriggerValue("opened", entry.id));
    return line;
  }

  function focusCell(index) {
    grid.at = index;
    mark();
    cells.children[index]?.focus({ preventScroll: false });
  }

  function toggle(index) {
    const id = ids[index];
    grid.selected.has(id) ? grid.selected.delete(id) : grid.selected.add(id);
    grid.anchor = index;
    reportSelection();
  }

  function range(index) {
    const [from, to] = [Math.min(grid.anchor, index), Math.max(grid.anchor, index)];
    ids.slice(from, to + 1).forEach((id) => grid.selected.add(id));
    reportSelection();
  }

  function reportSelection() {
    mark();
    // Debounced: each report runs the page once.
    clearTimeout(grid.timer);
    grid.timer = setTimeout(() => grid.setStateValue("selected", { epoch: grid.epochNow, ids: [...grid.selected] }), SELECTION_DEBOUNCE_MS);
  }

  function mark() {
    [...cells.children].forEach((node, index) => {
      const chosen = grid.selected.has(ids[index]);
      node.setAttribute("aria-selected", chosen);
      // The arrows go from image to image, Tab to what is on the current one.
      for (const reached of [node, ...node.querySelectorAll("button")]) reached.tabIndex = index === grid.at ? 0 : -1;
    });
    root.classList.toggle("choosing", grid.selected.size > 0);
  }

  /* How wide the cells are is of this browser and of no one else. */
  function resize() {
    const slider = root.querySelector(".size input");
    const hasEntries = view.items.some((item) => item.entries.length);
    const name = `vitrine-grid-size${hasEntries ? "-entries" : ""}`;
    const widths = hasEntries ? WIDTHS_OF_ENTRIES_PX : WIDTHS_PX;
    const set = () => cells.style.setProperty("--width", `${widths[slider.value - 1]}px`);
    slider.value = storage()?.getItem(name) ?? 2;
    slider.oninput = () => (set(), storage()?.setItem(name, slider.value));
    cells.classList.toggle("asked", hasEntries);
    set();
  }

  function bar() {
    resize();
    const [previous, next] = root.querySelectorAll(".turn");
    root.querySelector(".where").textContent = view.where;
    previous.hidden = next.hidden = !view.has_previous && !view.has_next;
    previous.disabled = !view.has_previous;
    next.disabled = !view.has_next;
    previous.onclick = () => turn("previous");
    next.onclick = () => turn("next");
  }

  cells.onkeydown = (event) => {
    if (event.target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " ")) return; // a click on it
    if (event.target.closest("button") && ["Enter", " "].includes(event.key)) return;
    const columns = getComputedStyle(cells).gridTemplateColumns.split(" ").length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -grid.at, End: ids.length };
    if (event.key in steps) {
      const target = Math.max(0, Math.min(ids.length - 1, grid.at + steps[event.key]));
      focusCell(target);
      if (event.shiftKey && data.selectable) range(target);
    } else if (event.key === " " && data.selectable) toggle(grid.at);
    else if (event.key === "Enter") setTriggerValue("opened", ids[grid.at]);
    else if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) setTriggerValue("similar", ids[grid.at]);
    else if (event.key === "Escape" && grid.selected.size) { grid.selected.clear(); reportSelection(); }
    else if (data.selectable && event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) { ids.forEach((id) => grid.selected.add(id)); reportSelection(); }
    else if (event.key === "PageDown" && view.has_next) turn("next");
    else if (event.key === "PageUp" && view.has_previous) turn("previous");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/* A browser may forbid it. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function first(shown) {
  return shown?.items[0]?.id;
}

function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}
