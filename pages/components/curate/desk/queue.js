/* The state of the desk: the loaded entries, the current index, and the undo stack.

   Each act is an optimistic update: it is applied here at once, put into the outbox, and rolled back when the server
   rejects it. */

const PAGE_SIZE = 100;
const SHARED_PAGE_SIZE = 20; // small, because entries leased to one person are hidden from the others
const AGAIN_TIMEOUT_MS = 180000;
const REFILL_BELOW = 80; // a buffer of about five seconds at the fastest typing, in case the server stalls
const MIN_FOR_PACE = 5; // decisions
const MIN_SPAN_MS = 5000; // of them, so that the first seconds promise nothing
const MAX_FOUND = 200; // images whose objects and lines are kept
const ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const DECISIONS = ["confirm", "reject", "skip", "second"];
const ABOUT = ["message", "answer", "close"]; // what is said about an entry changes none of its fields
const EFFECTS = {
  confirm: { state: "confirmed", reject_reason: "" },
  reject: { state: "rejected" },
  flag: { flagged: true },
  unflag: { flagged: false },
};

/* Whether somebody else has decided the same about the same texts. */
const isAgreed = ({ act: { decision }, item, before }, current) => Boolean(before && current) && ["confirm", "reject"].includes(decision)
  && ["state", "reject_reason", "question", "answer", "note"].every((name) => current[name] === item[name]);

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => ID_ALPHABET[byte & 63]).join("");

class Queue {
  constructor(view) {
    this.view = view; // paint(), paintBars(), counted(), rejected(item), askForToken()
    this.requests = new Requests(() => view.askForToken());
    this.outbox = new Outbox(this);
    this.undoStack = [];
    this.decisionTimes = [];
    this.tags = [];
    this.generation = 0;
  }

  use(data) {
    const changed = !this.data || ["project", "q", "actor", "shared"].some((name) => data[name] !== this.data[name]);
    const reopened = !this.data || data.project !== this.data.project || data.actor !== this.data.actor;
    this.data = data;
    this.requests.use(data);
    if (reopened) this.outbox.restore();
    if (changed) this.begin();
  }

  /* Open a queue: its end tells what was decided in it. Acts of the one before can be undone, but count no more. */
  begin() {
    this.tally = { confirm: 0, reject: 0, skip: 0, second: 0, answer: 0, close: 0, edited: 0, since: Date.now() };
    this.undoStack.forEach((act) => (act.item.done = act.before.done = ""));
    this.restart();
  }

  restart() {
    Object.assign(this, { entries: [], index: 0, next: undefined, last: undefined, total: 0, loading: false, processed: 0, ending: null, endingAsked: 0, generation: this.generation + 1 });
    this.load();
    this.count();
  }

  get current() { return this.entries[this.index]; }
  get isLoading() { return this.next !== null; }
  get passed() { return this.entries.filter((item) => !item.done); }
  get remaining() { return Math.max(0, this.total - this.processed); }

  get pageSize() { return this.data.shared && !this.data.second ? SHARED_PAGE_SIZE : PAGE_SIZE; }
  get needsMore() { return this.entries.length - this.index < Math.min(REFILL_BELOW, this.pageSize * 0.8); }

  get perMinute() {
    const now = Date.now();
    this.decisionTimes = this.decisionTimes.filter((time) => now - time < 60000);
    if (this.decisionTimes.length < MIN_FOR_PACE) return 0;
    return Math.round((this.decisionTimes.length * 60000) / Math.max(MIN_SPAN_MS, now - this.decisionTimes[0]));
  }

  async load() {
    if (this.loading || this.next === null) return;
    this.loading = true;
    const generation = this.generation;
    try {
      const query = { project_id: this.data.project, q: this.data.q, limit: this.pageSize };
      const page = await this.call("GET", "/desk/queue", this.next ? { ...query, after: this.next } : query);
      if (generation !== this.generation) return;
      this.last = this.next;
      const known = new Set(this.entries.map((item) => item.id));
      this.entries.push(...page.items.filter((item) => !known.has(item.id)));
      this.next = page.next;
      this.loadError = "";
    } catch (error) {
      if (generation !== this.generation) return;
      this.loadError = error.message;
      if (!error.status) wait(1000).then(() => generation === this.generation && this.load());
      else this.next = null;
    }
    this.loading = false;
    this.view.paint();
  }

  /* Ask once, when everything is saved, what the end of the queue says about the project. */
  async loadEnding() {
    if (!this.entries || this.current || this.isLoading || this.outbox.length || this.endingAsked === this.generation) return;
    const generation = (this.endingAsked = this.generation);
    if (await this.loadAdded()) return;
    const ending = await this.call("GET", "/desk/ending", { project_id: this.data.project }).catch(() => null);
    if (generation === this.generation && !this.current) (this.ending = ending), this.view.paint(true);
  }

