/* Files and folders on their way to the server: a few at a time, straight to the route that stores them. */

const AT_ONCE = 3, MOST_FILES = 24, MOST_BYTES = 6e6, KEPT_ROWS = 2000;
const OUTCOMES = [["added", "added"], ["near-duplicate", "looks alike"], ["duplicate", "here already"], ["rejected", "rejected"]];
const zones = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let zone = zones.get(parentElement);
  if (!zone) zones.set(parentElement, (zone = new Zone(parentElement.querySelector(".drop"))));
  zone.use(data, setStateValue, setTriggerValue);
  return () => (zone.closed = true);
}

class Zone {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.waiting = [];
    this.running = 0;
    this.closed = false;
    const { files, folder, area, stop } = this.part;
    this.part.chooseFiles.onclick = () => files.click();
    this.part.chooseFolder.onclick = () => folder.click();
    files.onchange = () => this.take([...files.files].map((file) => [file, file.name]), files);
    folder.onchange = () => this.take([...folder.files].map((file) => [file, file.webkitRelativePath]), folder);
    area.ondragover = (event) => { event.preventDefault(); area.classList.add("over"); };
    area.ondragleave = () => area.classList.remove("over");
    area.ondrop = async (event) => {
      event.preventDefault();
      area.classList.remove("over");
      // Entries are only readable during the event; files in folders are listed after it.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
      this.take((await Promise.all(entries.map((entry) => list(entry)))).flat());
    };
    stop.onclick = () => { this.waiting.length = 0; this.paint(); };
  }

  use(data, setState, trigger) {
    Object.assign(this, { data, setState, trigger });
    this.part.hint.textContent = data.hint;
    if (this.told !== data.url) this.remember(data.url);
  }

  /* What became of the last drop is told again after a reload, or when the page was left meanwhile. */
  remember(url) {
    this.told = url;
    const kept = sessionStorage.getItem(`vitrine-drop ${url}`);
    if (kept && !this.data.finished) this.setState("finished", JSON.parse(kept));
  }

  keep(finished) {
    try {
      sessionStorage.setItem(`vitrine-drop ${this.data.url}`, JSON.stringify(finished));
    } catch {
      sessionStorage.removeItem(`vitrine-drop ${this.data.url}`);
    }
  }

  take(files, input) {
    if (input) setTimeout(() => (input.value = ""));
    const visible = files.filter(([, path]) => !path.split("/").some((part) => part.startsWith(".")) && !path.endsWith("Thumbs.db"));
    if (!visible.length) return;
    if (!this.running && !this.waiting.length) this.begin();
    this.total += visible.length;
    this.waiting.push(...visible);
    this.paint();
    while (this.running < AT_ONCE && this.waiting.length) this.work();
  }

  begin() {
    Object.assign(this, { total: 0, counts: {}, rows: [], started: performance.now(), failed: 0 });
    window.addEventListener("beforeunload", this.ask ??= (event) => event.preventDefault());
  }

  async work() {
    this.running += 1;
    while (this.waiting.length) {
      const batch = this.next();
      const outcomes = await this.send(batch);
      outcomes.forEach((outcome, index) => this.note(outcome, batch[index][1]));
      this.paint();
    }
    this.running -= 1;
    if (!this.running) this.end();
  }

  next() {
    const batch = [];
    let bytes = 0;
    while (this.waiting.length && batch.length < MOST_FILES && (!batch.length || bytes + this.waiting[0][0].size <= MOST_BYTES)) {
      bytes += this.waiting[0][0].size;
      batch.push(this.waiting.shift());
    }
    return batch;
  }

  async send(batch) {
    const body = new FormData();
    batch.forEach(([file, path]) => body.append("files", file, path));
    const refused = (reason) => batch.map(([, path]) => ({ image_name: path, outcome: "rejected", image: null, reason }));
    try {
      const answer = await fetch(this.data.url, { method: "POST", body, headers: { "X-Vitrine-Token": this.data.token } });
      const reply = await answer.json().catch(() => ({}));
      if (answer.ok) return reply.results;
      // One file too many bytes must not take its neighbours with it.
      if (batch.length > 1) return (await Promise.all(batch.map((one) => this.send([one])))).flat();
      return refused(reply.detail ?? `The server answered ${answer.status}. Try again.`);
    } catch {
      return refused("The connection was lost. Upload this file again.");
    }
  }

  note(outcome, path) {
    this.counts[outcome.outcome] = (this.counts[outcome.outcome] ?? 0) + 1;
    if ((outcome.outcome !== "added" || outcome.reason) && this.rows.length < KEPT_ROWS) {
      const { id, sha256 } = outcome.image ?? {};
      this.rows.push({ name: path, outcome: outcome.outcome, reason: outcome.reason ?? "", image_id: id ?? "", sha256: sha256 ?? "" });
    }
  }

  end() {
    window.removeEventListener("beforeunload", this.ask);
    this.paint();
    const finished = { counts: this.counts, rows: this.rows, seconds: (performance.now() - this.started) / 1000 };
    this.keep(finished);
    this.setState("finished", finished);
    this.trigger("done", this.total);
  }

  paint() {
    const done = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    const busy = this.running > 0;
    this.part.progress.hidden = !busy;
    this.part.meter.max = this.total;
    this.part.meter.value = done;
    this.part.state.textContent = [`${done.toLocaleString()} of ${this.total.toLocaleString()}`,
      ...OUTCOMES.filter(([key]) => this.counts[key]).map(([key, words]) => `${this.counts[key].toLocaleString()} ${words}`)].join(" · ");
  }
}

async function list(entry, prefix = "") {
  if (entry.isFile) return [[await new Promise((done, fail) => entry.file(done, fail)), prefix + entry.name]];
  const reader = entry.createReader(), found = [];
  // A reader hands out at most a hundred entries a call.
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const child of some) found.push(...(await list(child, `${prefix}${entry.name}/`)));
  }
}
