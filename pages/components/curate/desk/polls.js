/* What an open desk asks the server for from time to time, because other people work in the same project. */

const RENEW_LEASES_MS = 40000; // a third of the lease
const SENT_BACK_MS = 30000;

class Polls {
  constructor(queue) { Object.assign(this, { queue, leasesRenewedAt: 0 }); }

  /* Ask for what is due. */
  ask() {
    if (!this.queue.entries) return;
    this.renewLeases();
    this.askForReleased();
    this.askForSentBack();
  }

  /* Renew the leases of the loaded entries, so that nobody else gets them while this desk is open. */
  renewLeases() {
    const { queue } = this;
    if (queue.pageSize === PAGE_SIZE || Date.now() - this.leasesRenewedAt < RENEW_LEASES_MS) return;
    this.leasesRenewedAt = Date.now();
    const entry_ids = queue.entries.slice(queue.index).filter((item) => !item.done).map((item) => item.id).slice(0, PAGE_SIZE);
    if (entry_ids.length) queue.call("POST", "/desk/keep", { project_id: queue.data.project, entry_ids }).catch(() => (this.leasesRenewedAt = 0));
  }

  /* An empty shared queue asks for entries whose leases have ended. */
  async askForReleased() {
    const { queue, queue: { data, generation } } = this;
    if (!data.shared || data.second || queue.current || queue.isLoading || queue.outbox.length) return;
    const page = await queue.call("GET", "/desk/queue", { project_id: data.project, q: data.q, limit: queue.pageSize }).catch(() => null);
    if (!page || generation !== queue.generation) return;
    const known = new Set(queue.entries.filter((item) => !item.done).map((item) => item.id));
    const released = page.items.filter((item) => !known.has(item.id));
    if (released.length) Object.assign(queue, { entries: [...queue.entries, ...released], next: page.next }), queue.view.paint(true);
    await queue.count();
  }

  /* Ask how many entries others have sent back since the desk was opened. Acts that are not saved are in the number here only. */
  async askForSentBack() {
    const { queue, queue: { data, generation, undoStack: { length } } } = this;
    if (data.actor === "local" || document.hidden || Date.now() - (this.sentBackAt ??= Date.now()) < SENT_BACK_MS) return;
    this.sentBackAt = Date.now();
    const counted = await queue.counts({ of: "sent_back" });
    if (!counted || generation !== queue.generation || queue.outbox.length || length !== queue.undoStack.length) return;
    queue.sent_back = counted.sent_back;
    queue.view.paintBars();
  }
}
