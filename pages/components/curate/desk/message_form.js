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

class MessageForm {
  constructor(desk, item) {
    const { actor } = desk.queue.data;
    Object.assign(this, { desk, item, answers: openFor(item, actor).length > 0 });
    this.input = h("textarea", { rows: 2, maxLength: 2000, placeholder: this.answers ? "Your answer" : "Please look again." });
    this.to = h("input", { placeholder: "Whoever decided or wrote this entry", maxLength: 60 });
    this.node = h("div", { cls: "form" }, h("div", { cls: "question" }, item.question), answerNode(item),
      h("label", {}, this.answers ? "Answer to what was sent back to you" : "Message: send the entry back", this.input),
      this.answers ? "" : h("label", {}, "To", this.to),
      h("div", { cls: "caption" }, "Enter sends, Shift + Enter begins a line, Esc cancels"));
  }

  key(event) {
    event.stopImmediatePropagation();
    if (event.key === "Escape") this.desk.closeForm();
    else if (event.key === "Enter" && !event.shiftKey) event.preventDefault(), this.send();
  }

  send() {
    const { desk, item, answers } = this;
    const text = this.input.value.trim() || (answers ? "" : "Please look again.");
    if (!text) return;
    const to = this.to.value.trim();
    desk.endForm();
    desk.tell(item, answers ? "answer" : "message", { text, ...(to && !answers && { to }) });
  }

  focus() { this.input.focus(); }
}
