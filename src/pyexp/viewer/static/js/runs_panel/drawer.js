// Owns whether the runs panel is seen: a column that folds away, a drawer on narrow screens.

/** Open or close the runs panel (a drawer on narrow screens). */
export function toggleDrawer(isOpen = undefined) {
  const app = document.getElementById("app");
  const isNarrow = matchMedia("(max-width: 800px)").matches;
  const name = isNarrow ? "drawer-open" : "panel-closed";
  app.classList.toggle(name, isNarrow ? isOpen : isOpen === undefined ? undefined : !isOpen);
  const button = document.querySelector(".drawer-button");
  button.setAttribute("aria-expanded", String(isNarrow ? app.classList.contains(name) : !app.classList.contains(name)));
  if (isNarrow && app.classList.contains(name)) document.querySelector(".runs-filter").focus();
}
