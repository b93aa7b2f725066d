// Owns the theme's first paint: runs before the page is drawn, so that no white flash comes before the dark one.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem("pyexp.theme");
  } catch {
    stored = null; // storage may be forbidden; the system's setting is then all there is
  }
  const wanted = stored ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = wanted;
})();