  /* Load what was added behind the last page while the queue was reviewed; return whether there was something. */
  async loadAdded() {
    const { generation, last } = this;
    const query = { project_id: this.data.project, q: this.data.q, limit: this.pageSize };
    const page = await this.call("GET", "/desk/queue", last ? { ...query, after: last } : query).catch(() => null);
    if (generation !== this.generation) return true;
    const known = new Set(this.entries.map((item) => item.id));
    const added = page?.items.filter((item) => !known.has(item.id)) ?? [];
    if (!added.length) return false;
    const entries = [...this.entries, ...added];
    Object.assign(this, { entries, next: page.next, total: page.next ? this.total + added.length : entries.length });
    this.view.paint(true);
    return true;
  }

  /* Ask for the numbers of the queue, or for some of them; null when the server does not respond. */
  counts(which = {}) {
    return this.call("GET", "/desk/count", { project_id: this.data.project, q: this.data.q, ...which }).catch(() => null);
  }

  async count() {
    const { generation, processed } = this; // what is decided until the reply comes is in its number
    const counted = await this.counts();
    if (counted && generation === this.generation) Object.assign(this, counted, { total: counted.total + processed }), this.view.counted();
  }

  /* Load what analyzers found in images into a map by image id; return whether there was something to load. */
  async loadFound(ids, found) {
    const wanted = [...new Set(ids)].filter((id) => !found.has(id));
    if (!wanted.length) return false;
    wanted.forEach((id) => found.set(id, {})); // asked for once
    const answer = await this.call("GET", "/desk/found", { project_id: this.data.project, image_ids: wanted.join() }).catch(() => null);
    if (!answer) return wanted.forEach((id) => found.delete(id)), false;
    Object.entries(answer.found).forEach(([id, layers]) => found.set(id, layers));
    if (found.size > MAX_FOUND) [...found.keys()].slice(0, found.size - MAX_FOUND).forEach((id) => wanted.includes(id) || found.delete(id));
    return Object.keys(answer.found).length > 0;
  }

  call(...request) { return this.requests.send(...request); }

  /* Apply an act to an entry at once (optimistic update), and put it into the outbox. */
  act(item, decision, changes = {}) {
    const before = { ...item };
    this.countSentBack(item, -1);
    const own = decision === "second" || ABOUT.includes(decision) ? {} : changes;
    Object.assign(item, EFFECTS[decision], own, { problem: null, againError: "", messages: messagesAfter(item, decision, changes, this.data.actor) });
    this.countSentBack(item, 1);
    if (decision !== "second" && ("question" in changes || "answer" in changes)) item.against = null; // it was about another answer
    if (DECISIONS.includes(decision)) {
      this.tally.first ??= Date.now();
      this.tally.last = Date.now();
      if (!item.done) this.decisionTimes.push(Date.now());
      this.setDone(item, decision);
    }
    if ("question" in changes || "answer" in changes) this.tally.edited++;
    const act = { act_id: newId(), entry_id: item.id, decision, changes };
    this.undoStack.push({ act, item, before });
    this.outbox.add({ act, item, before });
    return act;
  }

  countSentBack(item, by) {
    if (openFor(item, this.data.actor).length) this.sent_back = Math.max(0, (this.sent_back ?? 0) + by);
  }

  /* Each entry counts once, with its last decision: the reason of a rejection is no second one. */
  setDone(item, decision) {
    if (item.done) this.processed--, this.tally[item.done]--;
    if (decision) this.processed++, this.tally[decision]++;
    item.done = decision;
  }

  /* Ask the entry's model again, or the given one. Pending acts on the entry are sent first, because the request names a version. */
  async again(item, model) {
    while (this.outbox.holds(item.id)) await wait(50);
    const act = { act_id: newId(), entry_id: item.id, decision: "regenerate", changes: {} };
    const { entry } = await this.call("POST", "/desk/again", { entry_id: item.id, version: item.version, act_id: act.act_id, ...(model && { model }) }, AGAIN_TIMEOUT_MS);
    const before = { ...item, asking: false };
    Object.assign(item, entry, { others: item.others, done: item.done });
    this.undoStack.push({ act, item, before });
  }

