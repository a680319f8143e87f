/* What was typed in a form and not saved: kept in the browser, so that neither Esc nor a reload or a refusal loses it. */

const KEPT_MS = 7 * 24 * 3600 * 1000;
const DRAFTS = { edit: "What you typed here is not saved.", message: "Your message was not sent." };

class Drafts {
  constructor(queue) { this.queue = queue; }

  key(form, entryId) { return `${this.prefix}${entryId}:${form}`; }

  get prefix() { return `vitrine-draft:${this.queue.data.project}:${this.queue.data.actor}:`; }

  /* The fields that were typed in that form, by name; null without any. */
  of(form, entryId) {
    try { return JSON.parse(localStorage.getItem(this.key(form, entryId)))?.fields ?? null; } catch { return null; }
  }

  keep(form, entryId, fields) {
    if (!Object.keys(fields).length) return this.drop(form, entryId);
    try { localStorage.setItem(this.key(form, entryId), JSON.stringify({ fields, at: Date.now() })); } catch { /* it lasts as long as the form */ }
  }

  drop(form, entryId) { localStorage.removeItem(this.key(form, entryId)); }

  /* Keep the texts of an act that the server refused. */
  keepRefused({ id, problem: { mine } }) {
    if (mine.decision === "message" && mine.changes.text !== LOOK_AGAIN) return this.keep("message", id, mine.changes);
    const typed = Object.entries(mine.changes ?? {}).filter(([name]) => ["question", "answer", "note"].includes(name));
    if (typed.length) this.keep("edit", id, Object.fromEntries(typed));
  }

  dropOld() {
    for (const name of Object.keys(localStorage).filter((name) => name.startsWith(this.prefix)))
      if (!(JSON.parse(localStorage.getItem(name)).at > Date.now() - KEPT_MS)) localStorage.removeItem(name);
  }

  nodes(item) {
    return Object.entries(DRAFTS).filter(([form]) => this.of(form, item.id)).map(([form, says]) =>
      h("div", { cls: "row" }, h("span", {}, says), doing(form, undefined, "link", "Go on with it", keyMap.hint(form)), doing("discard", form, "link", "Discard")));
  }
}
