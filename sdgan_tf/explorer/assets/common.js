// An element with properties and children, as every part of the page needs.
function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function picture(source, alt, className = "sd-picture") {
  return make("img", { src: source, alt, className, draggable: false });
}

// Drawn here: not every machine has a font with them.
const ICONS = {
  again: "M20 11a8 8 0 1 0-2.3 6.6M20 4v7h-7",
  locked: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  open: "M6 11h12v9H6zM8.5 11V7a3.5 3.5 0 0 1 6.8-1.2",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
};

function icon(name) {
  const holder = document.createElement("template");
  holder.innerHTML =
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" ' +
    'stroke-width="2.4" stroke-linejoin="round" stroke-linecap="round" ' +
    `aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  return holder.content.firstChild;
}

function download(name, query, text) {
  const href = `download/${name}?${query}`;
  return make("a", { href, download: name, className: "sd-link" }, text);
}
