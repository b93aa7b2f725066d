// @ts-check
// Owns the loading of plotly and of other scripts from our own server.

/** @type {Promise<any> | undefined} */
let loading;

/**
 * Load the vendored plotly, once.
 *
 * @returns {Promise<any>}
 */
export function loadPlotly() {
  loading ??= loadScript("static/vendor/plotly-basic.min.js").then(() => /** @type {any} */ (globalThis).Plotly);
  return loading;
}

/**
 * Load a script of our own server; settled when it has run.
 *
 * @param {string} src
 * @returns {Promise<void>}
 */
export function loadScript(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${src} could not be loaded from the viewer's server.`));
    document.head.append(script);
  });
}
