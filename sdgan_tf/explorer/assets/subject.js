// What was found of the photographs, and the subject under the grid's columns.
function pair(value, n) {
  return make(
    "figure",
    { className: "sd-pair" },
    make(
      "div",
      {},
      picture(value.photographs[n], "Photograph, as the generator sees it"),
      picture(value.reconstructions[n], "Reconstruction"),
    ),
    make("figcaption", {}, `${value.distances[n]} grey levels apart`),
  );
}

function show() {
  const value = props.value;
  const mount = element.querySelector(".sd-mount");
  if (!value || !value.photographs) return mount.replaceChildren();
  const codes = make(
    "a",
    { href: value.codes, download: "subject.npz", className: "sd-link" },
    "Codes (npz)",
  );
  mount.replaceChildren(
    make("h3", {}, "Photographs and their reconstructions"),
    make(
      "div",
      { className: "sd-pairs" },
      ...value.photographs.map((_, n) => pair(value, n)),
    ),
    make("div", { className: "sd-tools" }, codes),
  );
}

watch("value", show);
show();
