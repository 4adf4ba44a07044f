// Between the two chosen pictures: the matrix, and a walk along each code.
let playing = [];

function walk(value, way, text) {
  const frames = value.walks[way];
  const image = picture(frames[0], text, "sd-frame");
  const slider = make("input", {
    type: "range",
    min: 0,
    max: frames.length - 1,
    value: 0,
    ariaLabel: `${text}: frame`,
  });
  const play = make("button", { type: "button", className: "sd-play" });
  let timer = null;
  let step = 1;
  const at = (n) => {
    slider.value = n;
    image.src = frames[n];
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.replaceChildren(icon("play"), "Play");
  };
  const advance = () => {
    const now = Number(slider.value);
    if (now + step < 0 || now + step >= frames.length) step = -step;
    at(now + step);
  };
  play.onclick = () => {
    if (timer) return stop();
    timer = setInterval(advance, value.milliseconds);
    playing.push(timer);
    play.replaceChildren(icon("pause"), "Pause");
  };
  slider.oninput = () => {
    stop();
    at(Number(slider.value));
  };
  stop();
  const query = `${value.link}&way=${way}`;
  const controls = make("div", { className: "sd-controls" }, play, slider);
  const links = make(
    "div",
    { className: "sd-tools" },
    download("walk.gif", query, "GIF"),
    download("walk.webp", query, "WebP"),
  );
  const caption = make("figcaption", {}, text);
  const figure = make("figure", {}, image, controls, caption, links);
  figure.className = `sd-walk sd-walk-${way}`;
  return figure;
}

function show() {
  const value = props.value;
  const mount = element.querySelector(".sd-mount");
  playing.forEach(clearInterval);
  playing = [];
  if (!value || !value.matrix) {
    mount.replaceChildren(
      make("p", { className: "sd-hint" }, "Click two cells of the grid."),
    );
    return;
  }
  const matrix = make(
    "figure",
    { className: "sd-matrix" },
    picture(value.matrix, "Matrix of the pictures between the two", ""),
    make(
      "figcaption",
      {},
      "Down: the identity goes from the first picture's to the second's. " +
        "Right: the observation does.",
    ),
    make(
      "div",
      { className: "sd-tools" },
      download("matrix.png", value.link, "Matrix (PNG)"),
    ),
  );
  mount.replaceChildren(
    make(
      "div",
      { className: "sd-journey" },
      matrix,
      walk(value, "identity", "Another identity, same observation"),
      walk(value, "observation", "Same identity, another observation"),
    ),
  );
}

watch("value", show);
show();
