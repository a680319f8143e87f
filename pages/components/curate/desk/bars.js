/* The lines above the entry: place, pace, what was sent back, trouble with saving, and decisions that were refused. */

class Bars {
  constructor({ queue, part, press }) { Object.assign(this, { queue, part, press, rejected: [] }); }

  addRejected(item) {
    if (item !== this.queue.current && item.question !== undefined) this.rejected.push(item);
  }

  paint() {
    const { queue, part } = this;
    if (!queue.entries || this.press.holds(() => this.paint())) return;
    const { perMinute, remaining, total, entries } = queue;
    part.name.textContent = queue.data.name;
    part.place.textContent = total && queue.current ? `${(queue.index + 1).toLocaleString()} of ${Math.max(total, entries.length).toLocaleString()}` : "";
    part.pace.textContent = perMinute && queue.current ? `${perMinute} per minute, ${plural(Math.max(1, Math.round(remaining / perMinute)), "minute", "minutes")} left` : "";
    part.sentBack.hidden = !queue.sent_back || queue.data.sent;
    part.sentBack.textContent = `Sent back to you: ${(queue.sent_back ?? 0).toLocaleString()}`;
    part.sentBack.dataset.value = quoted("sent", queue.data.actor);
    part.reviewer.textContent = queue.data.actor === "local" ? "" : queue.data.actor;
    const pending = queue.outbox.length;
    part.trouble.textContent = queue.outbox.connectionError ? `${plural(pending, "change waits", "changes wait")} to be saved. ${queue.outbox.connectionError}` : queue.loadError ?? "";
    this.paintAlarm();
  }

  paintAlarm() {
    const rejected = this.rejected = this.rejected.filter((item) => item.problem && item !== this.queue.current);
    this.part.alarm.hidden = !rejected.length;
    if (!rejected.length) return;
    const says = `${plural(rejected.length, "decision was", "decisions were")} not saved: ${rejected[0].problem.detail}`;
    this.part.alarm.replaceChildren(h("span", {}, says), doing("show", undefined, "", "Show it"));
  }
}
