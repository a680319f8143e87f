/* The outbox: a retry queue of acts in the order of their keys, mirrored to localStorage until the server has confirmed
   them, and sent one request at a time. */

const MAX_ACTS_PER_REQUEST = 50;
const BACKOFF_MS = [300, 1000, 3000];

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Outbox {
  constructor(queue) {
    this.queue = queue;
    this.messages = [];
    this.connectionError = "";
  }

  get length() { return this.messages.length; }

  get storagePrefix() { return `vitrine-act:${this.queue.data.project}:${this.queue.data.actor}:`; }

  holds(entryId) { return this.messages.some(({ act }) => act.entry_id === entryId); }

  add(message) {
    const earlier = this.messages.filter((other) => other.act.entry_id === message.act.entry_id).length;
    message.act.version = (message.item.version ?? 0) + earlier;
    try {
      localStorage.setItem(this.storagePrefix + message.act.act_id, JSON.stringify({ ...message.act, at: Date.now() }));
    } catch { /* without localStorage only the copy against a closed tab is missing */ }
    this.messages.push(message);
    this.flush();
  }

  restore() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(this.storagePrefix));
    const acts = names.map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
    this.messages.push(...acts.map(({ at, ...act }) => ({ act, item: null })));
    this.flush();
  }

  async flush() {
    if (this.isFlushing) return;
    this.isFlushing = true;
    for (let failures = 0; this.messages.length; ) {
      const batch = this.nextBatch();
      try {
        const acts = batch.map(({ act, item }) => ({ ...act, version: item?.version ?? act.version }));
        const { results } = await this.queue.call("POST", "/desk/decide", { acts });
        batch.forEach((message, index) => this.queue.settle(message, results[index]));
        failures = 0;
        this.connectionError = "";
      } catch (error) {
        if (error.status) batch.forEach((message) => this.queue.settle(message, { ok: false, detail: error.message }));
        else {
          this.connectionError = "The server does not respond. Trying again.";
          this.queue.view.paintBars();
          await wait(BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)]);
        }
      }
    }
    this.isFlushing = false;
    this.queue.view.paintBars();
    this.queue.loadEnding();
  }

  /* Take at most one act per entry: each act needs the version that the one before has created. */
  nextBatch() {
    const seen = new Set();
    const batch = [];
    for (const message of this.messages) {
      if (seen.has(message.act.entry_id) || batch.length === MAX_ACTS_PER_REQUEST) break;
      seen.add(message.act.entry_id);
      batch.push(message);
    }
    return batch;
  }

  remove(matches) {
    this.messages.filter(matches).forEach(({ act }) => localStorage.removeItem(this.storagePrefix + act.act_id));
    this.messages = this.messages.filter((message) => !matches(message));
  }
}
