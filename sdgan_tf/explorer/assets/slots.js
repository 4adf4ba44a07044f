// The two slots: a press says which one the next chosen cell goes into.
function slot(value, n) {
  const held = value.pictures[n];
  const name = n ? "Second" : "First";
  const button = make(
    "button",
    {
      type: "button",
      className: "sd-slot",
      ariaPressed: String(value.slot === n),
      ariaLabel: `${name} picture: the next cell goes here`,
    },
    held ? picture(held, "") : make("span", { className: "sd-empty" }, "+"),
    make("span", {}, `${name}${value.slot === n ? ": next" : ""}`),
  );
  button.onclick = () => trigger("select", { action: "turn", slot: n });
  return button;
}

function show() {
  const value = props.value;
  if (!value) return;
  const focused = element.contains(document.activeElement)
    ? [...element.querySelectorAll("button")].indexOf(document.activeElement)
    : -1;
  const slots = [slot(value, 0), slot(value, 1)];
  element.querySelector(".sd-mount").replaceChildren(
    make("div", { className: "sd-slots" }, ...slots),
  );
  if (focused >= 0) slots[focused].focus();
}

watch("value", show);
show();
