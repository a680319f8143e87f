/* Holds back drawing while a button is pressed: one that is replaced between press and release loses the click. */

const RELEASE_MS = 100; // after the pointer went up: the click of a finger comes in an event of its own

class Press {
  constructor(root) {
    Object.assign(this, { isDown: false, due: [] });
    root.addEventListener("pointerdown", ({ target }) => (this.isDown = Boolean(target.closest("button"))));
    root.addEventListener("click", () => this.release(), true); // before the button acts, which draws at once
    this.onUp = () => setTimeout(() => this.release(), RELEASE_MS);
    for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, this.onUp);
  }

  /* Whether *draw* has to wait for the release, which then calls it. */
  holds(draw) {
    if (this.isDown) this.due.push(draw);
    return this.isDown;
  }

  /* Wait until no button is pressed: for what is drawn after an answer of the server. */
  released() { return new Promise((go) => this.holds(go) || go()); }

  release() {
    if (!this.isDown) return;
    this.isDown = false;
    setTimeout(() => this.due.splice(0).forEach((draw) => draw())); // behind the click
  }

  close() { for (const type of ["pointerup", "pointercancel"]) window.removeEventListener(type, this.onUp); }
}
