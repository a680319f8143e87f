/* What the desk knows: the line of entries, where one stands in it, the acts on their way, and the way back. */

const PAGE_SIZE = 100;
const SHARED_SIZE = 20; // what one person has before them, nobody else gets
const KEEP_MS = 40000; // three times within a lease
const AGAIN_TIMEOUT_MS = 180000;
const REFILL_BELOW = 80; // about five seconds of the fastest keys: a server that stalls is not noticed
const SEND_TIMEOUT_MS = 8000;
const RETRY_MS = [300, 1000, 3000];
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const DONE = ["confirm", "reject", "skip", "second"];
const EFFECTS = {
  confirm: { state: "confirmed", reject_reason: "" },
  reject: { state: "rejected" },
  flag: { flagged: true },
  unflag: { flagged: false },
};

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => ALPHABET[byte & 63]).join("");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Queue {
  constructor(view) {
    this.view = view; // paint(), refused(item), askForToken()
    this.outbox = [];
    this.done = [];
    this.stamps = [];
    this.tags = [];
    this.tally = { confirm: 0, reject: 0, skip: 0, second: 0, edited: 0, since: Date.now() };
    this.trouble = "";
    this.run = 0;
  }

  use(data) {
    const changed = !this.data || ["project", "q", "actor", "shared"].some((name) => data[name] !== this.data[name]);
    const reopened = !this.data || data.project !== this.data.project || data.actor !== this.data.actor;
    this.data = data;
    this.tokenCame?.();
    if (reopened) this.adopt();
    if (changed) this.restart();
  }

  restart() {
    Object.assign(this, { line: [], at: 0, next: undefined, total: 0, loading: false, passed: 0, run: this.run + 1 });
    this.load();
    this.count();
  }

  get current() { return this.line[this.at]; }
  get isLoading() { return this.next !== null; }
  get ahead() { return this.line.slice(this.at).filter((item) => !item.done).length; }
  get left() { return Math.max(0, this.total - this.passed); }

  get pageSize() { return this.data.shared && !this.data.second ? SHARED_SIZE : PAGE_SIZE; }
  get needsMore() { return this.line.length - this.at < Math.min(REFILL_BELOW, this.pageSize * 0.8); }

  /* While a desk is open, what it has fetched stays with it. */
  keep() {
    if (!this.line || this.pageSize === PAGE_SIZE || Date.now() - (this.kept ?? 0) < KEEP_MS) return;
    this.kept = Date.now();
    const entry_ids = this.line.slice(this.at).filter((item) => !item.done).map((item) => item.id).slice(0, PAGE_SIZE);
    if (entry_ids.length) this.call("POST", "/desk/keep", { project_id: this.data.project, entry_ids }).catch(() => (this.kept = 0));
  }

  /* What others had before them and left comes here: an empty shared queue looks again. */
  async lookAgain() {
    if (!this.data?.shared || this.data.second || !this.line || this.current || this.isLoading || this.outbox.length) return;
    const run = this.run;
    const page = await this.call("GET", "/desk/queue", { project_id: this.data.project, q: this.data.q, limit: this.pageSize }).catch(() => null);
    if (!page || run !== this.run) return;
    const known = new Set(this.line.filter((item) => !item.done).map((item) => item.id));
    const left = page.items.filter((item) => !known.has(item.id));
    if (left.length) Object.assign(this, { line: [...this.line, ...left], next: page.next });
    await this.count();
    this.view.paint(true);
  }

  get perMinute() {
    const now = Date.now();
    this.stamps = this.stamps.filter((stamp) => now - stamp < 60000);
    if (this.stamps.length < 5) return 0;
    return Math.round((this.stamps.length * 60000) / Math.max(5000, now - this.stamps[0]));
  }

  async load() {
    if (this.loading || this.next === null) return;
    this.loading = true;
    const run = this.run;
    try {
      const query = { project_id: this.data.project, q: this.data.q, limit: this.pageSize };
      const page = await this.call("GET", "/desk/queue", this.next ? { ...query, after: this.next } : query);
      if (run !== this.run) return;
      const known = new Set(this.line.map((item) => item.id));
      this.line.push(...page.items.filter((item) => !known.has(item.id)));
      this.next = page.next;
      this.loadTrouble = "";
    } catch (error) {
      if (run !== this.run) return;
      this.loadTrouble = error.message;
      if (!error.status) wait(1000).then(() => run === this.run && this.load());
      else this.next = null;
    }
    this.loading = false;
    this.view.paint();
  }

  async count() {
    const run = this.run;
    const counted = await this.call("GET", "/desk/count", { project_id: this.data.project, q: this.data.q }).catch(() => null);
    if (counted && run === this.run) Object.assign(this, counted, { total: counted.total + this.passed }), this.view.paintBars();
  }

  /* One request; an answer that refuses becomes an error with its sentence. */
  async call(method, path, given, timeout_ms = SEND_TIMEOUT_MS) {
    const url = new URL(this.data.base + path, location.origin);
    const options = { method, headers: { "X-Vitrine-Token": this.data.token }, signal: AbortSignal.timeout(timeout_ms) };
    if (method === "GET") url.search = new URLSearchParams(given);
    else Object.assign(options, { body: JSON.stringify(given), keepalive: true });
    const response = await fetch(url, options);
    if (response.status === 401) {
      await this.freshToken();
      return this.call(method, path, given, timeout_ms);
    }
    const answer = await response.json().catch(() => ({ detail: `The server answered ${response.status}.` }));
    if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status >= 500 ? 0 : response.status });
    return answer;
  }

  freshToken() {
    this.view.askForToken();
    return new Promise((resolve) => (this.tokenCame = () => ((this.tokenCame = null), resolve())));
  }

  /* Act on an item: it shows its new state at once, and the act is on its way. */
  act(item, decision, changes = {}) {
    const before = { ...item };
    Object.assign(item, EFFECTS[decision], decision === "second" ? {} : changes, { problem: null, unasked: "" });
    if (DONE.includes(decision)) {
      if (!item.done) this.passed++;
      item.done = decision;
      this.tally[decision]++;
      this.stamps.push(Date.now());
    }
    if ("question" in changes || "answer" in changes) this.tally.edited++;
    const act = { act_id: newId(), entry_id: item.id, decision, changes };
    this.done.push({ act, item, before });
    this.post({ act, item, before });
    return act;
  }

  /* Ask the model again. Acts on the entry that are on their way go first, since the reply rests on a version. */
  async again(item) {
    while (this.outbox.some(({ act }) => act.entry_id === item.id)) await wait(50);
    const act = { act_id: newId(), entry_id: item.id, decision: "regenerate", changes: {} };
    const { entry } = await this.call("POST", "/desk/again", { entry_id: item.id, version: item.version, act_id: act.act_id }, AGAIN_TIMEOUT_MS);
    const before = { ...item, asking: false };
    Object.assign(item, entry, { others: item.others, done: item.done });
    this.done.push({ act, item, before });
  }

  advance() {
    let at = this.at + 1;
    while (at < this.line.length && this.line[at].done) at++;
    this.at = at;
    if (this.needsMore) this.load();
  }

  step(by) {
    this.at = Math.max(0, Math.min(this.at + by, this.line.length - (this.isLoading ? 1 : 0)));
    if (this.needsMore) this.load();
  }

  /* Take the last act back; past those of this visit, the server knows the ones before. */
  async undo() {
    const last = this.done.pop();
    const act = { act_id: newId(), decision: "undo", project_id: this.data.project };
    if (last) {
      const { item, before } = last;
      if (item.done && !before.done) this.passed--, this.tally[item.done]--;
      const { version, others, ...fields } = before;
      Object.assign(item, fields, { done: before.done });
      this.show(item);
      this.post({ act: { ...act, entry_id: item.id, batch_id: last.act.act_id }, item, before: last.before });
      return last;
    }
    if (this.outbox.length) return null;
    const [result] = (await this.call("POST", "/desk/decide", { acts: [act] })).results;
    if (!result.ok) throw new Error(result.detail);
    if (result.entry) this.show(Object.assign(this.line.find((item) => item.id === result.entry.id) ?? {}, result.entry, { done: "" }));
    else if (result.undone) this.restart();
    return result.undone > 0;
  }

  show(item) {
    const place = this.line.indexOf(item);
    if (place < 0) this.line.splice(this.at, 0, item);
    else this.at = place;
  }

  /* The outbox: kept in the browser until the server has it, sent in order, one request at a time. */
  get shelf() { return `vitrine-act:${this.data.project}:${this.data.actor}:`; }

  post(parcel) {
    const pending = this.outbox.filter((other) => other.act.entry_id === parcel.act.entry_id).length;
    parcel.act.version = (parcel.item.version ?? 0) + pending;
    try {
      localStorage.setItem(this.shelf + parcel.act.act_id, JSON.stringify({ ...parcel.act, at: Date.now() }));
    } catch { /* a full or closed store only costs the safety net */ }
    this.outbox.push(parcel);
    this.flush();
  }

  adopt() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(this.shelf));
    const acts = names.map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
    this.outbox.push(...acts.map(({ at, ...act }) => ({ act, item: null })));
    this.flush();
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    for (let failures = 0; this.outbox.length; ) {
      const parcels = this.nextParcels();
      try {
        const acts = parcels.map(({ act, item }) => ({ ...act, version: item?.version ?? act.version }));
        const { results } = await this.call("POST", "/desk/decide", { acts });
        parcels.forEach((parcel, index) => this.settle(parcel, results[index]));
        failures = 0;
        this.trouble = "";
      } catch (error) {
        if (error.status) parcels.forEach((parcel) => this.settle(parcel, { ok: false, detail: error.message }));
        else {
          this.trouble = "The server does not answer. Trying again.";
          this.view.paintBars();
          await wait(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
        }
      }
    }
    this.sending = false;
    this.view.paintBars();
  }

  /* Acts on one entry go one by one: each needs the version that the one before has made. */
  nextParcels() {
    const seen = new Set();
    const parcels = [];
    for (const parcel of this.outbox) {
      if (seen.has(parcel.act.entry_id) || parcels.length === 50) break;
      seen.add(parcel.act.entry_id);
      parcels.push(parcel);
    }
    return parcels;
  }

  settle(parcel, result) {
    this.drop((other) => other === parcel);
    if (result.ok) {
      if (parcel.item && result.entry) parcel.item.version = result.entry.version;
      return;
    }
    // What was done to this entry afterwards rested on the refused act; nothing of it is written unseen.
    this.drop((other) => other.act.entry_id === parcel.act.entry_id);
    this.done = this.done.filter(({ item }) => item !== parcel.item);
    const item = parcel.item ?? { id: parcel.act.entry_id, others: [] };
    if (item.done) this.passed--, this.tally[item.done]--;
    Object.assign(item, parcel.before, result.current, { done: "" });
    item.problem = { detail: result.detail, mine: parcel.act, conflict: Boolean(result.current) };
    this.comeBack(item);
  }

  drop(matches) {
    this.outbox.filter(matches).forEach(({ act }) => localStorage.removeItem(this.shelf + act.act_id));
    this.outbox = this.outbox.filter((parcel) => !matches(parcel));
  }

  /* A refused entry comes next; it never takes the place of the one under someone's fingers. */
  comeBack(item) {
    const place = this.line.indexOf(item);
    if (item.question === undefined) this.loadTrouble = `Not saved: ${item.problem.detail}`;
    if (place !== this.at) {
      if (place >= 0) this.line.splice(place, 1);
      if (place >= 0 && place < this.at) this.at--;
      if (item.question !== undefined) this.line.splice(this.at + (this.current ? 1 : 0), 0, item);
    }
    this.view.refused(item);
  }
}
