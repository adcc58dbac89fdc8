// Surface is a canvas that keeps the size of its box, in the device's pixels.
export class Surface {
  constructor(canvas, resized) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.width = this.height = 0;
    this.observer = new ResizeObserver(() => { if (this.measure()) resized(); });
    this.observer.observe(canvas.parentElement);
    this.measure();
  }

  measure() {
    const box = this.canvas.parentElement;
    const width = box.clientWidth, height = box.clientHeight;
    const scale = Math.min(devicePixelRatio || 1, 2);
    if (width === this.width && height === this.height && scale === this.scale) return false;
    Object.assign(this, { width, height, scale });
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    return true;
  }

  begin() {
    const c = this.context;
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    return c;
  }
}
