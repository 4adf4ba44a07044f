// The subject under each of the grid's observations.
function show() {
  const value = props.value;
  const mount = element.querySelector(".sd-mount");
  if (!value || !value.length) return mount.replaceChildren();
  const row = make(
    "div",
    { className: "sd-grid" },
    make("div", { className: "sd-corner" }, "subject"),
    ...value.map((source, n) => picture(source, `Under observation ${n + 1}`)),
  );
  row.style.setProperty("--columns", value.length);
  mount.replaceChildren(
    make("h3", {}, "The subject under the grid's observations"),
    row,
  );
}

watch("value", show);
show();
