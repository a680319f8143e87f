/* The drop zone: images go in small parallel batches to the route that stores them at once, archives and annotations
in chunks to the route that keeps them until their preview was confirmed. */

const PARALLEL_BATCHES = 3, MAX_BATCH_FILES = 24, MAX_BATCH_BYTES = 6e6, MAX_ROWS = 2000;
const OUTCOME_LABELS = [["added", "added"], ["near-duplicate", "similar to another image"], ["duplicate", "already in this project"], ["rejected", "rejected"]];
const ARCHIVES = /\.(zip|pdf)$/i, ANNOTATIONS = /\.(parquet|arrow|tar|json|jsonl|ndjson|csv|tsv)$/i;
const SPLITS = /^(train(ing)?|val|valid(ation)?|dev|test(ing)?)$/i, NO_CLASSES = /^(images?|imgs?|photos|pictures|data)$/i;
const IMAGES = /\.(jpe?g|png|webp)$/i;
const dropZones = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let zone = dropZones.get(parentElement);
  if (!zone) dropZones.set(parentElement, (zone = new Zone(parentElement.querySelector(".drop"))));
  zone.use(data, setStateValue, setTriggerValue);
}

class Zone {
  constructor(root) {
    this.root = root;
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.press = new Press(root);
    this.queue = [];
    this.activeWorkers = 0;
    this.sending = [];
    const { files, folder, stop } = this.part;
    this.part.chooseFiles.onclick = () => files.click();
    this.part.chooseFolder.onclick = () => folder.click();
    files.onchange = () => this.add([...files.files].map((file) => [file, file.name]), files);
    folder.onchange = () => this.add([...folder.files].map((file) => [file, file.webkitRelativePath]), folder);
    stop.onclick = () => { this.queue.length = 0; this.paint(); };
    this.listenForDrops();
  }

  /* The whole window takes a drop: a zone of one line is easily missed. */
  listenForDrops() {
    const on = (type, handle) => {
      const listener = (event) => {
        if (!this.root.isConnected) return window.removeEventListener(type, listener), this.press.close();
        if (event.dataTransfer?.types.includes("Files")) handle(event);
      };
      window.addEventListener(type, listener);
    };
    const mark = (isOver) => this.part.area.classList.toggle("over", isOver);
    on("dragover", (event) => { event.preventDefault(); mark(true); });
    on("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
    on("drop", async (event) => {
      event.preventDefault();
      mark(false);
      // Entries must be read during the event; the files in folders can be listed afterwards.
      const found = [...event.dataTransfer.items].filter((item) => item.kind === "file").map(listItem);
      this.add((await Promise.all(found)).flat());
    });
  }

  use(data, setState, trigger) {
    Object.assign(this, { data, setState, trigger });
    this.part.hint.textContent = data.hint;
    this.root.classList.toggle("compact", data.compact);
    this.root.classList.add("drawn");
    if (this.restoredUrl !== data.url) this.restore(data.url);
    if (JSON.parse(sessionStorage.getItem(`vitrine-drop ${data.url}`))?.at <= data.dismissed) sessionStorage.removeItem(`vitrine-drop ${data.url}`);
    this.paintUploads();
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
    const { images, archives, packed } = sorted(visible, Math.min(this.data.maxBytes, ZIP_MAX_BYTES));
    for (const one of archives) this.send([one]);
    if (packed.length) this.send(packed.sort(([, a], [, b]) => (a < b ? -1 : 1)));
    if (images.length) this.addImages(images);
  }

  /* --- images -------------------------------------------------------------------------------------------- */

  addImages(files) {
    if (!this.activeWorkers && !this.queue.length) this.start();
    this.total += files.length;
    this.queue.push(...files);
    this.paint();
    while (this.activeWorkers < PARALLEL_BATCHES && this.queue.length) this.runWorker();
  }

  start() {
    Object.assign(this, { total: 0, counts: {}, rows: [], started: performance.now(), failed: 0 });
    this.guardLeaving();
  }

  /* Ask before the page is left while something is being sent. */
  guardLeaving() {
    this.confirmLeave ??= (event) => event.preventDefault();
    const isBusy = this.activeWorkers || this.queue.length || this.sending.some((one) => !one.error);
    window[isBusy ? "addEventListener" : "removeEventListener"]("beforeunload", this.confirmLeave);
  }

  async runWorker() {
    this.activeWorkers += 1;
    this.guardLeaving();
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
      const response = await fetch(this.data.url, { method: "POST", body, headers: this.headers() });
      const reply = await response.json().catch(() => ({}));
      if (response.ok) return reply.results;
      // A file that is too large must not fail the rest of its batch.
      if (batch.length > 1) return (await Promise.all(batch.map((one) => this.upload([one])))).flat();
      return rejected(reply.detail ?? `The server returned ${response.status}. Try again.`);
    } catch {
      return rejected("The connection was lost. Upload this file again.");
    }
  }

