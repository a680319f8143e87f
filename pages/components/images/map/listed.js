/* The list of what is selected: small images, of which a click opens one and Delete takes one out. */

const LISTED = 60;

class SelectedList {
  /* part: the elements by name; names: see Names; press: see press.js; actions: open(id), remove(id), leave(). */
  constructor(part, names, press, actions) {
    Object.assign(this, { part, names, press, actions });
  }

  async show(selection, base) {
    const ids = selection.ids(LISTED);
    this.ids = ids;
    this.part.chosen.hidden = !ids.length;
    const more = selection.size > ids.length;
    this.part.chosenstate.textContent = `${number(selection.size)} selected${more ? `, the first ${LISTED} of them` : ""}`;
    const known = await this.names.of(ids);
    await this.press.released();
    if (this.ids !== ids) return; // another selection was listed since
    const { list } = this.part;
    const focused = list.getRootNode().activeElement?.closest?.("li");
    const at = focused ? [...list.children].indexOf(focused) : -1;
    list.replaceChildren(...ids.filter((id) => known.has(id)).map((id) => this.item(id, known.get(id), base)));
    if (at < 0) return;
    const next = list.children[Math.min(at, list.children.length - 1)]?.firstChild;
    next ? next.focus() : this.actions.leave();
  }

  item(id, { name, url }, base) {
    const button = make("button", { title: name });
    button.append(make("img", { src: base + url, alt: name, loading: "lazy" }));
    button.onclick = () => this.actions.open(id);
    button.onkeydown = (event) => event.key === "Delete" && (event.preventDefault(), this.actions.remove(id));
    const item = make("li");
    item.append(button);
    return item;
  }
}

/* Names and addresses of images, each read once. */
class Names {
  constructor(read) {
    Object.assign(this, { read, known: new Map() });
  }

  async of(ids) {
    const missing = ids.filter((id) => !this.known.has(id));
    const images = missing.length ? await this.read(missing).catch(() => []) : [];
    for (const image of images) this.known.set(image.id, image);
    return this.known;
  }
}
