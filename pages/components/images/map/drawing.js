/* Drawing many points: by WebGL, or without it on a canvas. Each point has a place, and a look: the number of its color,
   and its level. Points are drawn in the order of their levels. */

const DIMMED = 0;
const NORMAL = 1;
const SELECTED = 2;
const COLORS = PALETTE.light.length; // labels beyond these have the same colors in other shapes

const VERTEX = `
attribute vec2 place; attribute vec2 look;
uniform vec2 scale; uniform vec2 offset; uniform float size; uniform float level; uniform vec3 colors[${COLORS + 2}];
varying vec3 color; varying float shape;
void main() {
  gl_Position = abs(look.y - level) < 0.5 ? vec4(place * scale + offset, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
  bool isLabel = look.x < ${MAX_LABELS}.0;
  shape = isLabel ? floor(look.x / ${COLORS}.0) : 0.0;
  color = colors[isLabel ? int(mod(look.x, ${COLORS}.0)) : ${COLORS} + int(look.x) - ${MAX_LABELS}];
}`;
const FRAGMENT = `
precision mediump float;
varying vec3 color; varying float shape;
uniform float side; uniform float alpha; uniform vec3 edge; uniform float edgeWidth;
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float reach = shape < 0.5 ? length(p) : shape < 1.5 ? abs(p.x) + abs(p.y) : max(abs(p.x), abs(p.y)) * 1.2;
  float soft = 2.0 / side;
  float cover = 1.0 - smoothstep(1.0 - soft, 1.0, reach);
  if (cover <= 0.0) discard;
  vec3 shown = edgeWidth > 0.0 && reach > 1.0 - edgeWidth - soft ? edge : color;
  gl_FragColor = vec4(shown * cover * alpha, cover * alpha);
}`;

const ALPHA = { [DIMMED]: 0.13, [NORMAL]: 0.9, [SELECTED]: 1 };
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

class WebGLPainter {
  /* Null when the browser has no WebGL. */
  static on(canvas) {
    const gl = canvas.getContext("webgl", { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
    return gl && new WebGLPainter(gl);
  }

  constructor(gl) {
    this.gl = gl;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.bindAttribLocation(program, 1, "look");
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    this.at = Object.fromEntries(["scale", "offset", "size", "side", "level", "colors", "alpha", "edge", "edgeWidth"].map((name) => [name, gl.getUniformLocation(program, name)]));
    [this.placeBuffer, this.lookBuffer] = [gl.createBuffer(), gl.createBuffer()];
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  setPlaces(places) {
    this.count = places.length / 2;
    this.fill(0, this.placeBuffer, places, this.gl.UNSIGNED_SHORT, true);
  }

  setLooks(looks) {
    this.fill(1, this.lookBuffer, looks, this.gl.UNSIGNED_BYTE, false);
  }

  fill(attribute, buffer, values, type, normalized) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(attribute);
    gl.vertexAttribPointer(attribute, 2, type, normalized, 0, 0);
  }

  draw({ view, width, height, ratio, size, theme, levels }) {
    const { gl, at } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const [sx, sy] = [(2 * view.scale) / width, (2 * view.scale) / height];
    gl.uniform2f(at.scale, sx, sy);
    gl.uniform2f(at.offset, -view.x * sx, -view.y * sy);
    gl.uniform3fv(at.colors, theme.colors.flatMap(rgb));
    gl.uniform3fv(at.edge, rgb(theme.edge));
    for (const level of levels) {
      const side = (size + (level === SELECTED ? 4 : 1)) * ratio;
      gl.uniform1f(at.size, side);
      gl.uniform1f(at.side, side); // of its own: a uniform has the same precision in both shaders
      gl.uniform1f(at.level, level);
      gl.uniform1f(at.alpha, ALPHA[level]);
      gl.uniform1f(at.edgeWidth, level === SELECTED ? (2.6 * ratio) / side : 0);
      gl.drawArrays(gl.POINTS, 0, this.count);
    }
  }
}

/* Squares on a canvas: slower, and without shapes. */
class CanvasPainter {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
  }

  setPlaces(places) { this.places = places; }
  setLooks(looks) { this.looks = looks; }

  draw({ view, width, height, ratio, size, theme, levels }) {
    const { context, places, looks } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const colors = Array.from({ length: MAX_LABELS + 2 }, (_, look) => theme.colors[look < MAX_LABELS ? look % COLORS : look - MAX_LABELS + COLORS]);
    for (const level of levels) {
      context.globalAlpha = ALPHA[level];
      const side = level === SELECTED ? size + 3 : size;
      let filled = -1;
      for (let index = 0; index < places.length / 2; index++) {
        if (looks[2 * index + 1] !== level) continue;
        const x = (places[2 * index] / SIDE - view.x) * view.scale + width / 2;
        const y = height / 2 - (places[2 * index + 1] / SIDE - view.y) * view.scale;
        if (x < -side || y < -side || x > width + side || y > height + side) continue;
        if (level === SELECTED) {
          context.fillStyle = theme.edge;
          context.fillRect(x - side / 2 - 1.5, y - side / 2 - 1.5, side + 3, side + 3);
          filled = -1;
        }
        const look = looks[2 * index];
        if (look !== filled) context.fillStyle = colors[(filled = look)];
        context.fillRect(x - side / 2, y - side / 2, side, side);
      }
    }
    context.globalAlpha = 1;
  }
}