  headers() {
    return { "X-Vitrine-Token": this.data.token };
  }

  recordOutcome(outcome, path) {
    this.counts[outcome.outcome] = (this.counts[outcome.outcome] ?? 0) + 1;
    if ((outcome.outcome !== "added" || outcome.reason) && this.rows.length < MAX_ROWS) {
      const { id, sha256 } = outcome.image ?? {};
      this.rows.push({ name: path, outcome: outcome.outcome, reason: outcome.reason ?? "", image_id: id ?? "", sha256: sha256 ?? "" });
    }
  }

  finish() {
    this.guardLeaving();
    this.paint();
    const finished = { at: Date.now(), counts: this.counts, rows: this.rows, seconds: (performance.now() - this.started) / 1000 };
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

  /* --- archives and annotations --------------------------------------------------------------------------- */

  /* Sends one file, or several as one archive, after those before it. The page shows its preview when it is complete. */
  send(files) {
    const stop = new AbortController(), [[, path]] = files;
    const one = { name: files.length > 1 ? packedName(files) : path.split("/").pop(), received: 0, size: 0, stop, began: 0, packing: "Waiting" };
    this.sending.push(one);
    this.guardLeaving();
    this.paintUploads();
    this.lastSent = (this.lastSent ?? Promise.resolve()).then(() => this.transfer(one, files));
  }

  async transfer(one, files) {
    const { stop } = one, [[file]] = files;
    try {
      stop.signal.throwIfAborted();
      const onPacking = (count) => this.paintUploads(one, { packing: `Reading ${count.toLocaleString()} of ${files.length.toLocaleString()} files` });
      const data = files.length > 1 ? await packZip(files, onPacking, stop.signal) : file;
      Object.assign(one, { size: data.size, packing: null, modified: Math.max(...files.map(([file]) => file.lastModified)) });
      const target = { url: this.data.uploadsUrl, projectId: this.data.projectId, headers: () => this.headers() };
      const onState = (state) => this.paintUploads(one, state);
      const id = await sendInChunks(data, one, target, onState, stop.signal);
      this.drop(one);
      this.trigger("uploaded", id);
    } catch (error) {
      if (stop.signal.aborted) return this.drop(one);
      this.paintUploads(one, { error: error instanceof Refused ? error.message : "The file cannot be read. Choose it again." });
      this.guardLeaving();
    }
  }

  drop(one) {
    this.sending = this.sending.filter((other) => other !== one);
    this.guardLeaving();
    this.paintUploads();
  }

  async discard(upload) {
    this.data.unfinished = this.data.unfinished.filter((other) => other.id !== upload.id);
    this.paintUploads();
    await fetch(`${this.data.uploadsUrl}/${upload.id}`, { method: "DELETE", headers: this.headers() }).catch(() => {});
  }

  paintUploads(one, state) {
    if (one) {
      if (!one.began && state.received !== undefined) Object.assign(one, { began: performance.now(), from: state.received });
      Object.assign(one, state);
    }
    if (this.press.holds(() => this.paintUploads())) return;
    const isSent = (upload) => this.sending.some(({ name, size }) => name === upload.name && size === upload.size);
    this.part.uploads.replaceChildren(
      ...this.sending.map((one) => this.sendingRow(one)),
      ...this.data.unfinished.filter((upload) => !isSent(upload)).map((upload) => this.unfinishedRow(upload)));
  }

  sendingRow(one) {
    if (one.error) return row(one.name, one.error, ["Close", () => this.drop(one)], { className: "progress refused" });
    return row(one.name, one.packing ?? transferred(one), ["Stop", () => one.stop.abort()], { value: one.received, max: one.size });
  }

  unfinishedRow(upload) {
    const share = (Math.floor((100 * upload.received) / upload.size) / 100).toLocaleString(undefined, { style: "percent" });
    const node = row(upload.name, `${share} of ${sizeText(upload.size)} is here. Choose the same file again to continue.`, ["Discard", () => this.discard(upload)]);
    const choose = element("button", { type: "button", textContent: "Choose it again", onclick: () => this.part.files.click() });
    node.insertBefore(choose, node.lastChild);
    return node;
  }
}

/* Images alone go in at once. One file, and archives, are sent as they are; annotations with other files, or images in
folders that look like classes, belong together and become one archive, unless that would be too large: then the images
go first. */
function sorted(files, maxBytes) {
  const stems = new Set(files.filter(([, path]) => IMAGES.test(path)).map(([, path]) => stem(path)));
  const isAnnotation = ([, path]) => ANNOTATIONS.test(path) || (/\.txt$/i.test(path) && stems.has(stem(path)));
  const archives = files.filter(([, path]) => ARCHIVES.test(path));
  const others = files.filter(([, path]) => !ARCHIVES.test(path)), annotations = others.filter(isAnnotation);
  if (!annotations.length && !areClasses(others)) return { images: others, archives, packed: [] };
  const bytes = others.reduce((sum, [file, path]) => sum + file.size + 2 * path.length + 80, 0);
  if (bytes <= maxBytes && others.length <= ZIP_MAX_FILES) return { images: [], archives, packed: others };
  return { images: others.filter((file) => !isAnnotation(file)), archives, packed: annotations };
}

/* Whether the folders of the images look like classes, by the rules of core/importing/class_directories.py; the preview
offers to read them as such. */
function areClasses(files) {
  const found = files.filter(([, path]) => IMAGES.test(path)).map(([, path]) => path.split("/").slice(0, -1));
  const above = new Set(found.map((parts) => parts.slice(0, -1).filter((part) => !SPLITS.test(part)).join("/")));
  const classes = [...new Set(found.map((parts) => parts.at(-1) ?? ""))];
  const isClass = (name) => /\p{Letter}/u.test(name) && !SPLITS.test(name) && !NO_CLASSES.test(name);
  return above.size === 1 && classes.length > 1 && found.length >= 2 * classes.length && classes.every(isClass);
}

const stem = (path) => path.replace(/\.[^./]*$/, "");

/* What people chose: a folder, or several files; that they come as an archive is nothing to them. */
function packedName(files) {
  const folder = files[0][1].includes("/") && files[0][1].split("/")[0];
  const [, first] = files.find(([, path]) => ANNOTATIONS.test(path)) ?? files[0], others = files.length - 1;
  return folder || `${first.split("/").pop()} and ${others.toLocaleString()} more ${others === 1 ? "file" : "files"}`;
}

function transferred({ received, size, from, began, waiting }) {
  if (waiting) return `${sizeText(received)} of ${sizeText(size)}. The connection is lost; this continues when it is back.`;
  const rate = began ? (received - from) / ((performance.now() - began) / 1000) : 0;
  const left = rate > 0 && performance.now() - began > 2000 ? ` · about ${durationText((size - received) / rate)} left` : "";
  return `${sizeText(received)} of ${sizeText(size)}${left}`;
}

function sizeText(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(bytes >= 1e7 ? 0 : 1)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
}

function durationText(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

function row(name, state, [label, onclick], { className = "progress", value, max } = {}) {
  const node = element("div", { className });
  node.append(element("span", { className: "name", textContent: name }));
  if (max) node.append(element("progress", { value, max, ariaLabel: `${name}, uploaded` }));
  node.append(element("span", { className: "state", role: "status", textContent: state }), element("button", { type: "button", textContent: label, onclick }));
  return node;
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function listItem(item) {
  const entry = item.webkitGetAsEntry?.(), file = entry ? null : item.getAsFile();
  return entry ? listFiles(entry) : [[file, file.name]];
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
