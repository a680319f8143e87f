/* Messages on an entry: those on it, and the form that sends it back or answers. */

const ENDED = { answer: "answered", close: "closed", confirm: "looked again and confirmed", reject: "looked again and rejected", reopen: "reopened the entry", edit: "looked again and edited" };

const openFor = (item, person) => (item.messages ?? []).filter(({ open, to }) => open && to === person);

/* The messages as they will be after this person's act. */
function messagesAfter(item, decision, changes, actor) {
  const messages = item.messages ?? [];
  if (decision === "message") return [...messages, { by: actor, to: changes.to || "the author", text: changes.text, open: true, sending: true }];
  const person = decision === "close" ? changes.of ?? actor : actor;
  if (!(decision in ENDED)) return messages;
  return messages.map((one) => one.open && one.to === person ? { ...one, open: false, ended_by: actor, ended_as: decision, answer: decision === "answer" ? changes.text : "" } : one);
}

function messageNodes(item, actor) {
  return (item.messages ?? []).map((one) => {
    const mine = one.open && one.to === actor;
    const closes = one.open && (mine || one.by === actor) && !one.sending;
    return h("div", { cls: one.open ? "message" : "message ended" },
      h("div", {}, h("b", {}, mine ? `Sent back to you ${madeBy(one.by)}: ` : `${personName(one.by)} to ${personName(one.to)}: `), one.text),
      one.open ? "" : h("div", { cls: "quiet" }, `${personName(one.ended_by)} ${ENDED[one.ended_as] ?? "ended it"}${one.answer ? `: ${one.answer}` : ""}`),
      closes ? h("div", { cls: "row" }, mine ? doing("message", undefined, "", "Answer", keyMap.hint("message")) : "", doing("close", one.to, "", mine ? "Nothing to change" : "Take it off their queue")) : "");
  });
}

const LOOK_AGAIN = "Please look again."; // without a text

class MessageForm {
  constructor(desk, item) {
    const { actor } = desk.queue.data;
    Object.assign(this, { desk, item, answers: openFor(item, actor).length > 0, people: [] });
    const { text = "", to = "" } = desk.drafts.of("message", item.id) ?? {};
    this.input = h("textarea", { value: text, rows: 2, maxLength: 2000, placeholder: this.answers ? "Your answer" : LOOK_AGAIN, oninput: () => this.keep() });
    this.to = h("input", { value: to, placeholder: this.hasAuthor ? "Whoever decided or wrote this entry" : "A person's name", maxLength: 60 });
    this.to.oninput = () => (this.keep(), this.offer());
    this.offered = h("div", { cls: "chips small" });
    this.status = h("div", { cls: "status", role: "status" });
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("label", {}, this.answers ? "Answer to what was sent back to you" : "Message: send the entry back", this.input),
      ...(this.answers ? [] : [h("label", {}, "To", this.to), this.offered]), this.status,
      h("div", { cls: "caption" }, "Enter sends, Shift + Enter begins a line, Esc cancels"));
    if (!this.answers) this.loadPeople();
  }

  keep() { this.desk.drafts.keep("message", this.item.id, changedOf({ text: "", to: "" }, { text: this.input.value, to: this.to.value })); }

  /* Whether somebody else may have decided or written it: then the message needs no name. */
  get hasAuthor() {
    const { item, desk } = this;
    const mine = desk.queue.undoStack.some(({ item: done, act }) => done === item && DECISIONS.includes(act.decision));
    return !mine && (item.state !== "open" || (!item.model && item.origin !== "imported"));
  }

  async loadPeople() {
    const { actor, project } = this.desk.queue.data;
    const { values } = await this.desk.queue.call("GET", "/desk/values", { project_id: project, field: "sent" }).catch(() => ({ values: null }));
    this.people = (values ?? []).filter((name) => name !== actor);
    if (values && !this.people.length) this.status.textContent = "Nobody else has reviewed this project yet. Name the person it is for, as they call themselves here.";
    this.offer();
  }

  offer() {
    const typed = this.to.value.trim().toLowerCase();
    const matching = this.people.filter((name) => name.toLowerCase().startsWith(typed) && name.toLowerCase() !== typed).slice(0, 8);
    this.offered.replaceChildren(...matching.map((name) => h("button", { cls: "chip", type: "button", onclick: () => ((this.to.value = name), this.keep(), this.offer(), this.input.focus()) }, personName(name))));
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Enter" && !event.shiftKey && event.composedPath()[0].tagName !== "BUTTON") event.preventDefault(), this.send();
  }

  send() {
    const { desk, item, answers } = this;
    const text = this.input.value.trim() || (answers ? "" : LOOK_AGAIN);
    const to = this.to.value.trim();
    if (!text) return;
    if (!answers && !to && !this.hasAuthor) return (this.status.textContent = "Name the person it is for."), this.to.focus();
    desk.endForm();
    desk.drafts.drop("message", item.id);
    desk.acts.tell(item, answers ? "answer" : "message", { text, ...(to && !answers && { to }) });
  }

  focus() { this.input.focus(); }
}
