/* What part of the map is on the canvas: places on the map are from 0 to 1, y upward, and those on the canvas in px. */

const MAX_SCALE_PX = 400000; // of the whole map: 16-bit places are 6 px apart then
const MARGIN = 0.94;

class View {
  constructor() {
    [this.width, this.height] = [0, 0];
    this.fit();
  }

  get fittedScale() {
    return Math.max(50, Math.min(this.width, this.height) * MARGIN);
  }

  fit() {
    Object.assign(this, { x: 0.5, y: 0.5, scale: this.fittedScale, isFitted: true });
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    if (this.isFitted) this.fit();
  }

  pan(dx, dy) {
    const within = (value) => Math.min(1.05, Math.max(-0.05, value));
    Object.assign(this, { x: within(this.x - dx / this.scale), y: within(this.y + dy / this.scale), isFitted: false });
  }

  /* Zoom so that what is at a place of the canvas stays there. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const [mapX, mapY] = this.onMap(x, y);
    const scale = Math.min(MAX_SCALE_PX, Math.max(this.fittedScale * 0.5, this.scale * factor));
    Object.assign(this, { scale, x: mapX / SIDE - (x - this.width / 2) / scale, y: mapY / SIDE - (this.height / 2 - y) / scale, isFitted: false });
  }

  /* Return the place on the map, 0 to 65,535, of a place on the canvas. */
  onMap(x, y) {
    return [(this.x + (x - this.width / 2) / this.scale) * SIDE, (this.y + (this.height / 2 - y) / this.scale) * SIDE];
  }

  /* Return the place on the canvas of a place on the map, 0 to 65,535. */
  onCanvas(x, y) {
    return [(x / SIDE - this.x) * this.scale + this.width / 2, this.height / 2 - (y / SIDE - this.y) * this.scale];
  }
}
