/* The desk: keys and buttons act on the entry that is on the screen, and on no other. */

class Desk {
  constructor(root) {
    this.root = root.querySelector(".desk");
    this.part = Object.fromEntries([...this.root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.queue = new Queue({
      paint: (keepLast) => this.paint(keepLast), paintBars: () => this.paintBars(), refused: (item) => this.refused(item),
      askForToken: () => this.trigger("token", newId()),
    });
    this.stage = new Stage(this.part.stage, this.part.lens, () => this.queue.data.base);
    this.part.keys.append(...KEYS.map(([name, key, label]) => {
      const button = h("button", { title: `${label} (${key})` }, label, h("kbd", {}, key));
      button.dataset.do = name;
      return button;
    }));
    this.root.onclick = (event) => {
      const button = event.target.closest("[data-do]");
      if (!event.target.closest(".card")) this.part.help.hidden = true;
      if (button) this.do(button.dataset.do, button.dataset.value);
    };
    this.onKey = (event) => this.key(event);
    this.onSize = () => this.resize();
    window.addEventListener("keydown", this.onKey, true);
    window.addEventListener("resize", this.onSize);
    // What stands above the desk may wrap after it was drawn.
    this.sizes = new ResizeObserver(this.onSize);
    this.sizes.observe(document.querySelector("[data-testid=stMainBlockContainer]") ?? document.body);
    this.ticking = setInterval(() => (this.paintBars(), this.queue.keep(), this.queue.lookAgain()), 5000);
  }

  use(data, trigger) {
    this.trigger = trigger;
    this.queue.use(data);
    this.resize();
    this.paint();
  }

  close() {
    window.removeEventListener("keydown", this.onKey, true);
    window.removeEventListener("resize", this.onSize);
    this.sizes.disconnect();
    clearInterval(this.ticking);
  }

  resize() {
    const top = this.root.getBoundingClientRect().top + (document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0);
    this.root.style.height = `${Math.max(460, innerHeight - top - 20)}px`;
  }

  key(event) {
    const target = event.composedPath()[0];
    const typing = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    const leaves = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey));
    if (this.form && this.root.getRootNode().contains(target) && (typing || leaves)) return this.form.key(event);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[role=dialog][aria-modal=true]")) return;
    const digit = /^Digit([0-5])$/.exec(event.code)?.[1] ?? /^[0-5]$/.exec(event.key)?.[0];
    const name = { ...Object.fromEntries(KEYS.map(([does, key]) => [key.toLowerCase(), does])), z: "zoom", arrowleft: "back", arrowright: "on", escape: "escape" }[event.key.toLowerCase()];
    if (!name && digit === undefined) return;
    if ((event.key === "Enter" || event.key === " ") && target.tagName === "BUTTON") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A key that is held down would decide entries nobody has looked at.
    if (event.repeat && !["back", "on"].includes(name)) return;
    if (digit === undefined) this.do(name);
    else if (event.shiftKey) this.do("reason", REASONS[digit - 1]);
    else this.do("rate", digit);
  }

  do(name, value) {
    const item = this.queue.current;
    if (name === "help" || name === "escape") return this.help(name === "help" && this.part.help.hidden);
    if (name === "undo") return this.undo();
    if (name === "reason") return this.reason(value);
    if (name === "go") return this.trigger("go", { to: value, at: newId() });
    if (this.form) return; // what is typed belongs to this entry, so the desk stays on it
    if (name === "back" || name === "on") return this.queue.step(name === "back" ? -1 : 1), this.paint();
    if (name === "look") return this.queue.show(this.refusals.shift()), this.paint();
    if (!item) return;
    if (name === "fit") return this.stage.fit();
    if (name === "zoom") return this.stage.toggle();
    if (["confirm", "reject", "skip"].includes(name)) return this.decide(item, name);
    if (name === "history") return this.history(item);
    if (name === "edit") return this.open(new EditForm(this, item));
    if (name === "again") return this.again(item);
    if (name === "tag") return this.open(new TagForm(this, item));
    if (name === "flag") this.queue.act(item, item.flagged ? "unflag" : "flag");
    if (name === "rate") this.rate(item, Number(value));
    this.paint();
  }

  decide(item, decision, changes) {
    this.part.help.hidden = true;
    if (this.queue.data.second && decision !== "skip") this.queue.act(item, "second", { ...changes, verdict: decision });
    else this.queue.act(item, decision, changes);
    for (const other of this.queue.line) {
      const twin = other.others?.find(({ id }) => id === item.id);
      if (twin) Object.assign(twin, { state: item.state, question: item.question, answer: item.answer });
    }
    this.queue.advance();
    this.paint();
  }