  /* Add the twin of an entry, with a typed answer or that of the entry's model; it comes next in the queue. */
  async addTwin(item, image_id, answer) {
    while (this.outbox.holds(item.id)) await wait(50);
    const act = { act_id: newId(), entry_id: item.id, decision: "twin", changes: {} };
    const { entry, twin } = await this.call("POST", "/desk/twin", { entry_id: item.id, image_id, act_id: act.act_id, answer }, AGAIN_TIMEOUT_MS);
    const before = { ...item };
    const added = Object.assign(twin, { done: "" });
    Object.assign(item, { version: entry.version, tags: entry.tags, twin: entry.twin });
    this.entries.splice(this.entries.indexOf(item) + 1, 0, added);
    this.total++;
    this.undoStack.push({ act, item, before, added });
  }

  advance() {
    let at = this.index + 1;
    while (at < this.entries.length && this.entries[at].done) at++;
    this.index = at;
    if (this.needsMore) this.load();
  }

  step(by) {
    if (this.current) this.current.problem = null; // it was read
    this.index = Math.max(0, Math.min(this.index + by, this.entries.length - (this.isLoading ? 1 : 0)));
    if (this.needsMore) this.load();
  }

  /* Undo the last act. When the undo stack is empty, the server undoes the last act of earlier visits. */
  async undo() {
    const last = this.undoStack.pop();
    if (last) return this.takeBack(last);
    const act = { act_id: newId(), decision: "undo", project_id: this.data.project };
    if (this.outbox.length) return null;
    const [result] = (await this.call("POST", "/desk/decide", { acts: [act] })).results;
    if (!result.ok) throw new Error(result.detail);
    if (result.entry) this.show(Object.assign(this.entries.find((item) => item.id === result.entry.id) ?? {}, result.entry, { done: "" }));
    else if (result.undone) this.restart();
    return result.undone > 0;
  }

  /* Undo an act of this visit; the reason of a rejection is undone together with it. */
  takeBack(last) {
    const { act, item, before, added } = last;
    this.setDone(item, before.done);
    if ("question" in act.changes || "answer" in act.changes) this.tally.edited = Math.max(0, this.tally.edited - 1); // 0: in an earlier queue
    const { version, others, ...fields } = before;
    this.countSentBack(item, -1);
    Object.assign(item, fields, { problem: null });
    this.countSentBack(item, 1);
    if (added) this.entries = this.entries.filter((other) => other !== added), this.total--;
    this.show(item);
    this.outbox.add({ act: { act_id: newId(), decision: "undo", project_id: this.data.project, entry_id: item.id, batch_id: act.act_id }, item, before });
    const isReason = act.decision === "reject" && before.state === "rejected";
    const earlier = this.undoStack.at(-1);
    return isReason && earlier?.item === item && earlier.act.decision === "reject" ? this.takeBack(this.undoStack.pop()) : last;
  }

  show(item) {
    const index = this.entries.indexOf(item);
    if (index < 0) this.entries.splice(this.index, 0, item), this.total++;
    else this.index = index;
  }

  settle(message, result) {
    this.outbox.remove((other) => other === message);
    if (result.ok) {
      if (message.item && result.entry) message.item.version = result.entry.version;
      if (message.item && result.messages) (message.item.messages = result.messages);
      return;
    }
    if (isAgreed(message, result.current)) {
      Object.assign(message.item, result.current);
      this.undoStack = this.undoStack.filter(({ act }) => act !== message.act);
      return;
    }
    // Later acts on this entry were based on the rejected one, so they are discarded with it; saved ones can be undone.
    const isConflict = Boolean(result.current);
    const lost = new Set([message, ...this.outbox.messages.filter(({ act }) => act.entry_id === message.act.entry_id)].map(({ act }) => act));
    this.outbox.remove(({ act }) => lost.has(act));
    this.undoStack = this.undoStack.filter(({ act, item }) => item !== message.item || !(isConflict || lost.has(act)));
    const item = message.item ?? { id: message.act.entry_id, others: [] };
    const done = (!isConflict && message.before?.done) || "";
    this.setDone(item, done);
    Object.assign(item, message.before, result.current, { done });
    item.problem = { detail: result.detail, mine: message.act, conflict: isConflict };
    this.reinsert(item);
  }

  /* A rejected entry becomes the next one; it never replaces the one that is shown. */
  reinsert(item) {
    const index = this.entries.indexOf(item);
    if (item.question === undefined) this.loadError = `Not saved: ${item.problem.detail}`;
    if (index !== this.index) {
      if (index >= 0) this.entries.splice(index, 1);
      if (index >= 0 && index < this.index) this.index--;
      if (item.question !== undefined) this.entries.splice(this.index + (this.current ? 1 : 0), 0, item);
    }
    this.view.rejected(item);
  }
}
