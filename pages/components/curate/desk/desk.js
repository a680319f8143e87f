/* The desk: keys and buttons only ever act on the entry that is shown. */

const POLL_MS = 5000;
const PREFETCH_DELAY_MS = 40;

class Desk {
  constructor(root, { main, block }) {
    this.selectors = { main, block }; // of Streamlit's page, see streamlit_private.py
    this.root = root.querySelector(".desk");
    this.part = Object.fromEntries([...this.root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.queue = new Queue({
      paint: (keepLast) => this.paint(keepLast), paintBars: () => this.bars.paint(), counted: () => this.counted(), rejected: (item) => this.onRejected(item),
      askForToken: () => this.trigger("token", newId()),
    });
    this.drafts = new Drafts(this.queue);
    this.acts = new Acts(this, this.queue);
    this.polls = new Polls(this.queue);
    this.stage = new Stage(this.part.stage, this.part.lens, this.part.over, () => this.queue.data.base, () => this.layersToggled());
    this.guide = new Guide(this.part.guide, this.part.body);
    this.keyCard = new KeyCard(this, this.part.help);
    this.fullWindow = new FullWindow(this.root, () => this.resize());
    this.root.onclick = (event) => {
      const button = event.target.closest("[data-do]");
      if (event.target.isConnected && !event.target.closest(".card")) this.keyCard.show(false);
      if (button) this.do(button.dataset.do, button.dataset.value);
    };
    this.press = new Press(this.root);
    this.bars = new Bars(this);
    this.onKey = (event) => this.key(event);
    this.onResize = () => this.resize();
    window.addEventListener("keydown", this.onKey, true);
    window.addEventListener("resize", this.onResize);
    // Elements above the desk may wrap and move it after it was drawn.
    this.resizeObserver = new ResizeObserver(this.onResize);
    this.resizeObserver.observe(document.querySelector(this.selectors.block) ?? document.body);
    this.timer = setInterval(() => this.poll(), POLL_MS);
  }

  /* What an open desk draws, says or asks from time to time. */
  poll() {
    this.bars.paint();
    this.polls.ask();
    if (this.guide.queue) this.guide.look();
  }

  use(data, trigger) {
    this.trigger = trigger;
    this.queue.use(data);
    this.drafts.dropOld();
    keyMap.use(Object.fromEntries(data.keys ?? []));
    this.guide.use(this.queue, () => this.paintKeys());
    this.resize();
    this.paint();
    this.root.classList.add("laid-out"); // shown when it has its size and its entry, so that nothing jumps
  }

  paintKeys() {
    const label = (row) => (row.name === "guidelines" && this.guide.isNew ? "Guidelines (new)" : row.label);
    const rows = KEYS.filter(({ button, name }) => button && !this.isWithheld(name));
    this.part.keys.replaceChildren(...rows.map((row) => {
      const button = doing(row.name, undefined, "", label(row), keyMap.hint(row.name));
      button.title = `${label(row)} (${keyMap.shown(row)})`;
      return button;
    }));
    this.paintHeld();
    for (const button of this.root.querySelectorAll("[data-key]")) button.title = `${button.dataset.title} (${keyMap.hint(button.dataset.key).textContent})`;
  }

  /* Keys of the desk that do nothing while a form is open. */
  paintHeld() {
    for (const button of this.part.keys.children) {
      const name = button.dataset.do;
      button.disabled = Boolean(this.form) && !["help", "guidelines"].includes(name) && !this.form.allows?.(name);
    }
  }

  /* Whether the person may not do this; the page says what. */
  isWithheld(name) { return this.queue.data.withheld.includes(name); }

  close() {
    window.removeEventListener("keydown", this.onKey, true);
    window.removeEventListener("resize", this.onResize);
    this.resizeObserver.disconnect();
    this.press.close();
    this.fullWindow.close();
    this.endForm();
    this.stage.zoom.close();
    clearInterval(this.timer);
  }

  resize() {
    if (this.fullWindow.update()) return void (this.root.style.height = "");
    const top = this.root.getBoundingClientRect().top + (document.querySelector(this.selectors.main)?.scrollTop ?? 0);
    this.root.style.height = `${Math.max(460, innerHeight - top - 20)}px`;
  }

  key(event) {
    const target = event.composedPath()[0];
    const isTyping = target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
    const endsForm = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey));
    if (this.form && !this.keyCard.choosing && this.root.getRootNode().contains(target) && (isTyping || endsForm)) return this.form.key(event);
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[role=dialog][aria-modal=true]")) return;
    if (this.keyCard.key(event)) return event.preventDefault(), event.stopImmediatePropagation();
    if (event.key === "Escape" && !this.hasOpen) return; // a popover of the page may be open
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1] ?? /^[0-9]$/.exec(event.key)?.[0];
    const name = keyMap.nameOf(event.key);
    if (this.form?.deskKey?.(event, digit)) return event.preventDefault(), event.stopImmediatePropagation();
    if (!name && digit === undefined) return;
    if ((event.key === "Enter" || event.key === " ") && target.tagName === "BUTTON") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // Ignore key repeat: a held key would decide entries that nobody has seen.
    if (event.repeat && !["previous", "next", "imageBefore", "imageAfter"].includes(name)) return;
    const rates = this.rates; // R was pressed just before
    this.rates = name === "stars";
    if (digit === undefined) this.do(name);
    else if (event.shiftKey) this.do("reason", REASONS[digit - 1]);
    else if (this.queue.current && choices(this.queue.current) && !rates) this.do("label", digit);
    else if (digit <= 5) this.do("rate", digit);
  }

  do(name, value) {
    const item = this.queue.current;
    if (this.isWithheld(name)) return;
    if (name === "help") return this.keyCard.show(!this.keyCard.isOpen);
    if (name === "escape") return this.escape();
    if (name === "full") return this.fullWindow.toggle(), this.resize();
    if (name === "guidelines") return this.guide.toggle();
    if (name === "undo") return this.undo();
    if (name === "reason") return this.acts.reason(value);
    if (name === "go") return this.trigger("go", { to: value, at: newId() });
    if (this.form && !this.form.allows?.(name)) return; // the form belongs to this entry, so the desk stays on it
    this.form?.saveNudge?.();
    if (name === "previous" || name === "next") return this.queue.step(name === "previous" ? -1 : 1), this.paint();
    if (name === "passed") return this.queue.show(this.queue.passed[0]), this.paint();
    if (name === "show") return this.queue.show(this.bars.rejected.shift()), this.paint();
    if (!item || item !== this.painted) return;
    if (name === "fit") return this.stage.zoom.fit();
    if (name === "zoom") return this.stage.zoom.toggle();
    if (name === "boxes") return toggleBoxes(), this.layersToggled();
    if (["objects", "text", "against"].includes(name)) return toggleLayer(name), this.layersToggled();
    if (name === "imageBefore" || name === "imageAfter") return this.stage.walk(name === "imageBefore" ? -1 : 1), this.form?.sync?.();
    if (name === "similar") return this.trigger("go", { similar: this.stage.idOf(this.stage.at), at: newId() });
    if (name === "draw") return this.drawBoxes(item);
    if (["confirm", "reject", "skip"].includes(name)) return this.endForm(), this.acts.decide(item, name);
    if (name === "history") return this.history(item);
    if (name === "edit") return this.open(new EditForm(this, item));
    if (name === "again") return this.acts.again(item);
    if (name === "twin") return this.queue.data.second || this.open(new TwinForm(this, item));
    if (name === "tag") return this.open(new TagForm(this, item));
    if (name === "message") return this.queue.data.second || this.open(new MessageForm(this, item));
    if (name === "discard") return this.drafts.drop(value, item.id), this.paint();
    if (name === "close") return this.acts.tell(item, "close", { of: value });
    if (name === "flag") this.queue.act(item, item.flagged ? "unflag" : "flag");
    if (name === "rate") this.acts.rate(item, Number(value));
    if (name === "label") this.acts.chooseLabel(item, Number(value) - 1);
    this.paint();
  }

  /* Whether Escape closes something here. */
  get hasOpen() { return this.form || this.keyCard.isOpen || this.fullWindow.isOn; }

  escape() {
    if (this.keyCard.isOpen) return this.keyCard.show(false);
    if (this.form) return this.closeForm();
    this.fullWindow.toggle();
    this.resize();
  }

  counted() {
    if (this.queue.current || this.queue.isLoading) this.bars.paint();
    else this.paint(true); // the ending says how many entries others have
    this.form?.counted?.();
    this.loadFound(this.queue.entries.slice(this.queue.index, this.queue.index + 1));
  }

  layersToggled() {
    this.stage.drawLayers();
    this.form?.sync?.();
  }

  /* Load what was found in the images of entries, and show it where it belongs to the current one. */
  async loadFound(items) {
    const { stage, queue } = this;
    if (queue.has_layers && (await queue.loadFound(items.flatMap((item) => item.image_ids), stage.found))) this.layersToggled();
  }

  /* Draw and correct the boxes of the current image, or stop doing so. A second reviewer changes no entry. */
  drawBoxes(item) {
    const image = this.stage.images[this.stage.at];
    if (this.form) return this.closeForm();
    if (!this.queue.data.second && image?.url && image.width && image.height) this.open(new BoxForm(this, item));
  }

  async undo() {
    if (this.form && !this.form.isDrawing) return;
    this.form?.saveNudge?.();
    try {
      const undone = await this.queue.undo();
      this.part.last.replaceChildren(undone ? "Undone." : "There is nothing to undo.");
    } catch (error) {
      this.part.last.replaceChildren(error.message);
    }
    this.paint(true);
  }

  onRejected(item) {
    this.drafts.keepRefused(item);
    this.bars.addRejected(item);
    this.paint();
  }

  async history(item) {
    const nodes = await this.queue.call("GET", "/desk/history", { entry_id: item.id })
      .then(({ events }) => historyNodes(events), (error) => [h("b", {}, "History"), h("p", {}, error.message)]);
    if (item !== this.painted) return;
    this.keyCard.show(false);
    this.part.help.replaceChildren(...nodes);
    Object.assign(this.part.help, { ariaLabel: "History", hidden: false });
  }

  open(form) {
    this.form = form;
    this.paint();
    form.focus();
  }

  closeForm() {
    this.endForm();
    this.paint();
  }

  endForm() {
    this.form?.close?.();
    this.form = null;
  }

  paint(keepLast) {
    const { queue, part } = this;
    if (this.press.holds(() => this.paint(keepLast))) return;
    const item = queue.current;
    const last = queue.undoStack.at(-1);
    if (!keepLast && last) part.last.replaceChildren(...lastNodes(last));
    else if (!keepLast && part.last.querySelector(".said")) part.last.replaceChildren(); // it was refused
    this.bars.paint();
    part.ending.hidden = Boolean(item);
    part.reading.hidden = !item;
    if (this.form && this.form.item !== item) this.endForm();
    this.stage.edit(this.form?.editor ?? null);
    this.stage.show(item);
    if (item !== this.painted && part.help.ariaLabel === "History") this.keyCard.show(false); // it is about the entry before
    this.painted = item;
    if (item) this.paintEntry(item);
    else queue.loadEnding(), part.ending.replaceChildren(...endingNodes(queue));
  }

  paintEntry(item) {
    const { queue, part } = this;
    queue.endingAsked = 0; // another decision changes it
    part.facts.replaceChildren(...factNodes(item, queue.data.second));
    const notice = [...noticeNodes(item), ...(this.form ? [] : this.drafts.nodes(item))];
    part.notice.hidden = !notice.length;
    part.notice.className = item.problem ? "notice loud" : "notice";
    part.notice.replaceChildren(...notice);
    part.messages.replaceChildren(...(queue.data.second ? [] : messageNodes(item, queue.data.actor)));
    // Do not re-insert an open form: its field would lose focus, and the next letters would act as keys of the desk.
    if (this.form) {
      this.form.sync?.();
      part.text.contains(this.form.node) || part.text.replaceChildren(this.form.node);
    } else {
      part.text.replaceChildren(...[turnsNode(item), h("div", { cls: "question" }, item.question), answerNode(item), changesNode(item)].filter(Boolean));
    }
    part.edit.hidden = queue.data.second;
    part.edit.ariaPressed = Boolean(this.form?.editor);
    this.paintHeld();
    part.marks.replaceChildren(...markNodes(item, (stars) => {
      queue.act(item, "rate", { score: stars });
      this.paint();
    }));
    part.others.replaceChildren(...twinNode(item, queue.data), ...othersNode(item, queue.data.second));
    // Prefetch after the decision was sent, because fetching and decoding images would delay it.
    clearTimeout(this.prefetchTimer);
    this.prefetchTimer = setTimeout(() => {
      this.loadFound(queue.entries.slice(queue.index, queue.index + 4));
      this.stage.prefetch(queue.entries.slice(queue.index + 1, queue.index + 4));
    }, PREFETCH_DELAY_MS);
  }
}

const desks = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!desks.has(parentElement)) desks.set(parentElement, new Desk(parentElement, data));
  const desk = desks.get(parentElement);
  desk.use(data, setTriggerValue);
  return () => (desk.close(), desks.delete(parentElement));
}
