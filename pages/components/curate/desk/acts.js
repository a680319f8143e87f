/* What the desk does with the entry that is shown: decide it, rate it, choose its label, ask a model again. */

class Acts {
  constructor(desk, queue) { Object.assign(this, { desk, queue }); }

  decide(item, decision, changes) {
    this.desk.keyCard.show(false);
    if (this.queue.data.second && decision !== "skip") this.queue.act(item, "second", { ...changes, verdict: decision });
    else this.queue.act(item, decision, changes);
    for (const other of this.queue.entries) {
      const twin = other.others?.find(({ id }) => id === item.id);
      if (twin) Object.assign(twin, { state: item.state, question: item.question, answer: item.answer });
    }
    this.queue.advance();
    this.desk.paint();
  }

  /* Send a message on an entry, answer or close it; in the queue of what was sent back that settles the entry. */
  tell(item, act, changes) {
    this.queue.act(item, act, changes);
    if (this.queue.data.sent && act !== "message" && !openFor(item, this.queue.data.actor).length) this.queue.setDone(item, act), this.queue.advance();
    this.desk.paint();
  }

  /* Ask the model again. The reviewer may go on; the reply is applied to this entry wherever it is by then.
     An entry without a known model opens a form to choose one. */
  async again(item, model) {
    if (item.asking || this.queue.data.second) return;
    if (item.state !== "open") item.againError = "This entry is already decided. Undo the decision first.";
    else if (!model && !item.model.includes("/")) return this.desk.open(new AgainForm(this.desk, item));
    else {
      Object.assign(item, { asking: model || item.model, againError: "" });
      this.desk.paint();
      await this.queue.again(item, model).catch((error) => (item.againError = error.name === "TimeoutError" ? "The model took too long." : error.message));
      item.asking = false;
    }
    this.desk.paint();
  }

  rate(item, stars) {
    this.queue.act(item, "rate", { score: stars && stars === item.score ? stars - 0.5 : stars });
  }

  /* A question with one label gets the chosen one; otherwise labels are added and removed, but one stays. */
  chooseLabel(item, index) {
    const chosen = labels(item.answer) ?? [];
    const label = [...new Set([...choices(item), ...chosen])][index];
    if (label === undefined || this.queue.data.second) return;
    const kept = chosen.includes(label) ? chosen.filter((one) => one !== label) : choices(item).filter((one) => one === label || chosen.includes(one));
    const next = item.one_label ? [label] : kept;
    if (next.length && next.join("\n") !== chosen.join("\n")) this.queue.act(item, "edit", { answer: JSON.stringify(next) });
  }

  reason(reason) {
    const last = this.queue.undoStack.at(-1);
    if (last?.act.decision !== "reject" || !reason || last.item.reject_reason === reason) return;
    this.queue.act(last.item, "reject", { reject_reason: reason });
    this.desk.paint();
  }
}
