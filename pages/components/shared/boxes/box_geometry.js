/* Where a box may be. Places are in px of the upright original; a box is left, top, right, bottom. */

const MIN_SIDE_PX = 1;
const CORNERS = ["", "nw", "se"]; // what the arrow keys move: the box, its top left or its bottom right corner
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const STEPS = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };

/* A box that a person changed is no longer what a tool found. */
const ownBox = (box) => (delete box.score, delete box.tool, box);

const clamped = (value, least, most) => Math.max(least, Math.min(value, most));
const areaOf = ([left, top, right, bottom]) => (right - left) * (bottom - top);

function movedBox([left, top, right, bottom], byX, byY, { width, height }) {
  const [x, y] = [clamped(byX, -left, width - right), clamped(byY, -top, height - bottom)];
  return [left + x, top + y, right + x, bottom + y];
}

/* The box with the edges that the handle holds moved by a distance; they stop at the image and before the other side. */
function resizedBox([left, top, right, bottom], handle, byX, byY, { width, height }) {
  return [
    handle.includes("w") ? clamped(left + byX, 0, Math.max(0, right - MIN_SIDE_PX)) : left,
    handle.includes("n") ? clamped(top + byY, 0, Math.max(0, bottom - MIN_SIDE_PX)) : top,
    handle.includes("e") ? clamped(right + byX, Math.min(width, left + MIN_SIDE_PX), width) : right,
    handle.includes("s") ? clamped(bottom + byY, Math.min(height, top + MIN_SIDE_PX), height) : bottom,
  ];
}

/* The box between two points, on whole pixels. */
function drawnBox([x1, y1], [x2, y2], { width, height }) {
  const side = (a, b, limit) => {
    const from = clamped(Math.round(Math.min(a, b)), 0, Math.max(0, limit - MIN_SIDE_PX));
    return [from, clamped(Math.round(Math.max(a, b)), from + MIN_SIDE_PX, Math.max(limit, MIN_SIDE_PX))];
  };
  const [[left, right], [top, bottom]] = [side(x1, x2, width), side(y1, y2, height)];
  return [left, top, right, bottom];
}

/* The boxes at a point, the smallest first. */
function boxesAt(boxes, [x, y], slack) {
  const isAt = ({ xyxy: [left, top, right, bottom] }) => x >= left - slack && x <= right + slack && y >= top - slack && y <= bottom + slack;
  return boxes.filter(isAt).sort((a, b) => areaOf(a.xyxy) - areaOf(b.xyxy));
}

const sameBox = (a, b) => a.xyxy.every((value, index) => Math.abs(value - b.xyxy[index]) < 1);
