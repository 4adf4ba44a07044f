// Parts that every part of the page needs: elements, icons, pictures.

/** An element with properties, attributes and children. */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Drawn here: not every machine has a font with them.
const ICONS = {
  again: "M20 11a8 8 0 1 0-2.3 6.6M20 4v7h-7",
  locked: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  open: "M6 11h12v9H6zM8.5 11V7a3.5 3.5 0 0 1 6.8-1.2",
  play: "M8 5l11 7-11 7z",
  stop: "M7 7h10v10H7z",
  star: "M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.8-5.2 2.8 1-5.8-4.2-4.1 5.8-.8z",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
};

const SVG = "http://www.w3.org/2000/svg";

/** A small drawing that says nothing to a screen reader. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

/** A button that says what it does. */
export function button(label, onClick, properties = {}, ...children) {
  const made = make("button", { type: "button", ...properties }, ...children);
  if (label) made.ariaLabel = made.title = label;
  made.addEventListener("click", onClick);
  return made;
}

/** Paints a picture on a canvas, which gets its size. */
export function paint(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** A canvas with a picture, described for a screen reader. */
export function painted(picture, label) {
  const canvas = make("canvas", { role: "img", ariaLabel: label });
  paint(canvas, picture);
  return canvas;
}
