/* Uploads dropped files and folders in parallel batches to the route that stores them. */

const PARALLEL_BATCHES = 3, MAX_BATCH_FILES = 24, MAX_BATCH_BYTES = 6e6, MAX_ROWS = 2000;
const OUTCOME_LABELS = [["added", "added"], ["near-duplicate", "similar to another image"], ["duplicate", "already in this project"], ["rejected", "rejected"]];
const dropZones = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let zone = dropZones.get(parentElement);
  if (!zone) dropZones.set(parentElement, (zone = new Zone(parentElement.querySelector(".drop"))));
  zone.use(data, setStateValue, setTriggerValue);
  return () => (zone.closed = true);
}

class Zone {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.queue = [];
    this.activeWorkers = 0;
    this.closed = false;
    const { files, folder, area, stop } = this.part;
    this.part.chooseFiles.onclick = () => files.click();
    this.part.chooseFolder.onclick = () => folder.click();
    files.onchange = () => this.add([...files.files].map((file) => [file, file.name]), files);
    folder.onchange = () => this.add([...folder.files].map((file) => [file, file.webkitRelativePath]), folder);
    area.ondragover = (event) => { event.preventDefault(); area.classList.add("over"); };
    area.ondragleave = () => area.classList.remove("over");
    area.ondrop = async (event) => {
      event.preventDefault();
      area.classList.remove("over");
      // Entries must be read during the event; the files in folders can be listed afterwards.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      this.add((await Promise.all(entries.map((entry) => listFiles(entry)))).flat());
    };
    stop.onclick = () => { this.queue.length = 0; this.paint(); };
  }

  use(data, setState, trigger) {
    Object.assign(this, { data, setState, trigger });
    this.part.hint.textContent = data.hint;
    if (this.restoredUrl !== data.url) this.restore(data.url);
  }

  /* After a reload, or when the page was left meanwhile, send the outcomes of the last drop again. */
  restore(url) {
    this.restoredUrl = url;
    const stored = sessionStorage.getItem(`vitrine-drop ${url}`);
    if (stored && !this.data.finished) this.setState("finished", JSON.parse(stored));
  }

  store(finished) {
    try {
      sessionStorage.setItem(`vitrine-drop ${this.data.url}`, JSON.stringify(finished));
    } catch {
      sessionStorage.removeItem(`vitrine-drop ${this.data.url}`);
    }
  }

  add(files, input) {
    if (input) setTimeout(() => (input.value = ""));
    const visible = files.filter(([, path]) => !path.split("/").some((part) => part.startsWith(".")) && !path.endsWith("Thumbs.db"));
    if (!visible.length) return;
    if (!this.activeWorkers && !this.queue.length) this.start();
    this.total += visible.length;
    this.queue.push(...visible);
    this.paint();
    while (this.activeWorkers < PARALLEL_BATCHES && this.queue.length) this.runWorker();
  }

  start() {
    Object.assign(this, { total: 0, counts: {}, rows: [], started: performance.now(), failed: 0 });
    window.addEventListener("beforeunload", this.confirmLeave ??= (event) => event.preventDefault());
  }

  async runWorker() {
    this.activeWorkers += 1;
    while (this.queue.length) {
      const batch = this.nextBatch();
      const outcomes = await this.upload(batch);
      outcomes.forEach((outcome, index) => this.recordOutcome(outcome, batch[index][1]));
      this.paint();
    }
    this.activeWorkers -= 1;
    if (!this.activeWorkers) this.finish();
  }

  nextBatch() {
    const batch = [];
    let bytes = 0;
    while (this.queue.length && batch.length < MAX_BATCH_FILES && (!batch.length || bytes + this.queue[0][0].size <= MAX_BATCH_BYTES)) {
      bytes += this.queue[0][0].size;
      batch.push(this.queue.shift());
    }
    return batch;
  }

  async upload(batch) {
    const body = new FormData();
    batch.forEach(([file, path]) => body.append("files", file, path));
    const rejected = (reason) => batch.map(([, path]) => ({ image_name: path, outcome: "rejected", image: null, reason }));
    try {
      const response = await fetch(this.data.url, { method: "POST", body, headers: { "X-Vitrine-Token": this.data.token } });
      const reply = await response.json().catch(() => ({}));
      if (response.ok) return reply.results;
      // A file that is too large must not fail the rest of its batch.
      if (batch.length > 1) return (await Promise.all(batch.map((one) => this.upload([one])))).flat();
      return rejected(reply.detail ?? `The server returned ${response.status}. Try again.`);
    } catch {
      return rejected("The connection was lost. Upload this file again.");
    }
  }

  recordOutcome(outcome, path) {
    this.counts[outcome.outcome] = (this.counts[outcome.outcome] ?? 0) + 1;
    if ((outcome.outcome !== "added" || outcome.reason) && this.rows.length < MAX_ROWS) {
      const { id, sha256 } = outcome.image ?? {};
      this.rows.push({ name: path, outcome: outcome.outcome, reason: outcome.reason ?? "", image_id: id ?? "", sha256: sha256 ?? "" });
    }
  }

  finish() {
    window.removeEventListener("beforeunload", this.confirmLeave);
    this.paint();
    const finished = { counts: this.counts, rows: this.rows, seconds: (performance.now() - this.started) / 1000 };
    this.store(finished);
    this.setState("finished", finished);
    this.trigger("done", this.total);
  }

  paint() {
    const done = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    const isBusy = this.activeWorkers > 0;
    this.part.progress.hidden = !isBusy;
    this.part.meter.max = this.total;
    this.part.meter.value = done;
    this.part.state.textContent = [`${done.toLocaleString()} of ${this.total.toLocaleString()}`,
      ...OUTCOME_LABELS.filter(([key]) => this.counts[key]).map(([key, label]) => `${this.counts[key].toLocaleString()} ${label}`)].join(" · ");
  }
}

async function listFiles(entry, prefix = "") {
  if (entry.isFile) return [[await new Promise((done, fail) => entry.file(done, fail)), prefix + entry.name]];
  const reader = entry.createReader(), found = [];
  // A reader returns at most a hundred entries per call.
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const child of some) found.push(...(await listFiles(child, `${prefix}${entry.name}/`)));
  }
}
