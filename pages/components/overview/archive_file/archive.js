/* Sends one archive to the route of chunks; the page imports it when it is complete. */

const panels = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = new Panel(parentElement.querySelector(".drop"))));
  Object.assign(panel, { data, trigger: setTriggerValue });
  return () => panel.sending?.abort();
}

class Panel {
  constructor(root) {
    this.part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    const { area, choose, file, stop } = this.part;
    choose.onclick = () => file.click();
    file.onchange = () => file.files[0] && this.send(file.files[0]);
    stop.onclick = () => this.sending?.abort();
    const mark = (event, isOver) => { event.preventDefault(); event.stopPropagation(); area.classList.toggle("over", isOver); };
    area.ondragover = (event) => mark(event, true);
    area.ondragleave = (event) => mark(event, false);
    area.ondrop = (event) => { mark(event, false); if (event.dataTransfer.files[0]) this.send(event.dataTransfer.files[0]); };
  }

  async send(file) {
    this.sending?.abort();
    const sending = (this.sending = new AbortController());
    const headers = () => ({ "X-Vitrine-Token": this.data.token });
    const target = { url: this.data.uploadsUrl, projectId: "", headers };
    this.paint(file, { received: 0 });
    try {
      const one = { name: file.name, modified: file.lastModified };
      const id = await sendInChunks(file, one, target, (state) => this.paint(file, state), sending.signal);
      this.paint(file, { received: file.size });
      this.trigger("uploaded", id);
    } catch (error) {
      if (sending.signal.aborted) this.part.progress.hidden = true;
      else this.refuse(error instanceof Refused ? error.message : "The file cannot be read. Choose it again.");
    }
    this.part.file.value = "";
  }

  paint(file, { received, waiting }) {
    const { progress, name, meter, state } = this.part;
    this.received = received ?? this.received;
    progress.hidden = false;
    progress.classList.remove("refused");
    meter.hidden = false;
    name.textContent = file.name;
    meter.value = file.size ? this.received / file.size : 0;
    const share = (Math.floor(meter.value * 100) / 100).toLocaleString(undefined, { style: "percent" });
    state.textContent = waiting ? `${share}. The connection is lost; this continues when it is back.` : share;
  }

  refuse(message) {
    this.part.progress.classList.add("refused");
    this.part.meter.hidden = true;
    this.part.state.textContent = message;
  }
}
