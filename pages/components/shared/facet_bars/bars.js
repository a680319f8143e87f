/* Bars with counts: a click reports the terms of a bar; groups can be closed. Text is only ever set as textContent. */

const COLLAPSED_BARS = 7;
const MAX_UNCOLLAPSED_BARS = 10; // a group this short is never collapsed
const expandedGroups = new WeakMap();
const ARROW = '<svg viewBox="0 0 12 12" aria-hidden="true"><path d="M2 4l4 4 4-4"/></svg>';

/* Which groups are closed is remembered for all projects, since it is about the person and not about the data. */
const closedName = "vitrine-closed-facets";
const closed = () => { try { return new Set(JSON.parse(localStorage.getItem(closedName)) ?? []); } catch { return new Set(); } };

function toggleClosed(title) {
  const titles = closed();
  titles.delete(title) || titles.add(title);
  try { localStorage.setItem(closedName, JSON.stringify([...titles])); } catch { /* then it is forgotten */ }
}

function node(tag, cls, text) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  if (text !== undefined) made.textContent = text;
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!expandedGroups.has(parentElement)) expandedGroups.set(parentElement, new Set());
  const expanded = expandedGroups.get(parentElement);
  const counts = data.groups.flatMap((group) => group.bars.map((bar) => bar.count.toLocaleString()));
  const digits = Math.max(0, ...counts.map((count) => count.length));
  const draw = () => {
    const sections = data.groups.map((group) => {
      const section = node("section");
      section.style.setProperty("--digits", digits);
      const heading = node("h2"), fold = node("button");
      const isOpen = !closed().has(group.title) || group.bars.some((bar) => bar.on);
      fold.type = "button";
      fold.innerHTML = ARROW;
      fold.append(node("span", "", group.title));
      fold.ariaExpanded = isOpen;
      fold.onclick = () => (toggleClosed(group.title), draw());
      heading.append(fold);
      section.append(heading);
      if (!isOpen) return section;
      if (group.hint) section.append(node("p", "hint", group.hint));
      if (group.action) {
        const go = node("button", "go", group.action);
        go.onclick = () => setTriggerValue("acted", { title: group.title, at: Date.now() });
        section.append(go);
      }
      const total = group.bars.reduce((sum, bar) => sum + bar.count, 0) || 1;
      const isExpanded = group.bars.length <= MAX_UNCOLLAPSED_BARS || expanded.has(group.title);
      const shown = group.bars.filter((bar, index) => isExpanded || index < COLLAPSED_BARS || bar.on);
      for (const bar of shown) {
        const button = node("button", `${bar.on ? "on" : ""} ${bar.terms.endsWith(":none") ? "missing" : ""}`);
        button.type = "button";
        button.title = `${bar.label}: ${bar.count.toLocaleString()}`;
        button.ariaPressed = bar.on;
        button.style.setProperty("--share", bar.count / total);
        button.append(node("span", "label", bar.label), node("span", "count", bar.count.toLocaleString()));
        button.onclick = () => setTriggerValue("toggled", bar.terms);
        section.append(button);
      }
      if (shown.length < group.bars.length) {
        const more = node("button", "more", `${group.bars.length - shown.length} more`);
        more.onclick = () => (expanded.add(group.title), draw());
        section.append(more);
      }
      return section;
    });
    parentElement.querySelectorAll("section").forEach((old) => old.remove());
    parentElement.append(...sections);
  };
  draw();
}
