// Light or dark: as the system says, or as the person chose.
// @ts-check
import { signal } from "./vendor/preact.js";
import { load, save } from "./state.js";

export const theme = signal(load("review-theme", "auto"));
/** @param {string} name */
export function setTheme(name) {
  theme.value = name;
  save("review-theme", name);
  apply();
}
function apply() {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}
apply();