  /* One call for this entry; the reviewer may go on, and the reply finds the entry wherever it is by then. */
  async again(item) {
    if (item.asking || this.queue.data.second) return;
    if (item.state !== "open") item.unasked = "It is decided, and its answer stays. Undo the decision first.";
    else {
      Object.assign(item, { asking: true, unasked: "" });
      this.paint();
      await this.queue.again(item).catch((error) => (item.unasked = error.name === "TimeoutError" ? "The model took too long." : error.message));
      item.asking = false;
    }
    this.paint();
  }

  rate(item, stars) {
    this.queue.act(item, "rate", { score: stars && stars === item.score ? stars - 0.5 : stars });
  }

  reason(reason) {
    const last = this.queue.done.at(-1);
    if (last?.act.decision !== "reject" || !reason || last.item.reject_reason === reason) return;
    this.queue.act(last.item, "reject", { reject_reason: reason });
    this.paint();
  }

  async undo() {
    if (this.form) return;
    try {
      const undone = await this.queue.undo();
      this.part.last.replaceChildren(undone ? "Taken back." : "Nothing is left to take back.");
    } catch (error) {
      this.part.last.replaceChildren(error.message);
    }
    this.paint(true);
  }

  refusals = [];

  refused(item) {
    if (item !== this.queue.current && item.question !== undefined) this.refusals.push(item);
    this.paint();
  }

  help(open) {
    const rows = [...KEYS.map(([, key, label]) => [key, label]), ...MORE_KEYS];
    this.part.help.replaceChildren(h("b", {}, "Keys"), h("dl", {}, ...rows.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)])));
    this.part.help.hidden = !open;
  }

  async history(item) {
    const { events } = await this.queue.call("GET", "/desk/history", { entry_id: item.id });
    this.part.help.replaceChildren(...historyNodes(events));
    this.part.help.hidden = false;
  }

  open(form) {
    this.form = form;
    this.paint();
    form.focus();
  }

  shut() {
    this.form = null;
    this.paint();
  }

  paint(keepLast) {
    const { queue, part } = this;
    const item = queue.current;
    const last = queue.done.at(-1);
    if (!keepLast && last) part.last.replaceChildren(...lastNodes(last));
    this.paintBars();
    part.ending.hidden = Boolean(item);
    part.reading.hidden = !item;
    this.stage.show(item);
    if (!item) return part.ending.replaceChildren(...endingNodes(queue));
    part.facts.replaceChildren(...factNodes(item, queue.data.second));
    const notice = noticeNodes(item);
    part.notice.hidden = !notice.length;
    part.notice.className = item.problem ? "notice loud" : "notice";
    part.notice.replaceChildren(...notice);
    // Taken out and put back, a field would lose the caret, and the next letters would be keys of the desk.
    if (this.form?.item === item) part.text.contains(this.form.node) || part.text.replaceChildren(this.form.node);
    else {
      this.form = null;
      part.text.replaceChildren(...[h("div", { cls: "question" }, item.question), answerNode(item), changesNode(item)].filter(Boolean));
    }
    part.marks.replaceChildren(...markNodes(item, (stars) => {
      queue.act(item, "rate", { score: stars });
      this.paint();
    }));
    part.others.replaceChildren(...othersNode(item, queue.data.second));
    // The decision goes first: fetching and decoding the images to come would take its time from it.
    clearTimeout(this.ahead);
    this.ahead = setTimeout(() => this.stage.prefetch(queue.line.slice(queue.at + 1, queue.at + 4)), 40);
  }

  paintBars() {
    const { queue, part } = this;
    if (!queue.line) return;
    const { perMinute, left } = queue;
    part.name.textContent = queue.data.name;
    part.place.textContent = queue.total ? `${Math.min(queue.passed + 1, queue.total).toLocaleString("en")} of ${queue.total.toLocaleString("en")}` : "";
    part.pace.textContent = perMinute ? `${perMinute} a minute, ${plural(Math.max(1, Math.round(left / perMinute)), "minute", "minutes")} left` : "";
    part.reviewer.textContent = queue.data.actor === "local" ? "" : queue.data.actor;
    const waiting = queue.outbox.length;
    part.trouble.textContent = queue.trouble ? `${plural(waiting, "decision waits", "decisions wait")} to be saved. ${queue.trouble}` : queue.loadTrouble ?? "";
    const refused = this.refusals.filter((item) => item.problem && item !== queue.current);
    this.refusals = refused;
    part.alarm.hidden = !refused.length;
    if (refused.length) {
      const look = h("button", {}, "Look at it now");
      look.dataset.do = "look";
      part.alarm.replaceChildren(h("span", {}, `${plural(refused.length, "decision was", "decisions were")} not saved: ${refused[0].problem.detail}`), look);
    }
  }
}

const desks = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!desks.has(parentElement)) desks.set(parentElement, new Desk(parentElement));
  const desk = desks.get(parentElement);
  desk.use(data, setTriggerValue);
  return () => (desk.close(), desks.delete(parentElement));
}
