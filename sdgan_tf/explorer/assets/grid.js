// The grid: heads resample, locks keep, cells go to the workbench. Its elements
// are made once for a size, so that the keyboard's focus stays where it is.
const NAMES = { rows: "identity", columns: "observation" };
let grid = null;

function head(side, place) {
  const name = `${NAMES[side]} ${place + 1}`;
  const resample = make(
    "button",
    { type: "button", className: "sd-resample", ariaLabel: `Resample ${name}` },
    make("span", { className: "sd-number" }, String(place + 1)),
    icon("again"),
  );
  const lock = make("button", {
    type: "button",
    className: "sd-lock",
    ariaLabel: `Lock ${name}`,
    title: `Lock ${name}`,
  });
  resample.title = resample.ariaLabel;
  resample.onclick = () => trigger("select", { action: "resample", side, place });
  lock.onclick = () => trigger("select", { action: "toggle", side, place });
  const box = make("div", { className: `sd-head sd-${side}` }, resample, lock);
  box.dataset.place = place;
  return box;
}

function cell(row, column) {
  const button = make(
    "button",
    {
      type: "button",
      className: "sd-cell",
      ariaLabel: `Identity ${row + 1}, observation ${column + 1}: ` +
        "take into the workbench",
    },
    picture("", ""),
  );
  button.onclick = () => trigger("select", { action: "choose", row, column });
  return button;
}

function build(rows, columns) {
  const all = (n, make) => Array.from({ length: n }, (_, place) => make(place));
  const heads = {
    rows: all(rows, (place) => head("rows", place)),
    columns: all(columns, (place) => head("columns", place)),
  };
  const cells = all(rows, (r) => all(columns, (c) => cell(r, c)));
  const corner = make("div", { className: "sd-corner" });
  corner.append("identity ↓", make("br"), "observation →");
  const table = make("div", { className: "sd-grid" }, corner, ...heads.columns);
  table.style.setProperty("--columns", columns);
  heads.rows.forEach((each, row) => table.append(each, ...cells[row]));
  const tools = make("div", { className: "sd-tools" });
  element.querySelector(".sd-mount").replaceChildren(table, tools);
  return { heads, cells, table, tools, size: `${rows}x${columns}` };
}

function showHeads(side, locked) {
  grid.heads[side].forEach((box, place) => {
    const [resample, lock] = box.children;
    const kept = locked.includes(place);
    box.classList.toggle("sd-locked", kept);
    resample.disabled = kept;
    lock.ariaPressed = String(kept);
    lock.replaceChildren(icon(kept ? "locked" : "open"));
  });
}

function showTools(link) {
  const copy = make(
    "button",
    { type: "button", className: "sd-link sd-copy" },
    "Copy the link",
  );
  copy.onclick = async () => {
    await navigator.clipboard.writeText(location.href);
    copy.textContent = "Copied";
  };
  grid.tools.replaceChildren(
    download("grid.png", link, "Picture (PNG)"),
    download("codes.npz", link, "Codes (npz)"),
    // Browsers give the clipboard to secure pages only.
    ...(navigator.clipboard ? [copy] : []),
  );
}

function show() {
  const value = props.value;
  if (!value || !value.cells) return;
  const size = `${value.rows}x${value.columns}`;
  if (!grid || grid.size !== size || !grid.table.isConnected) {
    grid = build(value.rows, value.columns);
  }
  showHeads("rows", value.locked.rows);
  showHeads("columns", value.locked.columns);
  grid.cells.flat().forEach((button, n) => {
    const image = button.firstChild;
    if (image.getAttribute("src") !== value.cells[n]) image.src = value.cells[n];
    const slots = ["1", "2"].filter((_, slot) => value.chosen[slot] === n);
    button.dataset.slot = slots.join("+");
  });
  showTools(value.link);
  history.replaceState(history.state, "", `?${value.link}`);
  grid.table.dataset.link = value.link;
}

watch("value", show);
show();
