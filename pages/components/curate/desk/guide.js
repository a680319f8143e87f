/* The guidelines of the project beside the entry. Their HTML is sanitized by the server; images are of the project. */

const LOOK_MS = 30000; // how often an open desk asks whether they were changed

class Guide {
  constructor(panel, body) {
    Object.assign(this, { panel, body, loaded: 0 });
  }

  use(queue, onChange) {
    Object.assign(this, { queue, onChange });
    const isAnother = this.key !== this.usedFor;
    this.usedFor = this.key;
    this.show(isAnother ? this.isOpenAtFirst : !this.panel.hidden && this.version > 0);
  }

  /* On a phone they stay closed until somebody asks for them: they would cover the entry. */
  get isOpenAtFirst() { return Boolean(this.stored.open) && this.version > 0 && !matchMedia("(max-width: 640px)").matches; }

  get version() { return this.queue.data.guidelines; }
  get key() { return `vitrine-guidelines:${this.queue.data.project}`; }

  get stored() {
    try { return JSON.parse(localStorage.getItem(this.key)) ?? {}; } catch { return {}; }
  }

  store(values) {
    try { localStorage.setItem(this.key, JSON.stringify({ ...this.stored, ...values })); } catch { /* it opens closed next time */ }
  }

  /* Whether they were changed since this person last had them open. */
  get isNew() { return this.version > (this.stored.seen ?? 0); }

  /* Ask whether they were written or changed while the desk is open; what is being read stays until the person asks for the new one. */
  async look() {
    if (document.hidden || Date.now() - (this.lookedAt ??= Date.now()) < LOOK_MS) return;
    this.lookedAt = Date.now();
    const { data } = this.queue;
    const found = await this.queue.call("GET", "/desk/guidelines", { project_id: data.project, known: data.guidelines }).catch(() => null);
    if (!found || data !== this.queue.data || found.version === data.guidelines || !found.html) return;
    data.guidelines = found.version;
    data.withheld = data.withheld.filter((name) => name !== "guidelines"); // there were none before
    this.onChange();
  }

  toggle() {
    const open = this.panel.hidden || this.isNew;
    this.store({ open });
    this.show(open);
  }

  async show(open) {
    this.panel.hidden = !open;
    this.body.classList.toggle("guided", open);
    if (open && this.loaded !== `${this.key} ${this.version}`) await this.load();
    if (open) this.store({ seen: this.version });
    this.onChange();
  }

  async load() {
    const { data } = this.queue;
    try {
      const { version, by, at, html } = await this.queue.call("GET", "/desk/guidelines", { project_id: data.project });
      const page = document.createElement("template"); // inert: nothing is fetched before the addresses are complete
      page.innerHTML = html;
      page.content.querySelectorAll("img").forEach((image) => (image.setAttribute("src", data.base + image.getAttribute("src")), (image.loading = "lazy")));
      this.panel.replaceChildren(page.content, h("p", { cls: "caption" }, `Version ${version} ${madeBy(by)}, ${shownDay(at)}`));
      this.loaded = `${this.key} ${version}`;
    } catch (error) {
      this.panel.replaceChildren(h("p", { cls: "quiet" }, `The guidelines could not be loaded. ${error.message}`));
    }
  }
}
