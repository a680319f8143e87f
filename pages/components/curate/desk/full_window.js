/* The desk in the full window: on small windows from the start, elsewhere by a key. */

const SMALL = matchMedia("(max-width: 1100px), (max-height: 700px)");

class FullWindow {
  constructor(root, changed) {
    Object.assign(this, { root, wanted: null, changed }); // null: as the window is
    SMALL.addEventListener("change", changed);
  }

  get isOn() { return this.wanted ?? SMALL.matches; }

  toggle() { this.wanted = !this.isOn; }

  /* Place the desk; return whether it fills the window. */
  update() {
    const { root, isOn } = this;
    root.classList.toggle("full", isOn);
    root.querySelector("[data-part=full]").textContent = isOn ? "Back to the page" : "Full window";
    return isOn;
  }

  close() { SMALL.removeEventListener("change", this.changed); }
}
