// The card of a model: what it was trained on, and how well it does.

import { make } from "./elements.js";

const FIGURES = {
  auc: "Verification of generated pairs (AUC)",
  best_accuracy: "Best accuracy",
  id_div: "Variety within an identity (ID-Div)",
  all_div: "Variety of all pictures (All-Div)",
  observation_auc: "Observation recognised across identities (AUC)",
  leakage: "Leakage",
  frechet: "Fréchet distance",
  real_auc: "Verification of photographs (AUC)",
};
const NOTES = {
  leakage:
    "Fraction of generated pictures that are nearer to a training photograph " +
    "than to a test photograph, with equally many of both. 0.5 means no " +
    "leakage.",
};

function shown(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

function figures(card) {
  const rows = Object.entries(FIGURES)
    .filter(([key]) => typeof card.figures[key] === "number")
    .map(([key, text]) => {
      const interval = card.figures[`${key}_interval`];
      const range = interval ? ` [${interval.map(shown).join(", ")}]` : "";
      return [text, shown(card.figures[key]) + range];
    });
  if (!rows.length) return [];
  const { num_pairs: pairs, verifier } = card.figures;
  const of = [pairs && `${pairs.toLocaleString("en")} pairs`, verifier];
  const table = make(
    "table",
    {},
    ...rows.map(([text, value]) =>
      make("tr", {}, make("th", { scope: "row" }, text), make("td", {}, value)),
    ),
  );
  const notes = card.figures.leakage === undefined ? [] : [NOTES.leakage];
  return [
    ["Figures", table],
    ["Measured with", of.filter(Boolean).join(", ")],
    ...notes.map((text) => ["What leakage is", text]),
  ];
}

/** Fills the dialog `#card` for one generator. */
export function describe(page, card) {
  const codes = `z_i of ${card.d_i} numbers, z_o of ${card.d_o}`;
  const known = card.identities
    ? ` It has codes for ${card.identities.count.toLocaleString("en")} identities.`
    : "";
  const side = card.image_size;
  const fields = [
    ["System", card.model],
    ["Training steps", card.step.toLocaleString("en")],
    ["Pictures", `${side} × ${side}, from ${codes}.${known}`],
    ["Data and terms", card.data],
    ["Known weaknesses", card.weak_at],
    ...figures(card),
    ["Trained with", card.flags],
  ].filter(([, value]) => value);
  page.getElementById("card-title").textContent = card.name;
  page.getElementById("card-fields").replaceChildren(
    ...fields.flatMap(([name, value]) => [
      make("dt", {}, name),
      make("dd", {}, value),
    ]),
  );
}
